"""A method's network as everybody uses a student: photos in, photos without reflections out."""

from typing import Any
from weakref import finalize

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from trainer.methods import find_method
from trainer.methods.settings import MethodConfig
from trainer.nets import StudentOutput

PROBE_PX = 256
"""Side of the picture that memory is counted on."""


class MethodNet(nn.Module):
    """A network whose output has a student's form; it knows no representation.

    Attributes
    ----------
    net : the method's own, whose names its state has
    config : of the method
    """

    def __init__(self, net: nn.Module, config: MethodConfig) -> None:
        super().__init__()
        self.net = net
        self.config = config

    def forward(self, blended: Tensor) -> StudentOutput:
        """Remove the reflection of each photo, (B, 3, H, W) in [0, 1], not clamped."""
        return StudentOutput(self.net(blended)["transmission"], None)


def bytes_per_pixel(config: MethodConfig) -> float:
    """Return the memory that a photo takes while it is restored, for each of its pixels.

    The most that lives at once, counted on the meta device in float32.
    """
    with torch.device("meta"):
        net = find_method(config.name).network(config).eval()
        photo = torch.empty(1, 3, PROBE_PX, PROBE_PX)
    with torch.no_grad(), _LiveBytes() as live:
        net(photo)
    return float(live.most) / PROBE_PX**2


class _LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Watches how many bytes of results live at once."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._seen: set[int] = set()
        self._now = 0
        self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._note(tensor.untyped_storage())
        return result

    def _note(self, storage: Any) -> None:
        """Count a storage once, as long as somebody holds it."""
        key, size = storage._cdata, storage.nbytes()
        if key in self._seen:
            return
        self._seen.add(key)
        self._now += size
        self.most = max(self.most, self._now)
        finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self._now -= size
