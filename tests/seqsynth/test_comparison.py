"""Comparing sets: quantities by hand, sets that are alike, and suggestions that bring nearer."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from seqsynth.cli.compare import command
from seqsynth.comparison import (
    Sample,
    compare_samples,
    distribution_distance,
    measure_sequence,
    measure_set,
    structure_width,
    suggest_settings,
)
from seqsynth.errors import ConfigError, ShardError
from seqsynth.sequence import Trajectory, ViewSequence
from seqsynth.shards import open_shards


def sequence_of(blended: np.ndarray, truth: np.ndarray | None) -> ViewSequence:
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


def test_distance_of_samples_is_that_of_scipy() -> None:
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(2)
    first, second = rng.normal(size=30), rng.normal(0.7, 2, size=45)
    assert distribution_distance(first, second) == pytest.approx(ks_2samp(first, second).statistic)


def sample_of(energy: list[float], blur: list[float]) -> Sample:
    values = {"energy": np.array(energy), "blur": np.array(blur)}
    return Sample(values, np.full((3, 16), 1 / 16))


def test_set_compared_with_itself_is_at_no_distance() -> None:
    sample = sample_of([1, 2, 3], [4, 5, 6])
    assert compare_samples(sample, sample).distance == 0


def test_half_the_energy_suggests_half_the_strength() -> None:
    comparison = compare_samples(
        sample_of([20, 40, 60], [4, 4, 4]), sample_of([10, 20, 30], [2, 2, 2])
    )
    found = suggest_settings(
        {"reflection_strength": [0.8, 1.0], "sigma": [2, 5], "kernel": 11, "blend": "ceilnet"},
        comparison,
    )
    assert found == {"reflection_strength": (0.4, 0.5), "sigma": (1.0, 2.5)}


def test_strength_is_never_suggested_above_one() -> None:
    comparison = compare_samples(sample_of([10, 20], [4, 4]), sample_of([50, 60], [4, 4]))
    found = suggest_settings({"reflection_strength": [0.8, 1.0]}, comparison)
    assert found == {"reflection_strength": (1.0, 1.0)}


def test_sigma_is_suggested_to_the_blend_that_has_one() -> None:
    comparison = compare_samples(sample_of([10, 20], [4, 4]), sample_of([10, 20], [8, 8]))
    settings = {"reflection_strength": [1, 1], "sigma": [2, 5], "blend": "linear"}
    assert "sigma" not in suggest_settings(settings, comparison)


def test_set_without_truth_is_one_sentence(tmp_path: Path) -> None:
    from seqsynth.ingest.layouts import find_pairs
    from seqsynth.ingest.pairs import ingest_pairs

    (tmp_path / "a").mkdir()
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / "a/x.png")
    ingest_pairs(find_pairs("folders", None, {"blended": tmp_path / "a"}), tmp_path / "out")
    with pytest.raises(ShardError, match="transmission"):
        list(measure_set(open_shards(tmp_path / "out"), [0]))


MakeShards = Callable[..., Path]


def test_suggested_settings_bring_a_set_nearer(
    make_shards: MakeShards, tiny_voc: Path, tmp_path: Path
) -> None:
    settings = {"window": (24, 24), "sequences": 20}
    strong = make_shards(tmp_path / "strong", **settings)
    weak = make_shards(tmp_path / "weak", seed=3, reflection_strength=(0.2, 0.4), **settings)
    arguments = [
        strong,
        weak,
        "--voc",
        tiny_voc,
        "--samples",
        20,
        "--out",
        tmp_path / "out",
        "--rounds",
        1,
    ]
    result = CliRunner().invoke(command, [str(one) for one in arguments])
    assert result.exit_code == 0, result.output
    before, after = json.loads((tmp_path / "out/comparison.json").read_text())
    energies = [one["quantities"]["energy"]["distance"] for one in (before, after)]
    assert energies[1] < energies[0] / 2
    with Image.open(tmp_path / "out/comparison.png") as sheet:
        assert sheet.width > 1000


def test_set_of_pairs_cannot_be_made_again(tiny_shards: Path, tmp_path: Path) -> None:
    arguments = [str(tiny_shards), str(tiny_shards), "--voc", "x"]
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, ConfigError)
