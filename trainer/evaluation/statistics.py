"""What a mean over images is worth: bootstrap intervals, and two methods image by image.

Images, not pixels, are the sample: they are drawn with replacement, and an interval is that of
the percentiles of the means so drawn. Two methods are compared on the same images by their
differences, which vary far less than the scores themselves.

A score may be infinite (the PSNR of an equal picture). Such images count in medians and shares but
not in means and their intervals; how many they are is always stated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainer.errors import SampleError

BATCH = 2**20
"""Values drawn at a time: many images times many draws need not fit the memory at once."""


@dataclass(frozen=True)
class Interval:
    """Where a mean lies with the confidence asked for; NaN at both ends for fewer than 2 images."""

    low: float
    high: float


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are drawn: with what confidence, from how many samples."""

    confidence: float = 0.95
    draws: int = 10_000


USUAL = Bootstrap()


@dataclass(frozen=True)
class Summary:
    """One score over images.

    Attributes
    ----------
    images : how many
    exact : how many of them scored infinitely well and are not in the mean
    mean, interval : over the others; infinite and NaN where there are none
    median : over all
    """

    images: int
    exact: int
    mean: float
    interval: Interval
    median: float


@dataclass(frozen=True)
class Comparison:
    """One score of a method minus that of another, image by image.

    Attributes
    ----------
    images : how many
    exact : how many differ infinitely (one method exact, the other not); not in the mean
    mean, interval : of the differences, over the others
    median : of all differences
    better : share of images on which the first method is better
    worse : share of images on which it is worse by more than the margin
    """

    images: int
    exact: int
    mean: float
    interval: Interval
    median: float
    better: float
    worse: float


def summarise(
    values: ArrayLike, *, bootstrap: Bootstrap = USUAL, rng: np.random.Generator
) -> Summary:
    """Sum up one score over images.

    Raises
    ------
    SampleError
        There is no image, or a value is NaN.
    """
    sample = _sample("scores", values)
    finite = sample[np.isfinite(sample)]
    # Opposite infinities have neither mean nor middle: NaN is the answer, not a warning.
    with np.errstate(invalid="ignore"):
        mean, median = float((finite if finite.size else sample).mean()), float(np.median(sample))
    return Summary(
        images=sample.size,
        exact=sample.size - finite.size,
        mean=mean,
        interval=bootstrap_interval(finite, bootstrap=bootstrap, rng=rng),
        median=median,
    )


def compare(
    first: ArrayLike,
    second: ArrayLike,
    *,
    margin: float = 1.0,
    higher_is_better: bool = True,
    bootstrap: Bootstrap = USUAL,
    rng: np.random.Generator,
) -> Comparison:
    """Compare two methods on the same images, given in the same order.

    Parameters
    ----------
    first, second : one score an image
    margin : by how much an image must lose to count as made worse; 1 dB for PSNR
    higher_is_better : False for LMSE; differences keep their sign, only the shares turn round

    Raises
    ------
    SampleError
        The numbers of images differ, there is none, or a value is NaN.
    """
    ours, theirs = _sample("first scores", first), _sample("second scores", second)
    if ours.size != theirs.size:
        raise SampleError(
            f"{ours.size} scores are compared with {theirs.size}: match the images by name first"
        )
    # Two exact pictures do not differ; inf - inf would be NaN.
    differences = np.subtract(ours, theirs, out=np.zeros_like(ours), where=ours != theirs)
    gains = differences if higher_is_better else -differences
    summary = summarise(differences, bootstrap=bootstrap, rng=rng)
    return Comparison(
        images=summary.images,
        exact=summary.exact,
        mean=summary.mean,
        interval=summary.interval,
        median=summary.median,
        better=float((gains > 0).mean()),
        worse=float((gains < -margin).mean()),
    )


def bootstrap_interval(
    values: ArrayLike, *, bootstrap: Bootstrap = USUAL, rng: np.random.Generator
) -> Interval:
    """Return the percentile bootstrap interval of the mean of finite values.

    Raises
    ------
    SampleError
        The confidence is not between 0 and 1, or the number of draws not positive.
    """
    if not (0 < bootstrap.confidence < 1 and bootstrap.draws > 0):
        raise SampleError(
            f"confidence {bootstrap.confidence:g} with {bootstrap.draws} draws: the one must lie "
            "between 0 and 1 (0.95 is usual), the other must be positive (10000 is usual)"
        )
    sample = np.asarray(values, np.float64)
    if sample.size < 2:
        return Interval(float("nan"), float("nan"))
    tail = (1 - bootstrap.confidence) / 2
    low, high = np.quantile(_draw_means(sample, bootstrap.draws, rng), [tail, 1 - tail])
    return Interval(float(low), float(high))


def _draw_means(
    sample: NDArray[np.float64], draws: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the means of ``draws`` samples drawn with replacement."""
    rows = max(1, BATCH // sample.size)
    batches = [min(rows, draws - done) for done in range(0, draws, rows)]
    means = [sample[rng.integers(0, sample.size, (n, sample.size))].mean(axis=1) for n in batches]
    return np.concatenate(means)


def _sample(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return ``values`` as a flat array that holds at least one image and no NaN."""
    sample = np.asarray(values, np.float64)
    if sample.ndim != 1 or sample.size == 0:
        raise SampleError(
            f"the {name} have the shape {sample.shape}: one number for each of one or more images "
            "is wanted"
        )
    if np.isnan(sample).any():
        where = int(np.flatnonzero(np.isnan(sample))[0])
        raise SampleError(f"the {name} hold NaN, first for image {where}: leave that image out")
    return sample
