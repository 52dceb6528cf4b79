"""Blur is told by comparing a photo with the others of its scene."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from capture_tools.capture import Doubt
from capture_tools.measuring.focus import SharpnessRatios, compare_sharpness, measure_sharpness
from capture_tools.photos.working_view import Image, reduce_view
from tests.capture_tools.kinds import Draw, Flat
from tests.drawing.captures import DrawnScene


@pytest.fixture(scope="module")
def scene(draw: Draw) -> DrawnScene:
    return draw(11, defocus=(0.0, 0.0))


def ratios(photo: Image, others: Sequence[Image]) -> SharpnessRatios:
    measured = [measure_sharpness(reduce_view(other)) for other in others]
    return compare_sharpness(measure_sharpness(reduce_view(photo)), measured)


def smeared(photo: Image, length: int) -> Image:
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    return cv2.filter2D(photo, -1, kernel)


def test_views_of_one_scene_are_equally_sharp(scene: DrawnScene) -> None:
    found = ratios(scene.views[0], scene.views[1:])
    assert (found.laplacian, found.band, found.direction) == pytest.approx((1, 1, 1), abs=0.15)


def test_view_out_of_focus_falls_below_the_others(scene: DrawnScene) -> None:
    found = ratios(cv2.GaussianBlur(scene.views[0], (0, 0), 1.5), scene.views[1:])
    assert found.laplacian < 0.35


def test_smeared_view_stands_out_by_its_direction(scene: DrawnScene) -> None:
    found = ratios(smeared(scene.views[0], 9), scene.views[1:])
    assert found.direction < 0.75


def test_diagonally_smeared_view_loses_detail_along_one_diagonal_alone(scene: DrawnScene) -> None:
    kernel = np.eye(9, dtype=np.float32) / 9
    smear = cv2.filter2D(scene.views[0], -1, kernel)
    before, after = (measure_sharpness(reduce_view(view)) for view in (scene.views[0], smear))
    # It runs down and right: gradients that way, with x and y of one sign, are lost.
    assert after.directions[1] < 0.75 * before.directions[1]


def test_band_ratio_of_the_transmission_photo_hardly_sees_the_reflection(scene: DrawnScene) -> None:
    found = ratios(scene.transmission, scene.views)
    assert found.band == pytest.approx(1, abs=0.25)
    assert found.laplacian > 1.1


def test_blurred_transmission_photo_falls_below_the_views_by_its_band_ratio(
    scene: DrawnScene,
) -> None:
    found = ratios(cv2.GaussianBlur(scene.transmission, (0, 0), 1.5), scene.views)
    assert found.band < 0.75


def test_focus_in_the_dark_cannot_be_told(draw: Draw) -> None:
    dark = draw(11, light=0.015, noise=(2e-3, 4e-3))
    assert ratios(dark.views[0], dark.views[1:]).doubt is Doubt.TOO_DARK


def test_focus_of_a_blank_photo_cannot_be_told(scene: DrawnScene, flat: Flat) -> None:
    assert ratios(flat(120), scene.views[1:]).doubt is Doubt.LITTLE_TEXTURE


def test_one_photo_alone_has_no_sharpness_to_tell(scene: DrawnScene) -> None:
    assert ratios(scene.views[0], []).doubt is not None
