"""How far two samples are from each other, quantity by quantity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsynth.comparison.measuring import QUANTITIES, Quantity, SetSample


@dataclass(frozen=True)
class Difference:
    """One quantity in both sets.

    Attributes
    ----------
    quantity : which
    first, second : 10, 50 and 90 % quantiles over sequences
    distance : largest difference of the two distribution functions (Kolmogorov and Smirnov): 0
        where they agree, 1 where they do not touch
    """

    quantity: Quantity
    first: tuple[float, float, float]
    second: tuple[float, float, float]
    distance: float


@dataclass(frozen=True)
class SetComparison:
    """Two sets side by side.

    Attributes
    ----------
    differences : of every quantity that both know
    colour_distance : half the summed difference of the colour histograms, mean of channels, 0 to 1
    """

    differences: tuple[Difference, ...]
    colour_distance: float

    @property
    def distance(self) -> float:
        """The mean distance over the quantities, colours included."""
        return float(np.mean([*(one.distance for one in self.differences), self.colour_distance]))

    def of(self, key: str) -> Difference | None:
        """Return one quantity, None where a set does not know it."""
        return next((one for one in self.differences if one.quantity.key == key), None)


def compare_samples(first: SetSample, second: SetSample) -> SetComparison:
    """Hold two samples against each other."""
    both = [one for one in QUANTITIES if one.key in first.values and one.key in second.values]
    differences = tuple(
        Difference(
            one,
            _quantiles(first.values[one.key]),
            _quantiles(second.values[one.key]),
            distribution_distance(first.values[one.key], second.values[one.key]),
        )
        for one in both
    )
    colours = float(np.abs(first.colours - second.colours).sum(axis=1).mean() / 2)
    return SetComparison(differences, colours)


def distribution_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples."""
    places = np.concatenate([first, second])
    shares = [np.searchsorted(np.sort(s), places, side="right") / s.size for s in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


def _quantiles(values: NDArray[np.float64]) -> tuple[float, float, float]:
    low, median, high = np.percentile(values, [10, 50, 90]).tolist()
    return low, median, high
