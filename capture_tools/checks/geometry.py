"""Geometry checks: how the transmission lies on the centre view, how the camera moved between."""

import itertools
import math

from capture_tools.capture import Doubt, Finding, Severity, cannot_tell
from capture_tools.checks.limits import CheckLimits
from capture_tools.measuring.measurement import UNALIGNED, SceneMeasurement
from capture_tools.registration.warp import Registration


def check_transmission_shift(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Say how far the transmission photo lay from the centre view before it was aligned."""
    registration = scene.alignment.transmission
    name = scene.names[-1]
    if registration.doubt is not None:
        message = f"how far {name} lies from the centre view cannot be told: {registration.doubt}"
        return [cannot_tell("transmission_shift", message, severity=Severity.WARN, photo=name)]
    shift = registration.mean_shift_px
    farthest = limits.transmission_shift_reject * scene.size[1]
    if shift > farthest:
        message = (
            f"{name} lies {shift:.1f} px from the centre view (limit {farthest:.0f} px): was it "
            "taken from the place of the centre view? shoot both from a tripod"
        )
        return [
            Finding("transmission_shift", Severity.REJECT, message, shift, farthest, photo=name)
        ]
    limit = limits.transmission_shift_warn_px
    if shift <= limit:
        return []
    message = (
        f"{name} lies {shift:.2f} px from the centre view: it is aligned before use; touch the "
        "camera less when the glass is removed (remote or self-timer)"
    )
    return [Finding("transmission_shift", Severity.WARN, message, shift, limit, photo=name)]


def check_transmission_view(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Reject a transmission photo that was taken where another view than the centre was."""
    own = scene.alignment.transmission
    if own.doubt is not None or own.mean_shift_px <= limits.transmission_shift_warn_px:
        return []
    shifts = {
        scene.names[view]: registration.mean_shift_px
        for view, registration in enumerate(scene.alignment.views)
        if view != scene.centre and registration.doubt is None
    }
    nearest = min(shifts, key=lambda name: shifts[name], default=None)
    limit = limits.transmission_belongs * own.mean_shift_px
    if nearest is None or shifts[nearest] >= limit:
        return []
    name, shift = scene.names[-1], shifts[nearest]
    message = (
        f"{name} lies {shift:.1f} px from {nearest} and {own.mean_shift_px:.1f} px from the centre "
        "view: it is the transmission of another view; look at the names"
    )
    return [Finding("transmission_view", Severity.REJECT, message, shift, limit, name)]


def check_transmission_residual(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Judge what the alignment of the transmission photo left over, and whether it succeeded."""
    registration = scene.alignment.transmission
    code, name = "transmission_residual", scene.names[-1]
    if _apart(registration, scene, limits):
        message = (
            f"{name} cannot be brought onto the centre view ({_agreement(registration)} of the "
            "textured patches agree): is it the transmission of this view, with nothing moved?"
        )
        value, limit = registration.agreement or 0.0, limits.agreement_reject
        return [Finding(code, Severity.REJECT, message, value, limit, photo=name)]
    residual = registration.residual_px
    if registration.doubt is not None or residual is None or _few_patches(registration, limits):
        why = registration.doubt or Doubt.LITTLE_TEXTURE
        message = f"whether {name} lies on the centre view cannot be told ({why}): look at it"
        return [cannot_tell(code, message, severity=Severity.WARN, photo=name)]
    for severity, working_px in (
        (Severity.REJECT, limits.transmission_residual_reject_px),
        (Severity.WARN, limits.transmission_residual_warn_px),
    ):
        limit = working_px * scene.factor
        if residual > limit:
            message = (
                f"{name} still misses the centre view by {residual:.2f} px after alignment (limit "
                f"{limit:.2f} px): keep camera and scene still between the two photos"
            )
            return [Finding(code, severity, message, residual, limit, photo=name)]
    return []


def check_camera_motion(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Judge how far the camera moved from view to view: enough to tell layers apart, not more."""
    return [
        finding
        for view in range(len(scene.gains))
        if view != scene.centre
        for finding in _judge_motion(scene, view, limits)
    ]


def check_motion_direction(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Warn of a camera that turned back: the views are not those of one slow motion."""
    motions = scene.alignment.motions
    if any(motion.doubt is not None for motion in motions):
        return []
    steps = [
        (second.dx_px - first.dx_px, second.dy_px - first.dy_px)
        for first, second in itertools.pairwise(motions)
    ]
    least = limits.motion_warn_min * scene.size[1]
    if any(math.hypot(*step) < least for step in steps):
        return []
    turns = [_angle_deg(first, second) for first, second in itertools.pairwise(steps)]
    worst = max(turns, default=0.0)
    if worst <= limits.motion_turn_deg:
        return []
    message = (
        f"the camera turns back by {worst:.0f} degrees between the views: move it one way, and "
        "name the views in shooting order"
    )
    return [Finding("motion_direction", Severity.WARN, message, worst, limits.motion_turn_deg)]


def check_parallax(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Note a scene with depth, whose views no single plane's motion brings together."""
    limit = limits.parallax_warn_px * scene.factor
    found = []
    for view, registration in enumerate(scene.alignment.views):
        residual = registration.residual_px
        if view == scene.centre or registration.doubt is not None or residual is None:
            continue
        if residual > limit:
            message = (
                f"{scene.names[view]} differs from the transmission by {residual:.1f} px after the "
                "best plane's motion: the scene has depth, which is natural"
            )
            found.append(
                Finding("parallax", Severity.NOTE, message, residual, limit, scene.names[view])
            )
    return found


def _judge_motion(scene: SceneMeasurement, view: int, limits: CheckLimits) -> list[Finding]:
    """Judge the motion of one view against the centre, for each step between them."""
    motion, name = scene.alignment.motions[view], scene.names[view]
    code = "camera_motion"
    if _apart(scene.alignment.views[view], scene, limits):
        message = (
            f"{name} cannot be brought onto the transmission photo: too much motion, depth or "
            "change; move the camera less between the views"
        )
        value = scene.alignment.views[view].agreement or 0.0
        return [Finding(code, Severity.REJECT, message, value, limits.agreement_reject, name)]
    if motion.doubt is not None:
        message = f"the camera's motion to {name} cannot be told: {motion.doubt}"
        return [cannot_tell(code, message, severity=Severity.WARN, photo=name)]
    share = motion.share_of_width / abs(view - scene.centre)
    bounds = (limits.motion_warn_min, limits.motion_warn_max)
    if bounds[0] <= share <= bounds[1]:
        return []
    too_far = not limits.motion_reject_min <= share <= limits.motion_reject_max
    amount, advice = (
        ("hardly moves", "move it by about a hundredth of the distance to the scene")
        if share < bounds[0]
        else ("moves far", "move it less: neighbouring views should look alike at a glance")
    )
    message = (
        f"the camera {amount} to {name}: {motion.mean_px:.1f} px, {share:.2%} of the width a step "
        f"(wanted {bounds[0]:.2%} to {bounds[1]:.0%}); {advice}"
    )
    severity = Severity.REJECT if too_far else Severity.WARN
    return [Finding(code, severity, message, share, bounds, name)]


def _apart(registration: Registration, scene: SceneMeasurement, limits: CheckLimits) -> bool:
    """Tell whether two photos show different things; in the dark nothing tells."""
    if scene.dark:
        return False
    agreement = registration.agreement
    if agreement is None or _few_patches(registration, limits):
        return registration.doubt in UNALIGNED
    return agreement < limits.agreement_reject


def _few_patches(registration: Registration, limits: CheckLimits) -> bool:
    return registration.agreement is not None and registration.patches < limits.patches_min


def _agreement(registration: Registration) -> str:
    return "none" if registration.agreement is None else f"{registration.agreement:.0%}"


def _angle_deg(first: tuple[float, float], second: tuple[float, float]) -> float:
    turn = math.atan2(second[1], second[0]) - math.atan2(first[1], first[0])
    return abs(math.degrees(math.remainder(turn, math.tau)))
