"""What the page is told of one sequence: arrows of any motion, and plain JSON."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqsynth.motion import LayerMotion, Motion
from seqsynth.sequence import CameraMotion, ViewSequence
from seqsynth.shards import open_shards
from seqsynth.view.measurements import measure_sequence
from seqsynth.view.sets import arrows, plain

GROWN = np.array([[1.5, 0, 2.0], [0, 1.5, -4.0], [0, 0, 1]])
"""A view in which the layer is half again as large, and moved."""


@pytest.fixture
def filmed(tiny_shards: Path) -> ViewSequence:
    """Three views of 16 x 24 px by a camera before which T stands still and R grows in the last."""
    with open_shards(tiny_shards) as shards:
        sequence = shards[0]
    size = (sequence.blended.shape[1], sequence.blended.shape[2])
    still, last = np.tile(np.eye(3), (3, 1, 1)), np.stack([np.eye(3), np.eye(3), GROWN])
    motion = Motion(LayerMotion(still, size), LayerMotion(last, size))
    none = np.zeros((0, 3))
    camera = CameraMotion(motion, np.eye(3), none, none)
    return replace(sequence, trajectory=None, camera=camera)


def test_arrows_follow_a_camera(filmed: ViewSequence) -> None:
    found = arrows(filmed)
    assert found["reflection"][1] == []
    assert {(right, down) for _, _, right, down in found["transmission"][2]} == {(0, 0)}
    cell_px = 24 // 9
    middle = (cell_px - 1) / 2
    assert len(found["reflection"][2]) == 8 * 12
    for column, row, right, down in found["reflection"][2]:
        x, y = (cell_px * (place // cell_px) + middle for place in (column, row))
        assert (right, down) == pytest.approx((0.5 * x + 2, 0.5 * y - 4), abs=1e-3)


def test_motion_by_a_camera_is_measured_at_the_middle(filmed: ViewSequence) -> None:
    values = measure_sequence(filmed)
    step = np.hypot(0.5 * 23 / 2 + 2, 0.5 * 15 / 2 - 4)
    assert values["reflection_motion"] == pytest.approx(step / 2)  # of two steps one is none
    assert values["transmission_motion"] == 0


def test_unknown_motion_has_no_arrows(filmed: ViewSequence) -> None:
    unknown = replace(filmed, camera=None)
    assert arrows(unknown) == {}
    assert "reflection_motion" not in measure_sequence(unknown)


def test_numbers_that_json_does_not_know_are_unknown() -> None:
    assert plain({"a": [1, float("nan")], "b": (float("inf"), "x")}) == {
        "a": [1, None],
        "b": [None, "x"],
    }
