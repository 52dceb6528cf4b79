"""Register photos of one scene to each other through the transmission photo (paper 4.1).

The transmission photo holds no reflection, so what it is registered to cannot pull the warp after
a reflection; the motion between two views is the way from one to the transmission photo and on to
the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from capture_tools.capture import Doubt
from capture_tools.photos.working_view import Light, Warp, WorkingView
from capture_tools.registration.agreement import (
    FEWEST_PATCHES,
    Agreement,
    count_textured,
    measure_agreement,
)
from capture_tools.registration.features import feature_start
from capture_tools.registration.fit import Fit, Template, fit_warp, make_templates
from capture_tools.registration.gradients import Field, gradient_pyramid
from capture_tools.registration.warp import (
    Registration,
    Start,
    inverse,
    is_upright,
    mean_shift,
    mean_vector,
    normalised,
)

Freedom = Literal["affine", "homography"]
"""What may change from photo to photo: a camera on a tripod, or one that moves."""

SURE_AGREEMENT = 0.3
"""Below it the features are asked for another start, and the better agreement wins."""
LEAST_AGREEMENT = 0.2
FARTHEST_SHIFT = 0.5
"""A warp by more than this share of the width shows hardly the same scene."""


@dataclass(frozen=True)
class Motion:
    """How the camera moved from the centre view to another, told by the scene behind the glass.

    Attributes
    ----------
    warp : float64 (3, 3), pixel of the centre view -> pixel of the other
    dx_px, dy_px : mean displacement over the picture
    mean_px : mean length of the displacement
    share_of_width : the same as a share of the picture's width
    agreement : the smaller of the two registrations it is made of; None if either is unknown
    doubt : why it is not to be trusted, or None
    """

    warp: Warp
    dx_px: float
    dy_px: float
    mean_px: float
    share_of_width: float
    agreement: float | None
    doubt: Doubt | None


@dataclass(frozen=True)
class SceneAlignment:
    """The registrations of one scene.

    Attributes
    ----------
    transmission : fixed is the centre view, moving the transmission photo
    views : for every view, fixed is the transmission photo, moving the view
    motions : for every view, from the centre view to it
    dark : whether the settings for dark photos were used
    """

    transmission: Registration
    views: tuple[Registration, ...]
    motions: tuple[Motion, ...]
    dark: bool


@dataclass(frozen=True)
class _Subject:
    """A photo prepared for fitting; as the fixed one only if it has templates."""

    view: WorkingView
    pyramid: tuple[Field, ...]
    templates: tuple[Template, ...] | None


@dataclass(frozen=True)
class _Attempt:
    """One fit and its judgement, in working pixels."""

    fit: Fit
    agreement: Agreement
    started_from: Start


def register(
    moving: WorkingView,
    fixed: WorkingView,
    model: Freedom = "affine",
    *,
    dark: bool = False,
) -> Registration:
    """Find where each pixel of ``fixed`` is seen in ``moving``.

    Parameters
    ----------
    moving, fixed : the fixed one should be the one without reflection
    model : affine is enough, and slightly safer, for two photos from one tripod
    dark : use the heavier smoothing that noisy photos need

    Returns
    -------
    A warp of full-size pixels; the identity with a doubt where nothing could be fitted.
    """
    return _register(_subject(moving, dark), _templated(_subject(fixed, dark)), model, dark)


def align_scene(views: Sequence[WorkingView], transmission: WorkingView) -> SceneAlignment:
    """Register the transmission photo to every view, and from that tell the camera's motion."""
    dark = transmission.light is Light.DARK
    fixed = _templated(_subject(transmission, dark))
    centre = len(views) // 2
    found = []
    for number, view in enumerate(views):
        model: Freedom = "affine" if number == centre else "homography"
        found.append(_register(_subject(view, dark), fixed, model, dark))
    back = _inverted(found[centre], views[centre].full_size)
    motions = tuple(_motion(back, onward, view) for onward, view in zip(found, views, strict=True))
    return SceneAlignment(back, tuple(found), motions, dark)


def _subject(view: WorkingView, dark: bool) -> _Subject:
    return _Subject(view, gradient_pyramid(view, dark=dark), None)


def _templated(subject: _Subject) -> _Subject:
    return replace(subject, templates=make_templates(subject.pyramid))


def _register(moving: _Subject, fixed: _Subject, model: Freedom, dark: bool) -> Registration:
    attempt = _attempt(moving, fixed, model, dark, None)
    if _wants_features(attempt, fixed, dark):
        start = feature_start(moving.view, fixed.view)
        second = None if start is None else _attempt(moving, fixed, model, dark, start)
        attempt = _better(attempt, second)
    if attempt is None:
        return _unknown(fixed, dark)
    return _registration(moving.view, fixed.view, attempt, dark)


def _attempt(
    moving: _Subject,
    fixed: _Subject,
    model: Freedom,
    dark: bool,
    start: Warp | None,
) -> _Attempt | None:
    if fixed.templates is None:
        return None
    fit = fit_warp(fixed.templates, moving.pyramid, model, start)
    if fit is None or not _is_near(fit.warp, fixed.view):
        return None
    agreement = measure_agreement(moving.pyramid[0], fixed.pyramid[0], fit.warp, dark=dark)
    return _Attempt(fit, agreement, "identity" if start is None else "features")


def _wants_features(attempt: _Attempt | None, fixed: _Subject, dark: bool) -> bool:
    """Return whether the identity start led astray and there is texture to find features on."""
    if attempt is not None and attempt.agreement.share is not None:
        return attempt.agreement.share < SURE_AGREEMENT
    return count_textured(fixed.pyramid[0], dark=dark) >= FEWEST_PATCHES


def _better(first: _Attempt | None, second: _Attempt | None) -> _Attempt | None:
    if first is None or second is None:
        return first or second
    return second if (second.agreement.share or 0) > (first.agreement.share or 0) else first


def _is_near(warp: Warp, fixed: WorkingView) -> bool:
    """Return whether a warp of working pixels can still show the same scene."""
    size = (fixed.grey.shape[0], fixed.grey.shape[1])
    return is_upright(warp, size) and mean_shift(warp, size) < FARTHEST_SHIFT * size[1]


def _registration(
    moving: WorkingView, fixed: WorkingView, attempt: _Attempt, dark: bool
) -> Registration:
    """Carry an attempt from working to full-size pixels and say what may be wrong with it."""
    agreement = attempt.agreement
    warp = moving.to_full @ attempt.fit.warp @ inverse(fixed.to_full)
    residual = None if agreement.residual is None else agreement.residual * fixed.factor
    return Registration(
        warp=normalised(warp),
        fixed_size=fixed.full_size,
        agreement=agreement.share,
        patches=agreement.patches,
        residual_px=residual,
        started_from=attempt.started_from,
        doubt=_doubt(attempt, dark),
    )


def _doubt(attempt: _Attempt, dark: bool) -> Doubt | None:
    share = attempt.agreement.share
    if share is None:
        return Doubt.TOO_DARK if dark else Doubt.LITTLE_TEXTURE
    if share < LEAST_AGREEMENT:
        return Doubt.TOO_DARK if dark else Doubt.NOT_ALIGNED
    return None if attempt.fit.settled or share >= SURE_AGREEMENT else Doubt.UNSETTLED


def _unknown(fixed: _Subject, dark: bool) -> Registration:
    """Return the registration of photos that could not be fitted at all."""
    textured = count_textured(fixed.pyramid[0], dark=dark)
    doubt = Doubt.UNSETTLED if textured >= FEWEST_PATCHES else Doubt.LITTLE_TEXTURE
    if fixed.templates is None:
        doubt = Doubt.BLANK
    return Registration(np.eye(3), fixed.view.full_size, None, 0, None, "identity", doubt)


def _inverted(registration: Registration, size: tuple[int, int]) -> Registration:
    """Return the registration seen from the other photo, whose size is given."""
    return replace(registration, warp=inverse(registration.warp), fixed_size=size)


def _motion(back: Registration, onward: Registration, view: WorkingView) -> Motion:
    """Chain centre view -> transmission photo -> view."""
    warp = normalised(onward.warp @ back.warp)
    known = back.agreement is not None and onward.agreement is not None
    dx_px, dy_px = mean_vector(warp, back.fixed_size)
    mean_px = mean_shift(warp, back.fixed_size)
    return Motion(
        warp=warp,
        dx_px=dx_px,
        dy_px=dy_px,
        mean_px=mean_px,
        share_of_width=mean_px / view.width_px,
        agreement=min(back.agreement or 0.0, onward.agreement or 0.0) if known else None,
        doubt=onward.doubt or back.doubt,
    )
