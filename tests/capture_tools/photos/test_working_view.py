"""A photo reduced: its size, light and clipping."""

import numpy as np
import pytest

from capture_tools.photos.working_view import Light, linear_light, measure_clipping, reduce_view


@pytest.mark.parametrize(
    ("size", "factor"),
    [((420, 660), 1), ((1160, 1760), 2), ((1760, 1160), 2), ((3024, 4032), 4), ((580, 880), 1)],
)
def test_longest_side_is_brought_near_the_working_width(size: tuple[int, int], factor: int) -> None:
    view = reduce_view(np.zeros((*size, 3), np.uint8))
    assert view.factor == factor
    assert view.grey.shape == (size[0] // factor, size[1] // factor)
    assert view.full_size == size


def test_working_pixel_lies_at_the_middle_of_the_pixels_it_averages() -> None:
    view = reduce_view(np.zeros((1160, 1760, 3), np.uint8))
    # Pixel (0, 0) averages full-size pixels 0 and 1 both ways.
    assert view.to_full @ [0, 0, 1] == pytest.approx([0.5, 0.5, 1])
    assert view.to_full @ [10, 3, 1] == pytest.approx([20.5, 6.5, 1])


def test_grey_and_linear_light_are_those_of_the_standard() -> None:
    view = reduce_view(np.full((8, 8, 3), 188, np.uint8))
    assert view.grey == pytest.approx(np.full((8, 8), 188))
    # IEC 61966-2-1: ((188 / 255 + 0.055) / 1.055) ** 2.4
    assert view.linear == pytest.approx(np.full((8, 8), 0.502886), abs=1e-5)


def test_linear_light_has_the_straight_toe_of_the_standard() -> None:
    assert linear_light(np.array([[5]], np.uint8)) == pytest.approx(5 / 255 / 12.92)


def test_linear_grey_is_the_mean_of_the_linear_channels() -> None:
    view = reduce_view(np.full((8, 8, 3), (255, 0, 0), np.uint8))
    assert view.linear == pytest.approx(np.full((8, 8), 1 / 3), abs=1e-6)


def test_clipping_counts_pixels_that_are_white_in_any_channel() -> None:
    photo = np.full((10, 10, 3), 100, np.uint8)
    photo[0] = (255, 10, 10)
    photo[1, :5] = 254
    photo[2, :2] = 253
    assert measure_clipping(photo) == pytest.approx(0.15)


def test_one_clipped_pixel_marks_the_working_pixel_over_it() -> None:
    photo = np.full((1160, 1760, 3), 100, np.uint8)
    photo[21, 41, 1] = 251
    assert np.argwhere(reduce_view(photo).clipped).tolist() == [[10, 20]]


@pytest.mark.parametrize(
    ("level", "light"), [(34, Light.DARK), (36, Light.LOW), (49, Light.LOW), (51, Light.NORMAL)]
)
def test_light_is_labelled_by_the_mean_grey(level: int, light: Light) -> None:
    assert reduce_view(np.full((40, 60, 3), level, np.uint8)).light is light
