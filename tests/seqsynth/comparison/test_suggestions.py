"""Settings that would bring a set nearer."""

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
    settings = {"reflection_strength": [1, 1], "sigma": [2, 5], "blend": "linear"}
    assert "sigma" not in suggest_settings(settings, comparison)
