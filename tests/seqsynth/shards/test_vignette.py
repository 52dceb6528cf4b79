"""R under a vignette: the least level and a bit, against lights counted one by one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.errors import ShardError
from seqsynth.shards.vignette import (
    FULL_SHARE,
    Vignette,
    least_levels,
    pack_bits,
    shares_below,
    unpack_bits,
)
from seqsynth.synthesis.blends.light import level_steps, levels_of

STEPS = level_steps()
FULL_LIGHT = 2**20


def darkened(light: float, share: float) -> int:
    """The level of some light, in ticks, of which a share is left."""
    return int(levels_of(np.array([light * share]))[0])


def least(level: int, row: float, column: float) -> int:
    shares = (shares_below(np.array([share])) for share in (row, column))
    layer = np.full((1, 1, 3), level, np.uint8)
    (value,) = set(least_levels(layer, Vignette(*shares, STEPS)).ravel().tolist())
    return int(value)


def test_steps_are_where_the_level_of_light_changes() -> None:
    for level in range(1, 256):
        begins = STEPS[level] / 2
        assert darkened(begins - 0.01, 1.0) == level - 1
        assert darkened(begins + 0.01, 1.0) == level


def test_levels_are_wider_by_ratio_the_lower_they_are() -> None:
    # So that a level, darkened, reaches into two levels at most: see docs/shard-format.md.
    begins = np.append(STEPS, 2 * FULL_LIGHT + 1).astype(np.float64)
    ratios = begins[2:] / begins[1:-1]
    assert (np.diff(ratios) < 0).all()


def test_stored_shares_leave_room_for_no_third_level() -> None:
    begins = np.append(STEPS, 2 * FULL_LIGHT + 1).astype(np.float64)
    unit = 1 / FULL_SHARE
    for level in range(2, 256):
        lower = np.arange(1, level)
        # The least share that lifts the level's end into the level after ``lower``, and what is
        # stored of it at the least: two factors, each less than a unit too small.
        share = begins[lower + 1] / begins[level + 1]
        stored = share - unit * (1 + share)
        assert (begins[level] * stored > begins[lower]).all()


@pytest.mark.parametrize("seed", range(4))
def test_darkened_level_is_the_least_or_one_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(400):
        level = int(rng.integers(0, 256))
        row, column = 1 - rng.random(2) ** rng.integers(1, 9)
        last = STEPS[level + 1] / 2 - 1e-6 if level < 255 else FULL_LIGHT
        for light in (STEPS[level] / 2 + 1e-6, last):
            assert darkened(light, 1.0) == level
            assert darkened(light, row * column) - least(level, row, column) in (0, 1)


def test_full_light_is_left_as_it_is_by_a_bit() -> None:
    # No share of 1 is stored, so that the least level lies below.
    assert [255 - least(255, 1.0, 1.0), least(0, 1.0, 1.0)] == [1, 0]


def test_shares_are_the_largest_below() -> None:
    shares = shares_below(np.array([1.0, 0.5, 0.1]))
    assert shares.tolist() == [2**20 - 1, 2**19 - 1, 104857]


@pytest.mark.parametrize("width", [1, 7, 8, 13])
def test_bits_come_back_for_every_cut(width: int) -> None:
    rng = np.random.default_rng(width)
    lowest = rng.integers(0, 255, (2, 4, width, 3), dtype=np.uint8)
    bits: NDArray[np.uint8] = rng.integers(0, 2, lowest.shape, dtype=np.uint8)
    packed = pack_bits(lowest + bits, lowest)
    assert packed.shape == (2, 4, -(-3 * width // 8))
    for first in range(width):
        for cut in range(1, width - first + 1):
            found = unpack_bits(packed, first, cut)
            np.testing.assert_array_equal(found, bits[:, :, first : first + cut])


@pytest.mark.parametrize("above", [2, 255])
def test_what_no_bit_can_say_is_refused(above: int) -> None:
    lowest = np.full((1, 2, 3, 3), 9, np.uint8)
    shown = lowest.copy()
    shown[0, 1, 2, 0] = (9 + above) % 256
    with pytest.raises(ValueError, match="beyond the two levels"):
        pack_bits(shown, lowest)


def test_steps_that_do_not_ascend_are_refused() -> None:
    one = np.array([5], np.int32)
    for steps in (np.zeros(256, np.int32), STEPS[::-1], STEPS + np.int32(1), STEPS * 16):
        vignette = Vignette(one, one, np.ascontiguousarray(steps, np.int32))
        with pytest.raises(ShardError, match="do not ascend from 0"):
            least_levels(np.zeros((1, 1, 3), np.uint8), vignette)
