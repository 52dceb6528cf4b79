from dataclasses import replace

import pytest
import torch

from trainer.data import batch as batch_module
from trainer.data.batch import Batch, count, share_counts


@pytest.fixture
def mixed() -> Batch:
    """A synthetic sequence, a capture (no R, T of the centre alone) and a single photo."""
    shape = (3, 3, 3, 8, 8)
    return Batch(
        blended=torch.randint(0, 256, shape, dtype=torch.uint8),
        transmission=torch.randint(0, 256, shape, dtype=torch.uint8),
        reflection=torch.zeros(shape, dtype=torch.uint8),
        transmission_motion=torch.zeros(3, 2, 2, 2, 2),
        reflection_motion=torch.zeros(3, 2, 2, 2, 2),
        transmission_known=torch.tensor([[1, 1, 1], [0, 1, 0], [0, 1, 0]]).bool(),
        reflection_known=torch.tensor([[1, 1, 1], [0, 0, 0], [0, 0, 0]]).bool(),
        motion_known=torch.tensor([True, False, False]),
        sequence=torch.tensor([True, True, False]),
    )


def test_counts_say_how_many_samples_know_each_thing(mixed: Batch) -> None:
    counts = count(mixed)
    assert counts.transmission.tolist() == [1, 3, 1]
    assert counts.reflection.tolist() == [1, 1, 1]
    assert (float(counts.motion), float(counts.sequence)) == (1, 2)


def test_moving_turns_bytes_into_fractions_and_leaves_the_rest(mixed: Batch) -> None:
    moved = mixed.to("cpu")
    assert torch.equal(moved.blended, mixed.blended.float() / 255)
    assert moved.sequence.dtype == torch.bool
    assert moved.to("meta").reflection.device.type == "meta"


def test_centre_is_the_middle_view(mixed: Batch) -> None:
    assert torch.equal(mixed.centre_blended, mixed.blended[:, 1])
    five = replace(mixed, blended=torch.zeros(1, 5, 3, 4, 4))
    assert five.centre == 2


def test_alone_shared_counts_are_the_counts(mixed: Batch) -> None:
    counts = count(mixed)
    assert share_counts(counts) is counts


class TwoProcesses:
    """Stands in for torch.distributed where the other process has counted ``other``."""

    def __init__(self, other: torch.Tensor) -> None:
        self.other = other

    def is_available(self) -> bool:
        return True

    def is_initialized(self) -> bool:
        return True

    def get_world_size(self) -> int:
        return 2

    def all_reduce(self, tensor: torch.Tensor) -> None:
        tensor += self.other


def test_shared_counts_are_the_mean_over_processes(
    mixed: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = torch.tensor([0.0, 1, 0, 0, 0, 0, 0, 1, 3])
    monkeypatch.setattr(batch_module, "distributed", TwoProcesses(other))
    shared = share_counts(count(mixed))
    assert shared.transmission.tolist() == [0.5, 2, 0.5]
    assert shared.reflection.tolist() == [0.5, 0.5, 0.5]
    found = (float(shared.motion), float(shared.sequence), float(shared.unlabelled))
    assert found == (0.5, 1.5, 1.5)
