"""What a method of one photo sees of a batch: the centre view, its layers, how they were added."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Pair:
    """B photos and what is known of them; every sample has every key, masks say what it lacks.

    Attributes
    ----------
    blended : float32 (B, 3, H, W) in [0, 1], I
    transmission, reflection : likewise, T and R as it appears in I; zeros where unknown
    transmission_known, reflection_known : bool (B,)
    gain, power : float32 (B,), of the formula I^p = a T^p + R^p that made I
    formula_known : bool (B,); False where I was photographed, or made by another formula
    """

    blended: Tensor
    transmission: Tensor
    reflection: Tensor
    transmission_known: Tensor
    reflection_known: Tensor
    gain: Tensor
    power: Tensor
    formula_known: Tensor
