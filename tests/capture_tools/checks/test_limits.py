"""The limits: the paper's numbers by default, and no contradiction."""

from dataclasses import fields

import pytest

from capture_tools.capture import CaptureError
from capture_tools.checks.limits import CheckLimits


def test_defaults_are_the_papers_camera_settings() -> None:
    limits = CheckLimits()

    assert (limits.iso_min, limits.iso_max) == (100, 3200)
    assert (limits.aperture_min, limits.aperture_max) == (4.0, 16.0)
    assert (limits.long_side_px, limits.short_side_px) == (1760, 1160)


def test_every_limit_is_a_plain_value_of_a_configuration_file() -> None:
    values = [getattr(CheckLimits(), field.name) for field in fields(CheckLimits)]

    assert all(isinstance(value, (bool, int, float)) for value in values)


def test_every_contradiction_is_named_at_once() -> None:
    with pytest.raises(CaptureError) as caught:
        CheckLimits(iso_min=5000, focus_reject=0.9, clipping_warn=-1)

    message = str(caught.value)
    assert "iso_min = 5000 is above iso_max = 3200" in message
    assert "focus_reject = 0.9 is above focus_warn = 0.7" in message
    assert "clipping_warn = -1 is not a number of 0 or more" in message


def test_limit_that_is_no_number_is_refused() -> None:
    with pytest.raises(CaptureError, match="pause_s = nan"):
        CheckLimits(pause_s=float("nan"))
