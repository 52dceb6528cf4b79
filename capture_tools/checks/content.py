"""Content checks: things that moved, the reflection's own motion, and photos used twice."""

from collections import defaultdict

from capture_tools.capture import Doubt, Finding, Severity, cannot_tell
from capture_tools.checks.limits import CheckLimits
from capture_tools.measuring.measurement import SceneMeasurement


def check_moving_objects(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Judge places darker than the transmission allows; brighter ones are taken for reflection."""
    return [
        finding
        for view in range(len(scene.movers))
        for finding in _judge_movers(scene, view, limits)
    ]


def check_reflection_motion(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Say where the reflection's own motion could not be told; it is no reason to reject."""
    found = []
    for view, motion in enumerate(scene.reflection_motions):
        if view == scene.centre:
            continue
        doubt = scene.light_doubt(view) or scene.light_doubt(scene.centre)
        if motion is not None and doubt is None:
            doubt = motion.doubt
        if doubt is not None:
            message = f"how the reflection moves to {scene.names[view]} cannot be told: {doubt}"
            found.append(cannot_tell("reflection_motion", message, photo=scene.names[view]))
    return found


def check_repeated_files(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Reject a scene in which one file plays two roles."""
    by_sum = defaultdict(list)
    for name, sha256 in zip(scene.names, scene.sha256, strict=True):
        by_sum[sha256].append(name)
    return [
        Finding(
            "duplicate",
            Severity.REJECT,
            f"{' and '.join(names)} are the same file: put each photo in once",
            len(names),
            1,
            names[1],
        )
        for names in by_sum.values()
        if len(names) > 1
    ]


def _judge_movers(scene: SceneMeasurement, view: int, limits: CheckLimits) -> list[Finding]:
    code, name, movers = "moving_object", scene.names[view], scene.movers[view]
    registration = scene.alignment.views[view]
    doubt = scene.light_doubt(view) if movers is None else movers.doubt
    if registration.agreement is None or registration.agreement < limits.mover_agreement:
        doubt = registration.doubt or Doubt.NOT_ALIGNED
    if movers is None or doubt is not None:
        message = f"whether something moved in {name} cannot be told: {doubt}"
        return [cannot_tell(code, message, photo=name)]
    share = movers.largest_share
    if share <= limits.mover_warn:
        return []
    severe = share > limits.mover_reject
    limit = limits.mover_reject if severe else limits.mover_warn
    message = (
        f"something in {name} covers {share:.2%} of the picture and is not in the transmission "
        f"photo{_place(movers.box_px)}: wait until nothing moves"
    )
    severity = Severity.REJECT if severe else Severity.WARN
    return [Finding(code, severity, message, share, limit, name)]


def _place(box_px: tuple[int, int, int, int] | None) -> str:
    if box_px is None:
        return ""
    left, top, width, height = box_px
    return f" ({width}x{height} px at column {left}, row {top})"
