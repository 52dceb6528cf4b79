"""The scores, each over both pictures in strips of a few rows."""

from dataclasses import dataclass

import numpy as np

from seqsynth.metrics.local_error import LMSE_WINDOW, pool_cells, sum_cells
from seqsynth.metrics.moments import (
    affine_residual,
    correlation,
    decibels,
    sum_moments,
    sum_squared_errors,
)
from seqsynth.metrics.pictures import (
    Floats,
    Picture,
    check_pair,
    count_pixels,
)
from seqsynth.metrics.similarity import GAUSSIAN, UNIFORM, SsimWindow, sum_ssim
from seqsynth.metrics.strips import cut_strips


@dataclass(frozen=True)
class Scores:
    """Every score of one picture.

    Attributes
    ----------
    psnr, psnr_pooled, structure_psnr : dB, higher is better, ``inf`` where nothing differs
    ssim, ssim_gaussian : at most 1, higher is better
    lmse : 0 or more, lower is better
    ncc : -1 to 1, higher is better
    """

    psnr: float
    psnr_pooled: float
    structure_psnr: float
    ssim: float
    ssim_gaussian: float
    lmse: float
    ncc: float


def score(prediction: Picture, truth: Picture) -> Scores:
    """Compute all scores at once; both sides must be 20 or more, as `lmse` wants."""
    check_pair(prediction, truth, LMSE_WINDOW)
    errors, moments = np.zeros(3), np.zeros((5, 3))
    uniform, gaussian = np.zeros(2), np.zeros(2)
    cells = []
    for strip in cut_strips(prediction, truth, reach=GAUSSIAN.side - 1):
        errors += sum_squared_errors(strip)
        moments += sum_moments(strip)
        uniform += sum_ssim(strip, UNIFORM)
        gaussian += sum_ssim(strip, GAUSSIAN)
        cells.append(sum_cells(strip))
    errors /= count_pixels(truth)
    moments /= count_pixels(truth)
    return Scores(
        psnr=_mean_decibels(errors),
        psnr_pooled=decibels(float(errors.mean())),
        structure_psnr=decibels(affine_residual(moments)),
        ssim=float(uniform[0] / uniform[1]),
        ssim_gaussian=float(gaussian[0] / gaussian[1]),
        lmse=pool_cells(cells),
        ncc=correlation(moments),
    )


def psnr(prediction: Picture, truth: Picture) -> float:
    """Return the field's PSNR: the mean over channels of each channel's dB.

    It is never below `psnr_pooled`, and ``inf`` as soon as one channel is equal throughout.
    """
    return _mean_decibels(_mean_squared_errors(prediction, truth))


def psnr_pooled(prediction: Picture, truth: Picture) -> float:
    """Return the PSNR of the squared error pooled over all channels; ``inf`` for equal pictures."""
    return decibels(float(_mean_squared_errors(prediction, truth).mean()))


def structure_psnr(prediction: Picture, truth: Picture) -> float:
    """Return the pooled PSNR after the best affine map ``a P + b`` of every channel onto the truth.

    Brightness, contrast and white balance no longer count, so what is left is structure: a method
    that only changes the tone gains nothing over the photo it was given. The mapped picture is
    not clipped. A residual below a thousandth of a level counts as none.
    """
    return decibels(affine_residual(_mean_moments(prediction, truth)))


def ssim(prediction: Picture, truth: Picture) -> float:
    """Return the field's SSIM: 7x7 uniform window, sample covariance, mean over channels.

    Windows lie wholly inside the picture, whose sides must be 7 or more.
    """
    return _mean_ssim(prediction, truth, UNIFORM)


def ssim_gaussian(prediction: Picture, truth: Picture) -> float:
    """Return SSIM as Wang et al. 2004 define it: 11x11 Gaussian window of 1.5 px.

    Windows lie wholly inside the picture, whose sides must be 11 or more.
    """
    return _mean_ssim(prediction, truth, GAUSSIAN)


def lmse(prediction: Picture, truth: Picture) -> float:
    """Return the local mean squared error: 20x20 windows every 10 px, each rescaled to fit best.

    Squared errors and energies are pooled over all windows and channels; pixels right and below
    of the last whole window do not count. Sides must be 20 or more. A black truth scores 0.
    """
    check_pair(prediction, truth, LMSE_WINDOW)
    return pool_cells([sum_cells(strip) for strip in cut_strips(prediction, truth)])


def ncc(prediction: Picture, truth: Picture) -> float:
    """Return the normalised cross-correlation over all pixels and channels together.

    Where a picture is flat the ratio has no value; it is then 0, or 1 if both are flat.
    """
    return correlation(_mean_moments(prediction, truth))


def _mean_squared_errors(prediction: Picture, truth: Picture) -> Floats:
    """Return the mean squared error of each channel, (3,)."""
    check_pair(prediction, truth)
    total = np.zeros(3)
    for strip in cut_strips(prediction, truth):
        total += sum_squared_errors(strip)
    return total / count_pixels(truth)


def _mean_moments(prediction: Picture, truth: Picture) -> Floats:
    """Return the means of P, T, PP, PT and TT of each channel, (5, 3)."""
    check_pair(prediction, truth)
    total = np.zeros((5, 3))
    for strip in cut_strips(prediction, truth):
        total += sum_moments(strip)
    return total / count_pixels(truth)


def _mean_ssim(prediction: Picture, truth: Picture, window: SsimWindow) -> float:
    check_pair(prediction, truth, window.side)
    total = np.zeros(2)
    for strip in cut_strips(prediction, truth, reach=window.side - 1):
        total += sum_ssim(strip, window)
    return float(total[0] / total[1])


def _mean_decibels(mean_squared_errors: Floats) -> float:
    """Return the mean over channels of each channel's PSNR."""
    return sum(decibels(float(error)) for error in mean_squared_errors) / 3
