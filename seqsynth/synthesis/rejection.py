"""Optional rules that reject a drawn pair of layers before it is blended; all off by default."""

from collections.abc import Callable, Sequence

import numpy as np

from seqsynth.sequence import Image


def is_dim_reflection(transmission: Image, reflection: Image) -> bool:
    """Mean T is over twice mean R (the undocumented rule of Zhang et al. 2018 and IBCLN)."""
    # Sums, not means: the last bit of a float would differ between processors.
    left = int(transmission.sum(dtype=np.int64)) * reflection.size
    return left > 2 * int(reflection.sum(dtype=np.int64)) * transmission.size


def is_dark_reflection(_: Image, reflection: Image) -> bool:
    """No value of R reaches 15 % of white (Zhang et al. 2018)."""
    return int(reflection.max()) < 0.15 * 255


def is_flat_reflection(_: Image, reflection: Image) -> bool:
    """R's standard deviation is below 5 levels: a veil without content (ours)."""
    total = int(reflection.sum(dtype=np.int64))
    squares = int(np.square(reflection, dtype=np.uint32).sum(dtype=np.int64))
    return reflection.size * squares - total**2 < 25 * reflection.size**2


def is_dark_transmission(transmission: Image, _: Image) -> bool:
    """No value of T reaches 15 % of white (Zhang et al. 2018)."""
    return int(transmission.max()) < 0.15 * 255


RULES: dict[str, Callable[[Image, Image], bool]] = {
    "dim-reflection": is_dim_reflection,
    "dark-reflection": is_dark_reflection,
    "flat-reflection": is_flat_reflection,
    "dark-transmission": is_dark_transmission,
}


def rejecting_rule(names: Sequence[str], transmission: Image, reflection: Image) -> str | None:
    """Return the first of the named rules that rejects the pair, or None.

    Parameters
    ----------
    names : rules to apply, in this order
    transmission, reflection : uint8 (H, W, 3), the layers as cropped, before blur and blend
    """
    return next((name for name in names if RULES[name](transmission, reflection)), None)
