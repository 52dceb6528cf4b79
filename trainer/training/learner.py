"""A network while it is trained: its optimiser, its moving average, its copies on other devices."""

import copy
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from trainer.machine import Machine
from trainer.methods.settings import MethodConfig
from trainer.recipe import StageConfig

INFINITE = float("inf")

N = TypeVar("N", bound=nn.Module)


class Learner(Generic[N]):
    """One network and everything that moves it.

    Parameters
    ----------
    net : initialised; moved to the machine's device
    config : of its stage
    machine : where it is trained
    compiled : run it through torch.compile

    Attributes
    ----------
    net : the bare network, whose state is saved
    forward : what is called in a step: compiled, and averaging gradients over processes
    average : moving average of the weights, or None
    """

    def __init__(
        self,
        net: N,
        config: StageConfig | MethodConfig,
        machine: Machine,
        *,
        compiled: bool = False,
    ) -> None:
        self.net: N = machine.host(net)
        self.forward: nn.Module = self.net
        if compiled:
            self.forward = torch.compile(self.net)  # type: ignore[assignment]  # a module for a module
        if machine.processes > 1:
            devices = [machine.device] if machine.is_gpu else None
            self.forward = DistributedDataParallel(self.forward, device_ids=devices)
        self.optimiser = torch.optim.Adam(
            self.net.parameters(), config.learning_rate, betas=config.betas, fused=_fuses(machine)
        )
        self.average: N | None = None
        if config.ema:
            self.average = copy.deepcopy(self.net).requires_grad_(requires_grad=False).eval()
        self._clip = config.clip or INFINITE
        self._ema = config.ema

    @property
    def usable(self) -> N:
        """The network to validate and to keep: the moving average where there is one."""
        return self.net if self.average is None else self.average

    def update(self, objective: Tensor, learning_rate: float) -> Tensor:
        """Take one step down ``objective`` and return the norm of its gradient before clipping.

        On a CPU, where looking costs nothing, an objective that is no number moves nothing.
        """
        if objective.device.type == "cpu" and not torch.isfinite(objective):
            # Warping by a flow that is no number crashes in the backward pass.
            return objective.detach()
        self.optimiser.zero_grad()
        objective.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), self._clip)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.step()
        if self.average is not None:
            self._follow(self.average)
        return norm

    @torch.no_grad()
    def _follow(self, average: nn.Module) -> None:
        """Move the average a little towards the weights."""
        pairs = zip(average.parameters(), self.net.parameters(), strict=True)
        for mean, weight in pairs:
            mean.lerp_(weight, 1 - self._ema)

    def state(self) -> dict[str, Any]:
        """Return everything that a resumed run needs."""
        return {
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])


def _fuses(machine: Machine) -> bool:
    """Whether Adam has a fused form there."""
    return machine.device.type in ("cpu", "cuda")
