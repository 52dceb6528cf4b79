"""R in a frame that a vignette darkens: the least level its layer allows there, and one bit more.

A layer's level says which light it stands for only to within that level. Times a vignette of at
most 1 the light lies in one of two neighbouring levels, never three, since the lower levels are the
wider ones by ratio (docs/shard-format.md). So the layer, the vignette and one bit a value make R
again, exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ShardError

FULL_SHARE = 2**20
"""What a vignette's rows and columns count where it leaves all light."""

BLOCK_ROWS = 24
"""Rows of a view that are looked up at a time."""

MOST_STEP = 2**24
"""Larger light than any begins a level at."""

Steps = NDArray[np.int32]
"""int32 (256,), the light that each level begins at, in any unit; level 0 at 0."""

Shares = NDArray[np.int32]
"""int32, shares of light by row or column, in 2**-20; what is left is their product."""


def shares_below(profile: NDArray[np.float64]) -> Shares:
    """Return the nearest shares that are less than those of one axis of a vignette, over 0 to 1."""
    return (np.ceil(profile * FULL_SHARE) - 1).astype(np.int32)


@dataclass(frozen=True)
class Vignette:
    """How a frame darkens what is reflected in it.

    Attributes
    ----------
    rows, columns : what is left of the light, (H,) and (W,)
    steps : the light that each level begins at
    """

    rows: Shares
    columns: Shares
    steps: Steps


def checked(vignette: Vignette) -> Vignette:
    """Return a vignette that leaves no less than nothing, and less than all.

    Raises
    ------
    ShardError
        It is another.
    """
    for shares in (vignette.rows, vignette.columns):
        if shares.min() < 0 or shares.max() >= FULL_SHARE:
            raise ShardError("its vignette leaves shares of light beyond 0 to 1")
    return vignette


def least_levels(layer: NDArray[np.uint8], vignette: Vignette) -> NDArray[np.uint8]:
    """Return the lowest level that a layer's may become under a vignette.

    Parameters
    ----------
    layer : uint8 (..., H, W, 3), R without the vignette

    Raises
    ------
    ShardError
        The steps do not ascend from 0.
    """
    levels = level_lookup(vignette.steps.tobytes())
    begins = vignette.steps.astype(np.float64)
    left = np.multiply.outer(vignette.rows / FULL_SHARE, vignette.columns / FULL_SHARE)
    least = np.empty(layer.shape, np.uint8)
    views = layer.reshape(-1, *layer.shape[-3:]), least.reshape(-1, *layer.shape[-3:])
    for view, written in zip(*views, strict=True):
        for rows in row_blocks(len(left)):
            light = np.asarray(cv2.LUT(view[rows], begins))
            light *= left[rows, :, np.newaxis]
            # No index lies outside: this spares numpy its own copy.
            levels.take(light.astype(np.intp), out=written[rows], mode="wrap")
    return least


def row_blocks(height: int) -> Iterator[slice]:
    """Yield the rows of a view in blocks whose passing arrays stay in the processor's cache."""
    return (slice(top, top + BLOCK_ROWS) for top in range(0, height, BLOCK_ROWS))


def pack_bits(shown: NDArray[np.uint8], least: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how far R's views lie above the least levels, a bit each: uint8 (V, H, B).

    Parameters
    ----------
    shown, least : uint8 (V, H, W, 3)

    Raises
    ------
    ValueError
        A view differs by more than a bit says.
    """
    above = shown - least
    if above.max(initial=0) > 1:
        raise ValueError("R lies beyond the two levels that its layer and vignette allow")
    return np.packbits(above.reshape(*above.shape[:2], -1), axis=-1)


def unpack_bits(bits: NDArray[np.uint8], first: int, width: int) -> NDArray[np.uint8]:
    """Return the bits of some columns, uint8 (..., width, 3).

    Parameters
    ----------
    bits : uint8 (..., B)
    first, width : the columns
    """
    end = 3 * (first + width)
    values = np.unpackbits(bits, axis=-1, count=end)[..., 3 * first :]
    return values.reshape(*bits.shape[:-1], width, 3)


@lru_cache(maxsize=16)
def level_lookup(steps: bytes) -> NDArray[np.uint8]:
    """Return the level of every whole light up to where the last level begins, uint8.

    Parameters
    ----------
    steps : bytes of a `Steps`

    Raises
    ------
    ShardError
        The steps do not ascend from 0.
    """
    begins = np.frombuffer(steps, np.int32).astype(np.int64)
    if begins[0] or (np.diff(begins) <= 0).any() or begins[-1] > MOST_STEP:
        raise ShardError("its vignette_steps do not ascend from 0")
    levels = np.repeat(np.arange(256, dtype=np.uint8), np.diff(begins, append=begins[-1] + 1))
    levels.setflags(write=False)
    return levels
