"""Settings that would bring a set nearer."""

import numpy as np

from seqsynth.comparison import SetSample
from seqsynth.comparison.differences import compare_samples
from seqsynth.comparison.suggestions import suggest_settings
from tests.seqsynth.comparison.samples import sample_of


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
    settings = {"reflection_strength": [1, 1], "sigma": [2, 5], "blend": "ghosting"}
    assert suggest_settings(settings, comparison) == {"reflection_strength": (1, 1)}


def test_constants_of_a_blend_are_suggested_from_those_it_had() -> None:
    comparison = compare_samples(gains_of([0.9, 0.9], [4, 4]), gains_of([0.6, 1.2], [2, 2]))
    settings = {"blend": "linear", "blend_linear": {"sigma_px": [1, 2]}}
    found = suggest_settings(settings, comparison)
    # The 10 % quantile of 0.6 and 1.2 is 0.66, the 90 % one 1.14; usual gains are 0.85 to 1.
    assert found == {"blend_linear": {"sigma_px": (0.5, 1.0), "transmission_gain": (0.623, 1.27)}}


def test_a_blur_is_suggested_no_wider_than_the_scene_around_a_layer() -> None:
    comparison = compare_samples(gains_of([1, 1], [1, 1]), gains_of([1, 1], [9, 9]))
    found = suggest_settings({"blend": "linear"}, comparison)
    # Three times 10 px and a ghost of 8 px lie within 40.
    assert found["blend_linear"]["sigma_px"] == (4.5, 10)


def gains_of(gain: list[float], blur: list[float]) -> SetSample:
    values = {"gain_green": np.array(gain), "blur": np.array(blur)}
    return SetSample(values, np.full((3, 16), 1 / 16))
