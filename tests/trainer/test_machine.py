"""Where a run computes: what was asked for, what is there, and who else shares the work."""

import os

import pytest
import torch
from torch import nn

from seqsynth.errors import ConfigError
from trainer.machine import Machine, find_machine, keep_freed_memory, open_machine

CPU = torch.device("cpu")


def test_a_device_that_is_not_there_is_refused_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"device 'cuda' is not there; this machine has .*cpu"):
        find_machine("cuda")


@pytest.mark.parametrize(
    ("precision", "expected"),
    [("auto", torch.float32), ("float32", torch.float32), ("bfloat16", torch.bfloat16)],
)
def test_a_cpu_computes_in_halves_only_when_told(precision: str, expected: torch.dtype) -> None:
    assert find_machine("cpu", precision).precision is expected


@pytest.mark.parametrize(("knows", "expected"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_computes_in_the_halves_that_it_has(
    monkeypatch: pytest.MonkeyPatch, knows: bool, expected: torch.dtype
) -> None:
    asked: list[bool] = []

    def supported(*, including_emulation: bool = True) -> bool:
        asked.append(including_emulation)
        # Older cards say yes when emulation counts.
        return knows or including_emulation

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert find_machine("cuda").precision is expected
    assert find_machine("cuda", "float32").precision is torch.float32


@pytest.mark.parametrize(
    ("precision", "computed"), [(torch.float32, torch.float32), (torch.bfloat16, torch.bfloat16)]
)
def test_networks_run_in_the_machine_s_precision(
    precision: torch.dtype, computed: torch.dtype
) -> None:
    machine = Machine(CPU, precision)
    with machine.autocast():
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype is computed


def test_torchrun_says_who_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    machine = find_machine("cpu")
    assert (machine.rank, machine.processes, machine.leads) == (1, 4, False)
    assert str(machine).endswith("4 processes")


def test_a_network_is_laid_out_as_convolutions_like_best() -> None:
    net = Machine(CPU).host(nn.Conv2d(4, 8, 3))
    assert net.weight.is_contiguous(memory_format=torch.channels_last)


def test_one_process_waits_for_nobody() -> None:
    with open_machine("cpu", "float32") as machine:
        machine.wait()


def test_malloc_s_own_settings_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("ctypes.CDLL", asked.append)
    monkeypatch.setitem(os.environ, "MALLOC_ARENA_MAX", "2")
    keep_freed_memory()
    assert asked == []
