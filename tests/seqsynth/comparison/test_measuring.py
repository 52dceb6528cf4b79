"""Quantities of a sequence, worked by hand."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seqsynth.comparison.measuring import measure_sequence, measure_set, structure_width
from seqsynth.errors import ShardError
from seqsynth.sequence import Trajectory, ViewSequence
from seqsynth.shards import open_shards


def sequence_of(blended: NDArray[np.uint8], truth: NDArray[np.uint8] | None) -> ViewSequence:
    views = None if truth is None else truth[None]
    return ViewSequence(blended[None], views, None, None, "one", "test")


def test_haze_of_ten_levels_is_measured_as_such() -> None:
    truth = np.full((24, 24, 3), 100, np.uint8)
    found = measure_sequence(sequence_of(truth + 10, truth))
    assert found["lift"] == pytest.approx(10)
    assert found["energy"] == pytest.approx(10)
    assert found["coverage"] == 1
    assert found["psnr"] == pytest.approx(10 * np.log10(255**2 / 100))
    assert "blur" not in found


def test_coverage_counts_pixels_in_which_any_channel_is_well_above() -> None:
    truth = np.zeros((20, 20, 3), np.uint8)
    blended = truth.copy()
    blended[:5, :, 1] = 9
    blended[5:10] = 8
    assert measure_sequence(sequence_of(blended, truth))["coverage"] == 0.25


def test_saturation_and_warmth_need_no_truth() -> None:
    blended = np.zeros((20, 20, 3), np.uint8)
    blended[:10, :, 0] = 255
    found = measure_sequence(sequence_of(blended, None))
    assert found["saturation"] == pytest.approx(1 / 6)
    assert found["warmth"] == pytest.approx(127.5)
    assert "lift" not in found


def test_motion_is_the_length_of_a_step() -> None:
    views = np.zeros((3, 20, 20, 3), np.uint8)
    trajectory = Trajectory(
        np.array([[0, 0], [3, 4], [6, 8]], np.int16), np.array([[0, 0], [0, 10], [0, 30]], np.int16)
    )
    found = measure_sequence(ViewSequence(views, views, None, trajectory, "one", "val"))
    assert (found["transmission_step"], found["reflection_step"]) == (5, 15)


@pytest.mark.parametrize("sigma", [2.0, 4.0])
def test_width_of_blurred_noise_is_the_blurs_sigma(sigma: float) -> None:
    noise = np.random.default_rng(1).normal(size=(400, 400))
    blurred = cv2.GaussianBlur(noise, (0, 0), sigma)
    width = structure_width(np.repeat(blurred[:, :, None], 3, axis=2))
    assert width == pytest.approx(sigma, rel=0.1)


def test_set_without_truth_is_one_sentence(tmp_path: Path) -> None:
    from seqsynth.ingest.layouts import find_pairs
    from seqsynth.ingest.pairs import ingest_pairs

    (tmp_path / "a").mkdir()
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "a/x.png")
    ingest_pairs(find_pairs("folders", None, {"blended": tmp_path / "a"}), tmp_path / "out")
    with pytest.raises(ShardError, match="transmission"):
        list(measure_set(open_shards(tmp_path / "out"), [0]))
