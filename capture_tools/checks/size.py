"""Size checks: all photos of a scene alike, upright alike, and large enough."""

from collections import Counter

from capture_tools.capture import CaptureGroup, Finding, Severity
from capture_tools.checks.limits import CheckLimits


def check_size(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Reject photos of different sizes: no alignment brings back what a crop took away."""
    sizes = {photo.name: tuple(sorted(photo.size)) for photo in group.photos()}
    if len(set(sizes.values())) <= 1:
        return []
    usual = Counter(sizes.values()).most_common(1)[0][0]
    odd = [name for name, size in sizes.items() if size != usual]
    found = ", ".join(f"{name} {_shown(sizes[name])}" for name in odd)
    message = (
        f"{found}, the other photos {_shown(usual)}: take the photos as the camera wrote them, "
        "neither cropped nor reduced"
    )
    value = _shown(sizes[odd[0]])
    return [Finding("size_mismatch", Severity.REJECT, message, value, _shown(usual), odd[0])]


def check_orientation(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Reject upright photos among lying ones."""
    lying = {photo.name: photo.size[1] >= photo.size[0] for photo in group.photos()}
    if len(set(lying.values())) <= 1:
        return []
    usual = sum(lying.values()) * 2 >= len(lying)
    odd = [name for name, lies in lying.items() if lies is not usual]
    kinds = ("lying", "upright") if usual else ("upright", "lying")
    message = (
        f"{', '.join(odd)}: {kinds[1]}, the other photos {kinds[0]}; turn all alike "
        "(cameras guess when they point up or down)"
    )
    return [Finding("orientation", Severity.REJECT, message, kinds[1], kinds[0], odd[0])]


def check_small(group: CaptureGroup, limits: CheckLimits) -> list[Finding]:
    """Warn of photos below the paper's size; they are used as they are, never enlarged."""
    wanted = (limits.short_side_px, limits.long_side_px)
    small = [
        photo
        for photo in group.photos()
        if min(photo.size) < wanted[0] or max(photo.size) < wanted[1]
    ]
    if not small:
        return []
    size = tuple(sorted(small[0].size))
    message = (
        f"{len(small)} photos are smaller than {_shown(wanted)} ({small[0].name}: {_shown(size)}): "
        "they are used at their own size, never enlarged"
    )
    return [Finding("small_size", Severity.WARN, message, _shown(size), _shown(wanted))]


def _shown(size: tuple[int, ...]) -> str:
    """Write (short, long) as people say it."""
    return f"{size[1]}x{size[0]}"
