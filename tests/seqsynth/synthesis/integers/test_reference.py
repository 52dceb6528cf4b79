"""Both forms of CEILNet's arithmetic against the specification in 64-bit integers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.synthesis.integers import compiled, reference
from seqsynth.synthesis.integers.arithmetic import Arithmetic
from seqsynth.synthesis.layers import MARGIN

FORMS = pytest.mark.parametrize("form", [reference, compiled], ids=["opencv", "numba"])
Ints = NDArray[np.int64]


def noise(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def blurred(photo: Ints, weights: list[int], strength: int) -> Ints:
    """Sum the neighbours one by one, then round and scale, as the specification words it."""
    radius = len(weights) // 2
    height, width = photo.shape[0] - 2 * MARGIN, photo.shape[1] - 2 * MARGIN
    total = np.zeros((height, width, 3), np.int64)
    for down, first in enumerate(weights, MARGIN - radius):
        for right, second in enumerate(weights, MARGIN - radius):
            part = photo[down : down + height, right : right + width]
            total += first * second * part
    fine = (total + 2**23) >> 24
    return (fine * strength + 2**15) >> 16


@FORMS
@pytest.mark.parametrize("kernel", [1, 3, 11, 41])
@pytest.mark.parametrize("strength", [1.0, 0.3125])
def test_reflection_is_the_exact_weighted_sum_rounded_once(
    form: Arithmetic, kernel: int, strength: float
) -> None:
    photo = noise(2 * MARGIN + 24, 2 * MARGIN + 31, kernel)
    photo[: MARGIN + 12] = 255  # white, the largest sum there is
    weights = reference.blur_weights(kernel, 2.5)
    fine, levels = form.reflection_layer(photo, weights, strength)
    whole = [int(weight) for weight in weights.tolist()]
    wanted = blurred(photo.astype(np.int64), whole, round(strength * 2**16))
    np.testing.assert_array_equal(fine, wanted)
    np.testing.assert_array_equal(levels, (wanted + 128) >> 8)


@FORMS
def test_reflection_may_be_part_of_a_larger_photo(form: Arithmetic) -> None:
    scene = noise(150, 160, 5)
    crop = scene[7 : 7 + 2 * MARGIN + 20, 11 : 11 + 2 * MARGIN + 25]
    weights = reference.blur_weights(11, 3.3)
    found, _ = form.reflection_layer(crop, weights, 1.0)
    wanted, _ = form.reflection_layer(crop.copy(), weights, 1.0)
    np.testing.assert_array_equal(found, wanted)


@FORMS
def test_overflows_sum_and_count_what_exceeds_white_in_each_view(form: Arithmetic) -> None:
    transmission = noise(90, 100, 1)[3:70, 5:90]
    reflection = np.random.default_rng(2).integers(0, reference.WHITE + 1, (80, 95, 3), np.uint16)
    transmission[:40], reflection[:40] = 155, 100 * 256  # exactly white: no overflow
    transmission[0, 0, 0] = 156
    origins = np.array([[0, 0], [2, 1], [7, 5]], np.int16)
    others = np.array([[0, 0], [10, 19], [20, 31]], np.int16)
    found = form.overflows(transmission, reflection, (origins, others), (60, 64))
    for (row, column), (top, left), pair in zip(origins, others, found, strict=True):
        light = transmission[row : row + 60, column : column + 64].astype(np.int64) * 256
        excess = light + reflection[top : top + 60, left : left + 64] - reference.WHITE
        assert pair == (excess[excess > 0].sum(), (excess > 0).sum())
