"""Light checks: gain, darker places, the amount of reflection, clipping and the light level."""

from capture_tools.capture import Doubt, Finding, Severity, cannot_tell
from capture_tools.checks.limits import CheckLimits
from capture_tools.measuring.measurement import SceneMeasurement


def check_gain(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Warn of a transmission photo much brighter or darker than in the view; never rejects."""
    gain, doubt = scene.gain, scene.light_doubt(scene.centre)
    if doubt is not None or gain.grey is None:
        return [cannot_tell("gain", f"the gain cannot be told: {doubt}")]
    bounds = (limits.gain_min, limits.gain_max)
    if bounds[0] <= gain.grey <= bounds[1]:
        return []
    message = (
        f"the centre view holds {gain.grey:.2f} times the transmission (usual: {bounds[0]:g} to "
        f"{bounds[1]:g}): lock the exposure for both photos, or match the gain afterwards"
    )
    return [Finding("gain", Severity.WARN, message, gain.grey, bounds)]


def check_gain_colour(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Warn of a gain that differs between the channels."""
    spread = scene.gain.channel_spread
    if spread is None or scene.gain.channels is None or scene.light_doubt(scene.centre):
        return []
    if spread <= limits.gain_spread:
        return []
    red, green, blue = scene.gain.channels
    message = (
        f"the gain is {red:.2f} in red, {green:.2f} in green, {blue:.2f} in blue: lock the white "
        "balance; a tinted pane does the same"
    )
    return [Finding("gain_colour", Severity.WARN, message, spread, limits.gain_spread)]


def check_gain_drift(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Warn of views exposed differently, whatever their EXIF says."""
    known = {
        scene.names[view]: gain.grey
        for view, gain in enumerate(scene.gains)
        if gain.grey is not None and scene.light_doubt(view) is None
    }
    if len(known) < 2:
        return []
    low, high = min(known, key=lambda name: known[name]), max(known, key=lambda name: known[name])
    drift = known[high] / known[low] - 1
    if drift <= limits.gain_drift:
        return []
    message = (
        f"{high} is {drift:.0%} brighter than {low}: lock the exposure before the first photo, and "
        "wait for steady light"
    )
    return [Finding("gain_drift", Severity.WARN, message, drift, limits.gain_drift)]


def check_darker(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Judge where the view is darker than the transmission, though glass only adds light."""
    code = "darker_than_transmission"
    share, doubt = scene.darker_share, _doubt(scene)
    if share is None or doubt is not None:
        return [cannot_tell(code, f"whether glass only adds light cannot be told: {doubt}")]
    message = (
        f"{share:.1%} of the centre view is darker than the transmission after the gain: something "
        "moved, the light changed, or a photo is out of focus; shoot both within seconds"
    )
    # An unusual gain means another exposure or tone curve, and then darker pixels prove nothing.
    calibrated = limits.gain_min <= (scene.gain.grey or 0) <= limits.gain_max
    gravest = Severity.REJECT if calibrated else Severity.WARN
    for severity, limit in (
        (gravest, limits.darker_reject),
        (Severity.WARN, limits.darker_warn),
    ):
        if share > limit:
            return [Finding(code, severity, message, share, limit)]
    return []


def check_reflection_amount(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Warn of a scene without a visible reflection; it rejects only where limits say so."""
    code = "reflection_amount"
    comparison, doubt = scene.comparison, _doubt(scene)
    if comparison is None or doubt is not None:
        return [cannot_tell(code, f"whether there is a reflection cannot be told: {doubt}")]
    ratio, area = comparison.reflection_ratio, comparison.reflection_area
    if ratio >= limits.reflection_min or area >= limits.reflection_area_min:
        return []
    message = (
        f"no visible reflection ({ratio:.1%} of the transmission, on {area:.1%} of the area): turn "
        "the glass towards something bright, or move behind it"
    )
    severity = Severity.REJECT if limits.reflection_reject else Severity.WARN
    return [Finding(code, severity, message, ratio, limits.reflection_min)]


def check_clipping(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Judge the share of each photo that is white in some channel."""
    found = []
    for name, share in zip(scene.names, scene.clipped_shares, strict=True):
        if share <= limits.clipping_warn:
            continue
        severe = share > limits.clipping_reject
        limit = limits.clipping_reject if severe else limits.clipping_warn
        message = f"{share:.0%} of {name} is clipped to white: expose less, all photos alike"
        severity = Severity.REJECT if severe else Severity.WARN
        found.append(Finding("clipping", severity, message, share, limit, name))
    return found


def check_clipped_transmission(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Warn of a transmission photo that is white where the view is not: its truth is lost."""
    share, limit = scene.clipped_transmission, limits.transmission_clipping_warn
    if share <= limit or scene.alignment.transmission.doubt is not None:
        return []
    name = scene.names[-1]
    message = (
        f"{share:.1%} of {name} is clipped where the centre view is not: it got more exposure; "
        "lock the exposure on the photo without glass, which is the brighter one"
    )
    return [Finding("clipped_transmission", Severity.WARN, message, share, limit, name)]


def check_light_level(scene: SceneMeasurement, limits: CheckLimits) -> list[Finding]:
    """Label low light, which the paper wants too, and say what it hides."""
    level, limit = scene.mean_grey, limits.low_light_level
    if level >= limit:
        return []
    hidden = "; noise hides most of what is checked" if scene.dark else ""
    message = f"low light: mean grey {level:.0f} of 255{hidden}"
    return [Finding("low_light", Severity.NOTE, message, level, limit)]


def _doubt(scene: SceneMeasurement) -> Doubt | None:
    """Return why the centre view cannot be compared with the transmission photo, if so."""
    doubt = scene.light_doubt(scene.centre)
    return doubt or (scene.comparison.doubt if scene.comparison else Doubt.TOO_CLIPPED)
