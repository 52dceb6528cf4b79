"""Patches tell how far two pictures miss each other."""

import numpy as np
import pytest

from capture_tools.photos.working_view import Warp
from capture_tools.registration.agreement import measure_agreement
from capture_tools.registration.gradients import Field, gradient_pyramid
from tests.capture_tools.kinds import Draw, Measure


@pytest.fixture(scope="module")
def fields(draw: Draw, measure: Measure) -> tuple[Field, Field, Warp]:
    """The gradients of a view and its transmission photo, and the true warp between them."""
    each = measure(draw(11, reflection_ratio=0.3))
    view, transmission = (gradient_pyramid(v)[0] for v in (each.views[0], each.transmission))
    truth = each.scene.warps[0] @ np.linalg.inv(each.scene.transmission_warp)
    return view, transmission, truth


def shifted(warp: Warp, offset_px: float) -> Warp:
    # 3-4-5: a shift of this length, along no axis.
    shift = np.array([[1, 0, 0.8 * offset_px], [0, 1, 0.6 * offset_px], [0, 0, 1]])
    return warp @ shift


@pytest.mark.parametrize("offset_px", [0.25, 0.5, 1.0, 2.0])
def test_forced_offset_is_measured(fields: tuple[Field, Field, Warp], offset_px: float) -> None:
    view, transmission, truth = fields
    found = measure_agreement(view, transmission, shifted(truth, offset_px))
    assert found.residual == pytest.approx(offset_px, abs=0.1)


def test_true_warp_leaves_little_over(fields: tuple[Field, Field, Warp]) -> None:
    view, transmission, truth = fields
    assert measure_agreement(view, transmission, truth).residual < 0.15


def test_share_of_agreeing_patches_falls_from_most_to_none(
    fields: tuple[Field, Field, Warp],
) -> None:
    view, transmission, truth = fields
    shares = [
        measure_agreement(view, transmission, shifted(truth, offset_px)).share
        for offset_px in (0.0, 0.5, 1.0)
    ]
    assert shares[0] > 0.8 > shares[1] > shares[2]
    assert shares[2] < 0.05


def test_washed_out_picture_has_too_few_patches_to_tell(draw: Draw, measure: Measure) -> None:
    each = measure(draw(12, contrast=0.2))
    field = gradient_pyramid(each.transmission)[0]
    assert measure_agreement(field, field, np.eye(3)).share is None


def test_only_patches_that_both_pictures_show_are_judged(fields: tuple[Field, Field, Warp]) -> None:
    view, transmission, truth = fields
    aside = truth @ np.array([[1, 0, 700.0], [0, 1, 0], [0, 0, 1]])
    assert measure_agreement(view, transmission, aside).patches < 60
