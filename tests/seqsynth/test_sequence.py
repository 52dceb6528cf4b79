"""What a sequence says of its centre view, and of how its layers moved."""

from dataclasses import replace

import numpy as np
import pytest

from seqsynth.sequence import Trajectory, ViewSequence, camera_motion


@pytest.fixture
def sequence() -> ViewSequence:
    """Five views of 4x6 whose every value is their number, T beside them 100 brighter."""
    views = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 6, 3), np.uint8)
    columns = np.array([[0, 0], [0, 3], [0, 6], [0, 9], [0, 12]], np.int16)
    path = Trajectory(transmission=columns, reflection=columns[:, ::-1])
    return ViewSequence(views, views + np.uint8(100), None, path, "one", "train")


def test_the_centre_of_five_views_is_the_third(sequence: ViewSequence) -> None:
    assert (sequence.views, sequence.centre) == (5, 2)
    assert np.unique(sequence.centre_blended).tolist() == [2]
    assert sequence.centre_transmission is not None
    assert np.unique(sequence.centre_transmission).tolist() == [102]


def test_a_transmission_known_of_one_view_is_the_centre_s(sequence: ViewSequence) -> None:
    assert sequence.transmission is not None
    alone = replace(sequence, transmission=sequence.transmission[4:])
    assert alone.centre_transmission is not None
    assert np.unique(alone.centre_transmission).tolist() == [104]


def test_what_is_unknown_is_none(sequence: ViewSequence) -> None:
    bare = replace(sequence, transmission=None, trajectory=None)
    assert bare.centre_transmission is None
    assert bare.motion is None
    assert camera_motion({"blended": sequence.blended}, (4, 6)) is None


def test_a_window_that_slides_right_moves_its_layer_left(sequence: ViewSequence) -> None:
    motion = sequence.motion
    assert motion is not None
    # Windows 3 px apart a view: seen from the centre, the last view's pixels lie 6 px to the left.
    assert np.unique(motion.transmission.flow()[4, ..., 0]).tolist() == [-6]
    assert np.unique(motion.transmission.flow()[4, ..., 1]).tolist() == [0]
    assert np.unique(motion.reflection.flow()[4, ..., 1]).tolist() == [-6]
