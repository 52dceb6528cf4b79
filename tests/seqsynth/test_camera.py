"""Ranges of a camera's motion: what is refused, and in which words."""

import pytest

from seqsynth.camera import CAMERA_PRESETS, CameraSettings, horizon_share
from seqsynth.errors import ConfigError
from seqsynth.settings import check_settings


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"field_of_view": (70.0, 40.0)}, "smaller bound first"),
        ({"translation": (0.0, 0.1)}, "greater than 0"),
        ({"shake": (1.0, 2.0)}, "shake"),
        ({"second_plane": (0.5, 2.0)}, "greater than or equal to 1"),
        ({"reflection_motion": (0.01, float("nan"))}, "reflection_motion"),
        ({"yaw": 3}, "unknown setting 'yaw'"),
    ],
)
def test_impossible_ranges_are_refused_in_words(values, words):
    with pytest.raises(ConfigError, match=words):
        check_settings(CameraSettings, values)


@pytest.mark.parametrize("preset", CAMERA_PRESETS)
def test_presets_are_possible(preset):
    settings = check_settings(CameraSettings, CAMERA_PRESETS[preset])
    assert settings.has_parallax == (preset == "parallax")


def test_horizon_share_is_the_tangents_product():
    settings = CameraSettings(field_of_view=(90.0, 90.0), slant=(20.0, 20.0))
    # A frame half as wide as it is far: its corner lies 5/4 up the plane's slope, 0.364 each.
    assert horizon_share(settings, (3, 4)) == pytest.approx(0.36397 * 1.25, abs=1e-4)
