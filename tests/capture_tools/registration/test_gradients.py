"""Gradients are the slopes of a picture, at halving sizes."""

import numpy as np
import pytest

from capture_tools.photos.working_view import reduce_view
from capture_tools.registration.gradients import (
    gradient,
    gradient_pyramid,
    second_derivatives,
)

ROWS, COLUMNS = np.indices((40, 50)).astype(np.float32)
INSIDE = np.s_[2:-2, 2:-2]


def test_gradient_of_a_ramp_is_its_slope_in_x_and_y() -> None:
    field = gradient(3 * COLUMNS - 2 * ROWS)
    assert field[INSIDE] == pytest.approx(np.broadcast_to((3.0, -2.0), (36, 46, 2)))


def test_second_derivatives_of_a_parabola_are_its_coefficients() -> None:
    # d2/dx2 of 2 x^2 is 4, d2/dxdy of 3 x y is 3, d2/dy2 of -y^2 is -2.
    field = gradient(2 * COLUMNS**2 + 3 * COLUMNS * ROWS - ROWS**2)
    for plane, value in zip(second_derivatives(field), (4.0, 3.0, -2.0), strict=True):
        assert plane[INSIDE] == pytest.approx(np.full((36, 46), value), abs=1e-3)


@pytest.mark.parametrize(
    ("size", "sides"),
    [((580, 880), [580, 290, 145, 73]), ((100, 300), [100, 50]), ((63, 63), [63])],
)
def test_pyramid_halves_until_a_side_would_be_too_small(
    size: tuple[int, int], sides: list[int]
) -> None:
    view = reduce_view(np.zeros((*size, 3), np.uint8))
    assert [field.shape[0] for field in gradient_pyramid(view)] == sides
