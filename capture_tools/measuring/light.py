"""Light of a view against the transmission photo: gain, what is darker, how much is reflected.

The model is ``I = g T + R`` in linear light with R >= 0 (paper equation 1 with a gain). The gain
comes from gradients: a low quantile of I / T takes any veil for gain and any noise for the lack
of it.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_tools.capture import Doubt
from capture_tools.photos.working_view import Mask, Plane, WorkingView, linear_light
from capture_tools.registration.aligned_view import AlignedView

FEWEST_PIXELS = 500
"""Working pixels without which no number of this module is told."""

GAIN_REDUCTION = 4
GAIN_SIGMA = 0.01
"""Blur before the gain's gradients, in picture widths: a blurrier or noisier photo then agrees."""
STRONGEST_SHARE = 0.3
WIDTHS = (2.0,) * 4 + (1.0,) * 4 + (0.5,) * 12
"""Reach of the weights in median misfits: wide to find the slope, narrow to shed reflections."""
LEAST_GRADIENT = 5e-5
"""Of the transmission's strongest, in linear light per reduced pixel: below it all is rounding."""
QUANTILE = 0.01
QUANTILE_SLACK = 1.04
"""Noise and defocus alone put the quantile 1 to 4 % below the gain where nothing is reflected."""
DARKEST_T = 0.002
"""Transmission below this, in linear light, is noise: a ratio to it means nothing."""

LIGHT_REDUCTION = 2
LIGHT_SIGMA = 1.5
TOLERANCE, FLOOR = 0.06, 0.003
"""Differences below ``TOLERANCE * g T + FLOOR`` are noise, defocus or an error of the gain."""

UNSEEN_RATIO, UNSEEN_AREA, UNSEEN_AREA_DARK = 0.015, 0.01, 0.07
WEAK_RATIO, STRONG_RATIO = 0.1, 0.5

Strength = Literal["none", "weak", "normal", "strong"]


@dataclass(frozen=True)
class Gain:
    """The factor of the transmission photo in a view, in linear light.

    Attributes
    ----------
    grey : of the mean of the channels, from gradients; None where it cannot be told
    channels : red, green and blue, each by itself; None likewise
    quantile : 1 % quantile of I / T, above which no gain can be: I would be darker than g T
    doubt : why it is not told
    """

    grey: float | None
    channels: tuple[float, float, float] | None
    quantile: float | None
    doubt: Doubt | None

    @property
    def safe(self) -> float | None:
        """The gain to subtract by: never above what the darkest ratios allow."""
        if self.grey is None or self.quantile is None:
            return self.grey
        return min(self.grey, QUANTILE_SLACK * self.quantile)

    @property
    def channel_spread(self) -> float | None:
        """Largest difference between channels over their mean: a tint of glass or white balance."""
        if self.channels is None:
            return None
        return (max(self.channels) - min(self.channels)) / (sum(self.channels) / 3)


@dataclass(frozen=True)
class LightComparison:
    """What a view adds to, or lacks against, the transmission times the gain.

    Attributes
    ----------
    darker_share : share of the usable pixels that are darker than noise allows
    reflection_ratio : mean of what is added over mean of the transmission times the gain
    reflection_area : share of the usable pixels that are brighter than noise explains
    doubt : why the amount of reflection cannot be told, or None
    """

    darker_share: float
    reflection_ratio: float
    reflection_area: float
    doubt: Doubt | None

    @property
    def strength(self) -> Strength | None:
        """The amount of reflection in a word; None where it cannot be told."""
        if self.doubt is not None:
            return None
        if self.reflection_ratio < UNSEEN_RATIO and self.reflection_area < UNSEEN_AREA:
            return "none"
        if self.reflection_ratio < WEAK_RATIO:
            return "weak"
        return "normal" if self.reflection_ratio < STRONG_RATIO else "strong"


def estimate_gain(transmission: WorkingView, view: AlignedView) -> Gain:
    """Estimate the gain of a view against the transmission photo, as grey and per channel."""
    sigma = GAIN_SIGMA * max(view.usable.shape) / GAIN_REDUCTION
    unclipped = _reduced_mask(view.usable, GAIN_REDUCTION)
    usable = _away_from_clipping(unclipped, 2 * sigma)
    count = int(np.count_nonzero(usable)) * GAIN_REDUCTION**2
    if count * STRONGEST_SHARE < FEWEST_PIXELS:
        return Gain(None, None, None, Doubt.TOO_CLIPPED)
    lights = [_reduced(linear_light(p), GAIN_REDUCTION) for p in (transmission.pixels, view.pixels)]
    fixed, seen = (_blurred(light, sigma) for light in lights)
    grey = _gradient_gain(fixed.mean(axis=2), seen.mean(axis=2), usable)
    if grey is None:
        return Gain(None, None, None, Doubt.LITTLE_TEXTURE)
    each = [_gradient_gain(fixed[..., c], seen[..., c], usable) for c in range(3)]
    red, green, blue = each
    channels = None if red is None or green is None or blue is None else (red, green, blue)
    # Both without their clipped pixels, that must not bleed into their surroundings.
    masked = [_blurred(light.mean(axis=2) * unclipped, sigma) for light in lights]
    quantile = _quantile_gain(masked[0], masked[1], unclipped)
    return Gain(grey, channels, quantile, None)


def compare_light(
    transmission: WorkingView, view: AlignedView, gain: float, *, dark: bool = False
) -> LightComparison:
    """Compare a view with ``gain`` times the transmission, smoothed against noise.

    Parameters
    ----------
    gain : `Gain.safe`
    dark : whether noise may pass for a weak reflection
    """
    usable = _reduced_mask(view.usable, LIGHT_REDUCTION)
    count = int(np.count_nonzero(usable)) * LIGHT_REDUCTION**2
    if count < FEWEST_PIXELS:
        return LightComparison(0.0, 0.0, 0.0, Doubt.TOO_CLIPPED)
    expected = gain * _reduced_smooth(transmission.linear)[usable]
    added = _reduced_smooth(view.linear)[usable] - expected
    limit = TOLERANCE * expected + FLOOR
    area = float(np.mean(added > limit))
    doubt = Doubt.TOO_DARK if dark and area < UNSEEN_AREA_DARK else None
    return LightComparison(
        darker_share=float(np.mean(added < -limit)),
        reflection_ratio=float(np.maximum(added, 0).mean() / max(float(expected.mean()), 1e-6)),
        reflection_area=area,
        doubt=doubt,
    )


def clipped_only_in_transmission(transmission: WorkingView, view: AlignedView) -> float:
    """Return the share of the picture that is clipped in T though not in the view."""
    return float(np.mean(transmission.clipped & view.shown & ~view.clipped))


def _gradient_gain(fixed: Plane, seen: Plane, usable: Mask) -> float | None:
    """Return the robust slope of the view's gradients on the transmission's strongest ones."""
    of_t, of_view = _gradient(fixed)[:, usable], _gradient(seen)[:, usable]
    energy = np.square(of_t).sum(axis=0)
    strong = energy > np.quantile(energy, 1 - STRONGEST_SHARE)
    if np.count_nonzero(strong) * GAIN_REDUCTION**2 < FEWEST_PIXELS:
        return None
    energy, of_t, of_view = energy[strong], of_t[:, strong], of_view[:, strong]
    if np.median(energy) < LEAST_GRADIENT**2:
        return None
    products, seen_energy = (of_t * of_view).sum(axis=0), np.square(of_view).sum(axis=0)
    gain = float(np.median(products / energy))
    for width in WIDTHS:
        # The square of |grad I - gain grad T|, multiplied out.
        misfit = np.maximum(seen_energy - gain * (2 * products - gain * energy), 0)
        scale = width**2 * float(np.median(misfit)) + 1e-18
        weights = 1 / np.square(1 + misfit / scale)
        gain = float((weights @ products) / (weights @ energy))
    return gain if gain > 0 else None


def _gradient(plane: Plane) -> NDArray[np.float64]:
    """Return the gradient (2, h, w), first along the columns."""
    rows, columns = np.gradient(plane.astype(np.float64))
    return np.stack([columns, rows])


def _quantile_gain(fixed: Plane, seen: Plane, usable: Mask) -> float | None:
    lit = usable & (fixed > DARKEST_T)
    if np.count_nonzero(lit) * GAIN_REDUCTION**2 < FEWEST_PIXELS:
        return None
    return float(np.quantile(seen[lit] / fixed[lit], QUANTILE))


def _reduced_smooth(light: Plane) -> Plane:
    return _blurred(_reduced(light, LIGHT_REDUCTION), LIGHT_SIGMA)


def _blurred(light: Plane, sigma: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(light, (0, 0), sigma), np.float32)


def _reduced(plane: Plane, factor: int) -> Plane:
    size = (max(1, plane.shape[1] // factor), max(1, plane.shape[0] // factor))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _reduced_mask(mask: Mask, factor: int) -> Mask:
    """Reduce a mask: usable is only what is usable throughout."""
    return _reduced(mask.astype(np.float32), factor) > 0.999


def _away_from_clipping(usable: Mask, distance: float) -> Mask:
    """Return the mask without what a blur mixes with unusable pixels."""
    reach = 2 * round(distance) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    eroded = cv2.erode(usable.view(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(eroded) > 0
