from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from seqsynth.synthesis.blends.light import FULL_LIGHT, blurred_light, levels_of, light_of

ALL_LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_black_and_white_are_the_ends_of_the_range() -> None:
    assert light_of(np.array([0, 255], np.uint8)).tolist() == [0, FULL_LIGHT]


def test_middle_grey_has_a_fifth_of_the_light() -> None:
    # (128 / 255)^2.2 = 0.21952
    assert abs(light_of(np.array([128], np.uint8))[0] / FULL_LIGHT - 0.21952) < 1e-5


def test_light_is_in_whole_ticks() -> None:
    light = light_of(ALL_LEVELS)
    np.testing.assert_array_equal(light, np.rint(light))


def test_levels_survive_the_way_to_light_and_back() -> None:
    np.testing.assert_array_equal(levels_of(light_of(ALL_LEVELS)), ALL_LEVELS)


def test_light_beyond_the_range_is_clipped() -> None:
    assert levels_of(np.array([-5.0, 2.0 * FULL_LIGHT])).tolist() == [0, 255]


def test_half_the_light_of_white_is_level_186() -> None:
    assert levels_of(np.array([FULL_LIGHT / 2])).tolist() == [186]


def test_photo_cut_out_of_another_has_the_same_light() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    np.testing.assert_array_equal(light_of(photo[2:5, 3:8]), light_of(photo)[2:5, 3:8])


def test_blur_is_a_convolution_of_light(
    gaussian: Callable[[NDArray[np.float64], float, int], NDArray[np.float64]],
) -> None:
    scene = np.random.default_rng(1).integers(0, 256, (50, 40, 3), np.uint8)
    expected = gaussian((scene / 255) ** 2.2, 3.7, 12)[12:-12, 12:-12]
    blurred = blurred_light(scene, 3.7, 12) / FULL_LIGHT
    # Weights are rounded to 1/65536: 25 of them, twice, are off by at most 4e-4 together.
    np.testing.assert_allclose(blurred, expected, rtol=0, atol=4e-4)


def test_blur_keeps_an_even_light_exactly() -> None:
    white = np.full((41, 45, 3), 255, np.uint8)
    blurred = blurred_light(white, 6.0, 18)
    assert blurred.shape == (5, 9, 3)
    assert (blurred == FULL_LIGHT).all()
