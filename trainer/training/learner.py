"""A network while it is trained: its optimiser, its moving average, its copies on other devices."""

import copy
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import get_ema_multi_avg_fn

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
    mode : how torch.compile is to compile it; None leaves it as it is

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
        mode: str | None = None,
    ) -> None:
        self.net: N = machine.host(net)
        self.forward: nn.Module = self.net
        if mode is not None:
            self.forward = torch.compile(self.net, mode=mode)  # type: ignore[assignment]  # a module for a module
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
        self._machine = machine
        self._scaler = torch.amp.GradScaler(
            machine.device.type, enabled=machine.precision == torch.float16
        )
        self._begun = False
        self._is_spoilt = False

    @property
    def usable(self) -> N:
        """The network to validate and to keep: the moving average where there is one."""
        return self.net if self.average is None else self.average

    def update(self, objective: Tensor, learning_rate: float) -> Tensor:
        """Take one step down ``objective``: `descend`, then `advance`."""
        self.descend(objective)
        return self.advance(learning_rate)

    def part(self, *, last: bool) -> AbstractContextManager[Any]:
        """Return the context of one part of a step; only the last one's gradients are shared."""
        if last or not isinstance(self.forward, DistributedDataParallel):
            return nullcontext()
        context: AbstractContextManager[Any] = self.forward.no_sync()
        return context

    def descend(self, objective: Tensor) -> None:
        """Add the gradient of a part of a step's objective.

        On a CPU, where looking costs nothing, an objective that is no number, in any process, moves
        nothing.
        """
        if not self._begun:
            self.optimiser.zero_grad()
            self._begun, self._is_spoilt = True, False
        on_cpu = objective.device.type == "cpu"
        if on_cpu and self._machine.agree(not bool(torch.isfinite(objective))):
            # Warping by a flow that is no number crashes in the backward pass.
            self._is_spoilt = True
        if not self._is_spoilt:
            self._scaler.scale(objective).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped

    def advance(self, learning_rate: float) -> Tensor:
        """Take a step along the gradients and return their norm before clipping.

        A step that float16 cannot express is left out, and its norm is 0; where the scaler can help
        no more, the norm says that it is no number.
        """
        self._begun = False
        if self._is_spoilt:
            return torch.full((), torch.nan)
        self._scaler.unscale_(self.optimiser)
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), self._clip)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self._scaler.step(self.optimiser)
        self._scaler.update()
        if self._scaler.is_enabled():
            scale = self._scaler.scale(torch.ones_like(norm))
            norm = torch.where(norm.isfinite() | (scale < 1), norm, 0.0)
        if self.average is not None:
            follow = get_ema_multi_avg_fn(self._ema)  # type: ignore[no-untyped-call]  # torch leaves it untyped
            follow(list(self.average.parameters()), list(self.net.parameters()), None)
        return norm

    def state(self) -> dict[str, Any]:
        """Return everything that a resumed run needs."""
        return {
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "scaler": self._scaler.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        if self._scaler.is_enabled() and state.get("scaler"):
            self._scaler.load_state_dict(state["scaler"])

    def begin_with(self, weights: Mapping[str, Tensor]) -> None:
        """Begin with the weights of a trained network of the same shape."""
        for net in (self.net, self.average):
            if net is not None:
                net.load_state_dict(dict(weights))


def _fuses(machine: Machine) -> bool:
    """Whether Adam has a fused form there."""
    return machine.device.type in ("cpu", "cuda")
