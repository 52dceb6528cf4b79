"""Students that do what one can foresee, and noise to restore."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from click.testing import CliRunner, Result
from PIL import Image
from torch import Tensor, nn

from trainer.cli.restore import command
from trainer.machine import Machine
from trainer.nets.config import NetConfig
from trainer.restoring.opening import Restorer

CPU = Machine(torch.device("cpu"))


TINY = {"width": 1 / 32, "context_blocks": 1, "d_layers": 1}


class Stub(nn.Module):
    """A student that does something one can foresee; ``change(photo, call)``."""

    def __init__(self, change: Any = lambda photo, call: photo) -> None:
        super().__init__()
        self.config = NetConfig()
        self.change = change
        self.calls = 0

    def forward(self, blended: Tensor) -> Any:
        self.calls += 1
        changed = self.change(blended.clone(), self.calls)
        return SimpleNamespace(transmission=changed, hallucinated=blended[..., ::4, ::4])


def draw(height: int, width: int, *, levels: int = 256, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    kind = np.uint8 if levels == 256 else np.uint16
    return rng.integers(0, levels, (height, width, 3), dtype=kind)


def restorer(change: Any = lambda photo, call: photo, tile: int = 0) -> Restorer:
    return Restorer(Stub(change), CPU, None, tile)  # type: ignore[arg-type]  # stands in for a student


def invoke(*arguments: object) -> Result:
    """Run ``trainer restore`` with arguments."""
    return CliRunner().invoke(command, [str(one) for one in arguments])


def photos_in(folder: Path, *names: str) -> Path:
    """Write noise of 20x24 px under each name, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(20, 24, seed=number)).save(folder / name)
    return folder
