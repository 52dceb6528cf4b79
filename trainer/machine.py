"""What a run computes on: the device, its precision, and the processes that share the work."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import distributed, nn

from seqsynth.errors import ConfigError

N = TypeVar("N", bound=nn.Module)

PATIENCE = timedelta(hours=4)
"""How long processes wait for the first one, which alone validates and writes."""


@dataclass(frozen=True)
class Machine:
    """Where this process computes.

    Attributes
    ----------
    device : of networks and batches
    precision : type of the networks' arithmetic; float32 means no autocast
    rank, processes : this process, and how many share the work
    """

    device: torch.device
    precision: torch.dtype = torch.float32
    rank: int = 0
    processes: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process validates, writes and speaks."""
        return self.rank == 0

    @property
    def is_gpu(self) -> bool:
        """Whether the device is a CUDA GPU."""
        return self.device.type == "cuda"

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the context in which networks run."""
        if self.precision == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.precision)

    def host(self, net: N) -> N:
        """Return ``net`` on the device, its weights laid out as convolutions like best."""
        moved: N = net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stubs leave it out
        return moved

    def agree(self, flag: bool) -> bool:
        """Return whether any process says so; all must ask at the same point."""
        if self.processes == 1:
            return flag
        asked = torch.tensor(float(flag), device=self.device)
        distributed.all_reduce(asked, distributed.ReduceOp.MAX)
        return bool(asked.item())

    def wait(self) -> None:
        """Wait until all processes are here, so that what the first one wrote can be read."""
        if self.processes > 1:
            distributed.barrier()

    def __str__(self) -> str:
        name = str(self.device)
        if self.is_gpu:
            name = f"{name} ({torch.cuda.get_device_name(self.device)})"
        shared = f", {self.processes} processes" if self.processes > 1 else ""
        precision = str(self.precision).removeprefix("torch.")
        threads = f", {torch.get_num_threads()} threads" if self.device.type == "cpu" else ""
        return f"{name}, {precision}{threads}{shared}"


def find_machine(device: str = "auto", precision: str = "auto") -> Machine:
    """Pick the device, and see what torchrun says of other processes.

    Raises
    ------
    ConfigError
        The device asked for is not there.
    """
    chosen = pick_device(device)
    return Machine(
        chosen,
        _precision(precision, chosen),
        rank=int(os.environ.get("RANK", "0")),
        processes=int(os.environ.get("WORLD_SIZE", "1")),
    )


@contextmanager
def open_machine(device: str = "auto", precision: str = "auto") -> Iterator[Machine]:
    """Make ready what `find_machine` finds, and join the other processes, if there are any."""
    machine = find_machine(device, precision)
    if machine.is_gpu:
        torch.cuda.set_device(machine.device)
        torch.backends.cudnn.benchmark = True
    if machine.device.type == "cpu":
        keep_freed_memory()
    if machine.processes == 1:
        yield machine
        return
    distributed.init_process_group("nccl" if machine.is_gpu else "gloo", timeout=PATIENCE)
    try:
        yield machine
    finally:
        distributed.destroy_process_group()


def _precision(name: str, device: torch.device) -> torch.dtype:
    """Return the type of that name; auto is the half-wide one that a GPU computes in, or float32.

    Cards before Ampere (T4, V100, RTX 20) know bfloat16 only by emulation, many times slower.
    """
    if name != "auto":
        return {
            "float32": torch.float32,
            "bfloat16": torch.bfloat16,
            "float16": torch.float16,
        }[name]
    if device.type != "cuda":
        return torch.float32
    knows = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if knows else torch.float16


def pick_device(device: str) -> torch.device:
    """Return the device of that name, or the best there is; of GPUs, this process's own.

    Raises
    ------
    ConfigError
        This machine has none of that name.
    """
    local = int(os.environ.get("LOCAL_RANK", "0"))
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    name = next(name for name, found in there.items() if found) if device == "auto" else device
    if not there[name]:
        found = ", ".join(name for name, found in there.items() if found)
        raise ConfigError(f"device {name!r} is not there; this machine has {found}")
    return torch.device("cuda", local) if name == "cuda" else torch.device(name)


def keep_freed_memory() -> None:
    """Let glibc keep the large blocks that every step frees and asks for again.

    By default it returns them to the kernel, which hands them out zeroed at the next step: that
    costs a fifth of a step on a CPU. Environment variables of malloc(3), where set, come first.
    Elsewhere than on Linux with glibc nothing happens.
    """
    if not sys.platform.startswith("linux") or any(k.startswith("MALLOC_") for k in os.environ):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    trim_threshold, top_pad, mmap_max = -1, -2, -4
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(top_pad, 200 * 2**20)
