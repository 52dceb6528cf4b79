"""What first and second moments of the channels tell: PSNR, structure, correlation."""

import math

import numpy as np

from seqsynth.metrics.pictures import PEAK, Floats
from seqsynth.metrics.strips import Strip

NOTHING = 1e-6
"""A variance or residual below this, a thousandth of a level squared, counts as none: it is the
rounding of float32 pictures and of raw moments."""


def decibels(mean_squared_error: float) -> float:
    """Return the PSNR of an error in squared levels; ``inf`` for none."""
    if mean_squared_error == 0:
        return math.inf
    return 10 * math.log10(PEAK**2 / mean_squared_error)


def sum_squared_errors(strip: Strip) -> Floats:
    """Sum the squared error of each channel, (3,)."""
    difference = strip.prediction[: strip.own] - strip.truth[: strip.own]
    difference *= difference
    return _per_channel(difference)


def sum_moments(strip: Strip) -> Floats:
    """Sum P, T, PP, PT and TT of each channel, (5, 3)."""
    own = slice(strip.own)
    products = strip.prediction_squared, strip.product, strip.truth_squared
    return np.stack(
        [_per_channel(values[own]) for values in (strip.prediction, strip.truth, *products)]
    )


def affine_residual(moments: Floats) -> float:
    """Return the mean squared error left by the best ``a P + b`` of each channel onto T.

    Parameters
    ----------
    moments : (5, 3), means of P, T, PP, PT and TT of each channel
    """
    power, product, energy = _covariances(moments)
    gain = np.divide(product, power, out=np.zeros(3), where=power > NOTHING)
    residual = float((energy - gain * product).mean())
    return residual if residual > NOTHING else 0.0


def correlation(moments: Floats) -> float:
    """Return the correlation of all pixels and channels together, from moments as above."""
    power, product, energy = _covariances(moments.mean(axis=1))
    flat = power < NOTHING, energy < NOTHING
    if any(flat):
        return float(all(flat))
    return float(product / np.sqrt(power * energy))


def _covariances(moments: Floats) -> Floats:
    """Return var P, cov PT and var TT, first axis, from means of P, T, PP, PT and TT."""
    given, wanted = moments[:2]
    covariances: Floats = moments[2:] - np.stack([given**2, given * wanted, wanted**2])
    return covariances


def _per_channel(values: Floats) -> Floats:
    """Sum (rows, W, 3) to (3,): down the columns first, since an inner axis of 3 is slow."""
    columns = values.reshape(len(values), -1).sum(axis=0)
    total: Floats = columns.reshape(-1, 3).sum(axis=0)
    return total
