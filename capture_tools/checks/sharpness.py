"""Sharpness checks: each photo against the others, for alone none tells blur from soft scenes."""

from capture_tools.capture import Finding, Severity, cannot_tell
from capture_tools.checks.limits import CheckLimits
from capture_tools.measuring.measurement import SceneMeasurement


def check_focus(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Judge every view's sharpness against the other views."""
    found = []
    for name, ratios in zip(scene.names, scene.sharpness, strict=False):
        if ratios.doubt is not None:
            found.append(_doubted("focus", name, str(ratios.doubt)))
            continue
        bounds = (limits.focus_warn, limits.focus_reject)
        message = f"{name} has {ratios.laplacian:.0%} of the other views' sharpness"
        found += _judge("focus", name, ratios.laplacian, bounds, message)
    return found


def check_transmission_focus(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Judge the transmission photo's fine detail against the views', whose reflection it lacks."""
    name, ratios = scene.names[-1], scene.transmission_sharpness
    if ratios.doubt is not None:
        return [_doubted("transmission_focus", name, str(ratios.doubt))]
    bounds = (limits.transmission_focus_warn, limits.transmission_focus_reject)
    message = f"{name} has {ratios.band:.0%} of the views' fine detail"
    return _judge("transmission_focus", name, ratios.band, bounds, message)


def check_motion_blur(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Warn of a view whose detail is lost in one direction: the camera moved while it exposed."""
    found = []
    for name, ratios in zip(scene.names, scene.sharpness, strict=False):
        if ratios.doubt is not None:
            continue
        ratio = min(ratios.direction, 1 / ratios.direction)
        if ratio >= limits.blur_direction:
            continue
        message = (
            f"{name} is blurred in one direction ({ratio:.2f} of the other views' detail): hold "
            "the camera still for each photo, or expose shorter"
        )
        limit = limits.blur_direction
        found.append(Finding("motion_blur", Severity.WARN, message, ratio, limit, name))
    return found


def _judge(
    code: str, name: str, ratio: float, bounds: tuple[float, float], message: str
) -> list[Finding]:
    """Compare a ratio with its limits for a warning and for a rejection, the lower of the two."""
    warn, reject = bounds
    if ratio >= warn:
        return []
    severity = Severity.REJECT if ratio < reject else Severity.WARN
    limit = reject if ratio < reject else warn
    advice = "lock the focus before the first photo and hold still"
    return [Finding(code, severity, f"{message}: {advice}", ratio, limit, name)]


def _doubted(code: str, name: str, why: str) -> Finding:
    return cannot_tell(code, f"whether {name} is in focus cannot be told: {why}", photo=name)
