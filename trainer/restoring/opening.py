"""Open a checkpoint to restore with: on which device, in how much memory, in which tiles."""

from dataclasses import dataclass
from pathlib import Path

import torch

from seqsynth.errors import ConfigError
from trainer.checkpoint import load_restorer
from trainer.machine import Machine, pick_device
from trainer.methods.restorer import MethodNet
from trainer.nets import StudentNet
from trainer.restoring.bands import run_in_bands
from trainer.restoring.tiles import choose_tile

MOST_GIB = 2**20
"""More than any machine has."""

KEPT_FREE = 0.8
"""Share of the free memory that a photo may take."""


@dataclass(frozen=True, eq=False)
class Restorer:
    """A student, or another method, ready to work.

    Attributes
    ----------
    memory : bytes to keep within; None is without limit
    tile : side of the tiles where it was told, else None
    """

    student: StudentNet | MethodNet
    machine: Machine
    memory: int | None
    tile: int | None

    def tile_of(self, height: int, width: int) -> int:
        """Return the side of the tiles that a photo of so many px is cut into, 0 for none."""
        if self.tile is not None:
            return self.tile
        if self.memory is None:
            return 0
        return choose_tile(self.student.config, height, width, self.memory)


def open_restorer(
    checkpoint: Path, device: str = "auto", *, memory: float | None = None, tile: int | None = None
) -> Restorer:
    """Load a student or another method.

    Parameters
    ----------
    memory : GiB to keep within; None is most of what is free
    tile : side of the tiles, px, 0 for none; None decides by memory

    Raises
    ------
    CheckpointError
        The file is no checkpoint of a student.
    ConfigError
        The device is not there.
    """
    if memory is not None and not 0 < memory <= MOST_GIB:
        raise ConfigError(
            f"memory = {memory}: a number of GiB above 0 is wanted, {MOST_GIB} at most"
        )
    student, _ = load_restorer(checkpoint)
    machine = Machine(pick_device(device))
    limit = int(memory * 2**30) if memory else _free_memory(machine.device)
    return Restorer(run_in_bands(machine.host(student)), machine, limit, tile)


def _free_memory(device: torch.device) -> int | None:
    """Return the bytes that may be used, None where nobody knows."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0] * KEPT_FREE)
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    free = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), None)
    return None if free is None else int(free * 1024 * KEPT_FREE)
