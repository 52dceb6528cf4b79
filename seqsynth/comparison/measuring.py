"""What is measured of a set: I against T, the reflection, the glass, brightness, colour, motion."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seqsynth.comparison.glass import inner, measure_glass
from seqsynth.comparison.motion import follow_motion
from seqsynth.errors import ShardError
from seqsynth.metrics import lmse, ssim
from seqsynth.motion import Motion
from seqsynth.report.levels import COVERED_LEVELS, covered_share
from seqsynth.report.survey import spread
from seqsynth.sequence import Image, ViewSequence
from seqsynth.shards import ShardSet

LEAST_SIDE = 20
"""Smallest view that can be measured, px (LMSE's window)."""

COLOUR_BINS = 16

LEVELS = np.arange(256.0)

MOST_FOLLOWED = 8
"""Sequences of a sample whose pictures are registered, which takes far longer than all else."""


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
    Quantity("slope", "slope of I on T"),
    Quantity("intercept", "intercept of I on T", "levels"),
    Quantity("bright", "I/T of the brightest tenth of T"),
    Quantity("gain_red", "gain of T in linear light, red"),
    Quantity("gain_green", "gain of T in linear light, green"),
    Quantity("gain_blue", "gain of T in linear light, blue"),
    Quantity("gain_spread", "gains of the channels apart"),
    Quantity("stretch", "PSNR that a black-level stretch gains", "dB"),
    Quantity("blended", "mean of I", "levels"),
    Quantity("transmission", "mean of T", "levels"),
    Quantity("contrast", "standard deviation of T", "levels"),
    Quantity("warmth", "mean of red minus blue in I", "levels"),
    Quantity("transmission_step", "motion of T a view", "px"),
    Quantity("reflection_step", "motion of R a view", "px"),
    Quantity("relative_step", "motion of R against T a view", "% of width"),
    Quantity("across", "shift across a view, by registration", "% of width"),
    Quantity("down", "shift down a view, by registration", "% of width"),
    Quantity("turn", "turn a view, by registration", "degrees"),
    Quantity("scale", "change of scale a view, by registration", "%"),
    Quantity("perspective", "perspective a view, by registration", "%"),
    Quantity("residual", "motion left by the best shift a view", "per mille"),
)
"""Everything measured; what a set does not know is left out."""


@dataclass(frozen=True)
class SetSample:
    """What was measured in a sample of a set.

    Attributes
    ----------
    values : key of the quantity -> one value a sequence that knows it
    colours : float64 (3, 16), share of I's values in each of 16 equal bins, by channel
    """

    values: Mapping[str, NDArray[np.float64]]
    colours: NDArray[np.float64]


class Collection:
    """The measurements of a sample, sequence by sequence."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}
        self._counts = np.zeros((3, COLOUR_BINS))

    def add(self, measured: Mapping[str, float], blended: Image) -> None:
        """Add what was measured of a sequence, and the colours of its I, uint8 (H, W, 3)."""
        for key, value in measured.items():
            self._values.setdefault(key, []).append(value)
        bins = level_counts(blended).reshape(3, COLOUR_BINS, 256 // COLOUR_BINS)
        self._counts += bins.sum(axis=2)

    def sample(self) -> SetSample:
        """Return the sample so far, of at least one sequence."""
        values = {key: np.array(found) for key, found in self._values.items()}
        return SetSample(values, self._counts / self._counts.sum(axis=1, keepdims=True))


def measure_set(sequences: ShardSet, numbers: Sequence[int]) -> Iterator[SetSample]:
    """Measure sequences one by one; yield the sample so far after each.

    Raises
    ------
    ShardError
        No sequence has a known transmission, or views are too small to be measured.
    """
    collected, has_truth = Collection(), False
    followed = {numbers[place] for place in spread(len(numbers), MOST_FOLLOWED)}
    for number in numbers:
        sequence = sequences[number]
        if min(sequence.blended.shape[1:3]) < LEAST_SIDE:
            raise ShardError(f"{sequence.name}: views below {LEAST_SIDE} px cannot be compared")
        measured = measure_sequence(sequence)
        if number in followed:
            measured |= measure_motion(sequence)
        collected.add(measured, sequence.centre_blended)
        has_truth = has_truth or "lift" in measured
        yield collected.sample()
    if not has_truth:
        raise ShardError("no sequence has a known transmission, so that I cannot be held against T")


def measure_sequence(sequence: ViewSequence) -> dict[str, float]:
    """Measure the centre view of a sequence, and its motion; what is unknown is left out."""
    values = measure_images(sequence.centre_blended, sequence.centre_transmission)
    if sequence.motion is not None and sequence.views > 1:
        values |= _stored_steps(sequence.motion)
    return values


def measure_images(
    blended: Image, truth: Image | None, *, structural: bool = True
) -> dict[str, float]:
    """Measure one photo beside its transmission, where that is known.

    Parameters
    ----------
    blended, truth : uint8 (H, W, 3)
    structural : also SSIM and LMSE, which take as long as all else
    """
    red, green, blue = (float(counts @ LEVELS / counts.sum()) for counts in level_counts(blended))
    values = {
        "blended": (red + green + blue) / 3,
        "saturation": np.count_nonzero(blended == 255) / blended.size,
        "warmth": red - blue,
    }
    if truth is None:
        return values
    if structural:
        values |= {"ssim": ssim(blended, truth), "lmse": lmse(blended, truth)}
    return values | _compare_images(blended, truth) | measure_glass(blended, truth)


def measure_motion(sequence: ViewSequence) -> dict[str, float]:
    """Measure how the camera moved from view to view by the pictures of I, mean sizes."""
    figures = list(follow_motion(sequence.blended))
    if not figures:
        return {}
    return {
        key: float(np.mean([abs(getattr(one, key)) for one in figures]))
        for key in ("across", "down", "turn", "scale", "perspective", "residual")
    }


def _stored_steps(motion: Motion) -> dict[str, float]:
    """Return how far the frame's middle moves from view to view, by the motion on record."""
    layers = (("transmission", motion.transmission), ("reflection", motion.reflection))
    steps = {name: layer.middle_steps() for name, layer in layers}
    lengths = {f"{name}_step": np.linalg.norm(moved, axis=1) for name, moved in steps.items()}
    apart = np.linalg.norm(steps["reflection"] - steps["transmission"], axis=1)
    lengths["relative_step"] = 100 * apart / motion.transmission.size[1]
    return {name: float(length.mean()) for name, length in lengths.items()}


def _compare_images(blended: Image, truth: Image) -> dict[str, float]:
    difference = np.subtract(blended, truth, dtype=np.float64)
    flat = difference.ravel()
    squared = inner(flat, flat) / flat.size
    counts = level_counts(truth).sum(axis=0)
    brightness = float(counts @ LEVELS) / truth.size
    spread_squared = float(counts @ (LEVELS - brightness) ** 2) / truth.size
    values = {
        "lift": float(flat.sum()) / flat.size,
        "energy": math.sqrt(squared),
        "coverage": covered_share(difference),
        "transmission": brightness,
        "contrast": math.sqrt(spread_squared),
    }
    if squared:
        values["psnr"] = 10 * math.log10(255**2 / squared)
    width = structure_width(difference)
    return values if width is None else {**values, "blur": width}


def structure_width(difference: NDArray[np.float64]) -> float | None:
    """Return how wide the structure of a picture (H, W, 3) is, px; None where it is flat.

    White noise under a Gaussian blur of sigma has a gradient variance, per axis, of its own
    variance / (2 sigma^2), whence sigma is read back. Natural pictures come out wider, all alike.
    """
    grey = (difference[..., 0] + difference[..., 1] + difference[..., 2]) / 3
    variance = float(grey.var())
    # Central differences of a step of two pixels would miss single-pixel noise.
    steps = [np.diff(grey, axis=axis).ravel() for axis in (0, 1)]
    gradient = sum(inner(step, step) / step.size for step in steps) / 2
    return math.sqrt(variance / (2 * gradient)) if gradient > 1e-9 else None


def level_counts(image: Image) -> NDArray[np.int64]:
    """Count the values of each channel at every level, int64 (3, 256)."""
    counts = [np.bincount(channel.ravel(), minlength=256) for channel in cv2.split(image)]
    return np.array(counts)
