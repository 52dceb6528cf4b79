"""How far one shard set is from another: I against T, the reflection, brightness, colour, motion.

Meant for a synthetic set beside a real one. Where the first is synthetic, `suggest_settings` says
which ranges of its reflections would bring it nearer.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ShardError
from seqsynth.metrics import score
from seqsynth.sequence import Image, ViewSequence
from seqsynth.shards import ShardSet

COVERED_LEVELS = 8
"""A pixel is covered where a channel of I lies this far above T."""

LEAST_SIDE = 20
"""Smallest view that can be measured, px (LMSE's window)."""

MOST_KERNEL = 31

COLOUR_BINS = 16


@dataclass(frozen=True)
class Quantity:
    """One number of a sequence: its key, what it is, its unit."""

    key: str
    label: str
    unit: str = ""


QUANTITIES = (
    Quantity("psnr", "PSNR of I against T", "dB"),
    Quantity("ssim", "SSIM of I against T"),
    Quantity("lmse", "LMSE of I against T"),
    Quantity("lift", "mean of I - T", "levels"),
    Quantity("energy", "rms of I - T", "levels"),
    Quantity("coverage", f"pixels more than {COVERED_LEVELS} levels above T", "share"),
    Quantity("saturation", "values of I at 255", "share"),
    Quantity("blur", "width of the structure in I - T", "px"),
    Quantity("blended", "mean of I", "levels"),
    Quantity("transmission", "mean of T", "levels"),
    Quantity("contrast", "standard deviation of T", "levels"),
    Quantity("warmth", "mean of red minus blue in I", "levels"),
    Quantity("transmission_step", "motion of T a view", "px"),
    Quantity("reflection_step", "motion of R a view", "px"),
)
"""Everything measured; what a set does not know is left out."""


@dataclass(frozen=True)
class Sample:
    """What was measured in a sample of a set.

    Attributes
    ----------
    values : key of the quantity -> one value a sequence that knows it
    colours : float64 (3, 16), share of I's values in each of 16 equal bins, by channel
    """

    values: Mapping[str, NDArray[np.float64]]
    colours: NDArray[np.float64]


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
class Comparison:
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


@dataclass
class _Collection:
    values: dict[str, list[float]] = field(default_factory=dict)
    counts: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, COLOUR_BINS)))


def measure_set(sequences: ShardSet, numbers: Sequence[int]) -> Iterator[Sample]:
    """Measure sequences one by one; yield the sample so far after each.

    Raises
    ------
    ShardError
        No sequence has a known transmission, or views are too small to be measured.
    """
    collected = _Collection()
    for number in numbers:
        sequence = sequences[number]
        if min(sequence.blended.shape[1:3]) < LEAST_SIDE:
            raise ShardError(f"{sequence.name}: views below {LEAST_SIDE} px cannot be compared")
        for key, value in measure_sequence(sequence).items():
            collected.values.setdefault(key, []).append(value)
        collected.counts += _colour_counts(sequence.centre_blended)
        values = {key: np.array(found) for key, found in collected.values.items()}
        yield Sample(values, collected.counts / collected.counts.sum(axis=1, keepdims=True))
    if "lift" not in collected.values:
        raise ShardError("no sequence has a known transmission, so that I cannot be held against T")


def measure_sequence(sequence: ViewSequence) -> dict[str, float]:
    """Measure the centre view of a sequence, and its motion; what is unknown is left out."""
    blended = sequence.centre_blended
    values = {
        "blended": float(blended.mean()),
        "saturation": float((blended == 255).mean()),
        "warmth": float(blended[..., 0].mean() - blended[..., 2].mean()),
    }
    truth = sequence.centre_transmission
    if truth is not None:
        values |= _compare_images(blended, truth)
    if sequence.trajectory is not None and sequence.views > 1:
        for layer in ("transmission", "reflection"):
            origins = getattr(sequence.trajectory, layer).astype(np.float64)
            lengths = np.linalg.norm(np.diff(origins, axis=0), axis=1)
            values[f"{layer}_step"] = float(lengths.mean())
    return values


def compare_samples(first: Sample, second: Sample) -> Comparison:
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
    return Comparison(differences, colours)


def distribution_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples."""
    places = np.concatenate([first, second])
    shares = [np.searchsorted(np.sort(s), places, side="right") / s.size for s in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


def suggest_settings(
    configuration: Mapping[str, Any], comparison: Comparison
) -> dict[str, tuple[float, float] | int]:
    """Return settings of `seqsynth generate` that would bring the first set nearer.

    Strength scales with the rms of I - T, sigma with the width of its structure, each end of a
    range by the ratio of the sets' 10 or 90 % quantiles.
    """
    settings: dict[str, tuple[float, float] | int] = {}
    energy, blur = comparison.of("energy"), comparison.of("blur")
    strength = configuration.get("reflection_strength")
    if strength is not None and energy is not None:
        low, high = _scaled(strength, energy)
        settings["reflection_strength"] = (min(low, 1.0), min(high, 1.0))
    sigma = configuration.get("sigma")
    if sigma is not None and blur is not None and configuration.get("blend") == "ceilnet":
        low, high = _scaled(sigma, blur)
        low, high = max(low, 0.1), min(max(high, 0.1), 100.0)
        settings["sigma"] = (low, high)
        # A wider blur needs a kernel that holds it: CEILNet's 11 px cut a sigma of 5 px short.
        if high > sigma[1]:
            settings["kernel"] = min(2 * math.ceil(2 * high) + 1, MOST_KERNEL)
    return settings


def _scaled(values: Sequence[float], difference: Difference) -> tuple[float, float]:
    """Scale both ends of a range, the smaller first, to three digits."""
    ratios = [
        wanted / found if found > 0 else 1.0
        for found, wanted in zip(difference.first[::2], difference.second[::2], strict=True)
    ]
    ends = [float(f"{value * ratio:.3g}") for value, ratio in zip(values, ratios, strict=True)]
    return min(ends), max(ends)


def _compare_images(blended: Image, truth: Image) -> dict[str, float]:
    scores = score(blended, truth)
    difference = blended.astype(np.float64) - truth
    values = {
        "ssim": scores.ssim,
        "lmse": scores.lmse,
        "lift": float(difference.mean()),
        "energy": float(np.sqrt((difference**2).mean())),
        "coverage": float((difference.max(axis=2) > COVERED_LEVELS).mean()),
        "transmission": float(truth.mean()),
        "contrast": float(truth.std()),
    }
    if math.isfinite(scores.psnr_pooled):
        values["psnr"] = scores.psnr_pooled
    width = structure_width(difference)
    return values if width is None else {**values, "blur": width}


def structure_width(difference: NDArray[np.float64]) -> float | None:
    """Return how wide the structure of a picture (H, W, 3) is, px; None where it is flat.

    White noise under a Gaussian blur of sigma has a gradient variance, per axis, of its own
    variance / (2 sigma^2), whence sigma is read back. Natural pictures come out wider, all alike.
    """
    grey = difference.mean(axis=2)
    variance = float(grey.var())
    # Central differences of a step of two pixels would miss single-pixel noise.
    steps = [float((np.diff(grey, axis=axis) ** 2).mean()) for axis in (0, 1)]
    gradient = sum(steps) / 2
    return math.sqrt(variance / (2 * gradient)) if gradient > 1e-9 else None


def _colour_counts(image: Image) -> NDArray[np.float64]:
    """Count the values of each channel in equal bins, (3, 16)."""
    levels = image.reshape(-1, 3) // (256 // COLOUR_BINS)
    counts = [np.bincount(levels[:, channel], minlength=COLOUR_BINS) for channel in range(3)]
    return np.array(counts, np.float64)


def _quantiles(values: NDArray[np.float64]) -> tuple[float, float, float]:
    low, median, high = np.percentile(values, [10, 50, 90]).tolist()
    return low, median, high
