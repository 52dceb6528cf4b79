"""Settings checks: the camera's settings by EXIF, in range and the same in every photo.

What the EXIF does not say is passed over here and said once, by `check_exif`.
"""

import datetime
import itertools
import math
from collections.abc import Callable, Mapping
from typing import TypeVar

from capture_tools.capture import Capture, CaptureGroup, Exif, Finding, Severity, cannot_tell
from capture_tools.checks.limits import CheckLimits

T = TypeVar("T")

SHORT_LENS_MM = 10.0
"""Real focal lengths below it belong to sensors of a phone's size (the paper's Pixel 2: 4.4 mm)."""

EXPECTED: Mapping[str, Callable[[Exif], object]] = {
    "camera": lambda exif: exif.camera,
    "time": lambda exif: exif.time,
    "ISO": lambda exif: exif.iso,
    "aperture": lambda exif: exif.aperture,
    "exposure time": lambda exif: exif.exposure_s,
    "white balance": lambda exif: exif.white_balance,
    "focal length": lambda exif: exif.focal_length_mm,
}


def check_exif(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Say which settings the photos keep to themselves; never a reason to reject."""
    photos = list(group.photos())
    lacking = {
        name: [photo for photo in photos if read(photo.exif) is None]
        for name, read in EXPECTED.items()
    }
    missing = [
        name if len(without) == len(photos) else f"{name} ({_names(without)})"
        for name, without in lacking.items()
        if without
    ]
    if not missing:
        return []
    odd = sorted({tag for photo in photos for tag in photo.exif.unusable})
    unusable = f"; unusable tags: {', '.join(odd)}" if odd else ""
    message = (
        f"EXIF does not say: {', '.join(missing)}{unusable}. What it does not say is not checked; "
        "photos straight from the camera keep their EXIF"
    )
    return [cannot_tell("exif_missing", message)]


def check_camera(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Reject photos of different cameras."""
    cameras = _known(group, lambda exif: exif.camera)
    if len(set(cameras.values())) <= 1:
        return []
    usual = _centre_value(group, cameras)
    odd = [name for name, camera in cameras.items() if camera != usual]
    message = (
        f"{', '.join(odd)} by {cameras[odd[0]]}, the centre view by {usual}: "
        "shoot all photos of a scene with one camera"
    )
    return [Finding("camera", Severity.REJECT, message, cameras[odd[0]], usual, odd[0])]


def check_iso(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Warn of an ISO above the paper's range, note one below, warn of one that changes."""
    values = {name: float(iso) for name, iso in _known(group, lambda exif: exif.iso).items()}
    bounds = (float(limits.iso_min), float(limits.iso_max))
    found = _drift("iso_drift", "ISO {:g}", values, limits, stops_per_doubling=1)
    noisy = {name: iso for name, iso in values.items() if iso > bounds[1]}
    if noisy:
        advice = "more light, or a longer exposure on a tripod, keeps noise down"
        return [*found, _outside("iso", Severity.WARN, "ISO {:g}", noisy, bounds, advice)]
    low = {name: iso for name, iso in values.items() if iso < bounds[0]}
    if low:
        advice = "less noise than the paper's photos, nothing to do"
        return [*found, _outside("iso", Severity.NOTE, "ISO {:g}", low, bounds, advice)]
    return found


def check_aperture(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Warn of an aperture outside the paper's range, and of one that changes within the scene.

    Behind the short lenses of phones and compact cameras it is noted only.
    """
    values = _known(group, lambda exif: exif.aperture)
    bounds = (limits.aperture_min, limits.aperture_max)
    found = _drift("aperture_drift", "f/{:.2g}", values, limits, stops_per_doubling=2)
    odd = {name: stop for name, stop in values.items() if not bounds[0] <= stop <= bounds[1]}
    if not odd:
        return found
    focal_lengths = _known(group, lambda exif: exif.focal_length_mm)
    if all(focal_lengths.get(name, math.inf) < SHORT_LENS_MM for name in odd):
        advice = "a lens this short keeps its depth of field, nothing to do"
        return [*found, _outside("aperture", Severity.NOTE, "f/{:.2g}", odd, bounds, advice)]
    advice = "a wider one blurs what is out of focus, a narrower one everything"
    return [*found, _outside("aperture", Severity.WARN, "f/{:.2g}", odd, bounds, advice)]


def check_exposure(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Warn of an exposure time that changes within the scene."""
    values = _known(group, lambda exif: exif.exposure_s)
    return _drift("exposure_drift", "{:.4g} s", values, limits, stops_per_doubling=1)


def check_white_balance(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Warn of a white balance set by hand in some photos and by the camera in others."""
    modes = _known(group, lambda exif: exif.white_balance)
    if len(set(modes.values())) <= 1:
        return []
    by_hand = [name for name, mode in modes.items() if mode == "manual"]
    message = (
        f"white balance set by hand in {', '.join(by_hand)} and automatic in the others: "
        "lock it before the first photo"
    )
    return [Finding("white_balance", Severity.WARN, message, "mixed", "one setting")]


def check_focal_length(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Warn of a lens that was zoomed between the photos."""
    values = _known(group, lambda exif: exif.focal_length_mm)
    if not values:
        return []
    change = max(values.values()) / min(values.values()) - 1
    if change <= limits.focal_drift:
        return []
    message = (
        f"focal length from {min(values.values()):g} to {max(values.values()):g} mm: "
        "do not zoom within a scene"
    )
    return [Finding("focal_length", Severity.WARN, message, change, limits.focal_drift)]


def check_shooting_times(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Warn of views that were not taken in the order of their names, and of long pauses."""
    times = _known(group, lambda exif: exif.time)
    views = [photo for photo in group.views if photo.name in times]
    findings = []
    for first, second in itertools.pairwise(views):
        if times[second.name] < times[first.name]:
            message = (
                f"{second.name} was taken before {first.name}: are the views named in shooting "
                "order?"
            )
            early_s = (times[second.name] - times[first.name]).total_seconds()
            order = Finding("shooting_order", Severity.WARN, message, early_s, 0.0, second.name)
            findings.append(order)
    moments = sorted(times.values())
    pauses = [(b - a).total_seconds() for a, b in itertools.pairwise(moments)]
    if pauses and max(pauses) > limits.pause_s:
        message = (
            f"a pause of {datetime.timedelta(seconds=round(max(pauses)))} (h:mm:ss) within the "
            "scene: the light may have changed; shoot its photos in one go"
        )
        findings.append(Finding("pause", Severity.WARN, message, max(pauses), limits.pause_s))
    return findings


def _known(group: CaptureGroup, read: Callable[[Exif], T | None]) -> dict[str, T]:
    """Return a setting by file name, of the photos whose EXIF tells it."""
    return {
        photo.name: value for photo in group.photos() if (value := read(photo.exif)) is not None
    }


def _centre_value(group: CaptureGroup, values: Mapping[str, T]) -> T:
    """Return the centre view's value; the first known one where it has none."""
    centre = group.centre.name if group.complete else ""
    return values.get(centre, next(iter(values.values())))


def _outside(
    code: str,
    severity: Severity,
    shown: str,
    odd: Mapping[str, float],
    bounds: tuple[float, float],
    advice: str,
) -> Finding:
    """Report the photo furthest out of a range, and how many more are."""
    name = max(odd, key=lambda name: max(bounds[0] - odd[name], odd[name] - bounds[1]))
    message = (
        f"{shown.format(odd[name])} in {name}{_and_others(len(odd) - 1)}, the paper used "
        f"{shown.format(bounds[0])} to {shown.format(bounds[1])}: {advice}"
    )
    return Finding(code, severity, message, odd[name], bounds, name)


def _drift(
    code: str,
    shown: str,
    values: Mapping[str, float],
    limits: CheckLimits,
    *,
    stops_per_doubling: int,
) -> list[Finding]:
    """Compare the extremes of a setting in stops, the photographer's doublings of light."""
    if not values:
        return []
    low, high = (
        min(values, key=lambda name: values[name]),
        max(values, key=lambda name: values[name]),
    )
    stops = stops_per_doubling * math.log2(values[high] / values[low])
    if stops <= limits.drift_stops:
        return []
    message = (
        f"{shown.format(values[low])} in {low}, {shown.format(values[high])} in {high}: "
        "lock the exposure before the first photo"
    )
    return [Finding(code, Severity.WARN, message, stops, limits.drift_stops)]


def _names(photos: list[Capture]) -> str:
    return ", ".join(photo.name for photo in photos)


def _and_others(count: int) -> str:
    return f" and {count} more" if count else ""
