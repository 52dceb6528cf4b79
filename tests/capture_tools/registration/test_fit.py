"""A warp is fitted to gradients; where there are none, nothing is fitted."""

import numpy as np
import pytest

from capture_tools.photos.working_view import Image, WorkingView, reduce_view
from capture_tools.registration.fit import Model, fit_warp, make_templates
from capture_tools.registration.gradients import gradient_pyramid
from tests.drawing.textures import leaves


@pytest.fixture(scope="module")
def texture() -> Image:
    coded = leaves((320, 460), np.random.default_rng(5))
    return np.clip(coded * 255, 0, 255).astype(np.uint8)


def cut(texture: Image, top: int, left: int) -> WorkingView:
    return reduce_view(np.ascontiguousarray(texture[top : top + 290, left : left + 420]))


@pytest.mark.parametrize("model", ["translation", "affine", "homography"])
def test_shift_is_found_by_every_model(texture: Image, model: Model) -> None:
    templates = make_templates(gradient_pyramid(cut(texture, 10, 20)))
    assert templates is not None

    fit = fit_warp(templates, gradient_pyramid(cut(texture, 7, 25)), model)

    # What stands at x in the fixed cut stands 5 px further left and 3 px lower in the moving one.
    assert fit is not None
    assert fit.warp == pytest.approx(np.array([[1, 0, -5], [0, 1, 3], [0, 0, 1]]), abs=0.05)


def test_blank_picture_has_no_templates() -> None:
    assert make_templates(gradient_pyramid(reduce_view(np.zeros((290, 420, 3), np.uint8)))) is None
