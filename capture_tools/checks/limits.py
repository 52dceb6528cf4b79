"""Limits of the checks, each with its reason; every field is a key of the configuration file.

The numbers of paper 4.1 are its camera settings and its picture size. The others come from
measurements on drawn scenes with known truth and on published pairs of blended and transmission
photos; where there was nothing to measure they are a judgement, and say so.
"""

import math
from dataclasses import dataclass, fields

from capture_tools.capture import CaptureError

ORDERED = (
    ("iso_min", "iso_max"),
    ("aperture_min", "aperture_max"),
    ("motion_reject_min", "motion_warn_min"),
    ("motion_warn_min", "motion_warn_max"),
    ("motion_warn_max", "motion_reject_max"),
    ("transmission_residual_warn_px", "transmission_residual_reject_px"),
    ("gain_min", "gain_max"),
    ("darker_warn", "darker_reject"),
    ("mover_warn", "mover_reject"),
    ("focus_reject", "focus_warn"),
    ("transmission_focus_reject", "transmission_focus_warn"),
    ("clipping_warn", "clipping_reject"),
    ("duplicate_bits", "duplicate_candidate_bits"),
)
"""Pairs of limits of which the first may not be above the second."""


@dataclass(frozen=True)
class CheckLimits:
    """Limits of every check; lengths in pixels are working pixels (photos about 880 wide).

    Shares and ratios are fractions of 1, never percents.
    """

    long_side_px: int = 1760
    """Paper 4.1: pictures of 1760x1160. Smaller photos are warned of, never rejected."""
    short_side_px: int = 1160

    iso_min: int = 100
    """Paper 4.1: ISO 100-3200."""
    iso_max: int = 3200
    aperture_min: float = 4.0
    """Paper 4.1: f/4.0 - f/16. Phones open wider without losing depth, so it is a warning."""
    aperture_max: float = 16.0
    drift_stops: float = 0.17
    """Half of the third of a stop by which cameras step: below is rounding, above a change."""
    focal_drift: float = 0.01
    """Zooming by 1 % moves the corners of a photo 880 wide by 5 px (a judgement)."""
    pause_s: float = 600.0
    """Daylight changes within minutes (a judgement)."""

    transmission_shift_warn_px: float = 0.25
    """Full-size pixels. Below it, resampling is not worth its blur; a third of Real20 is above."""
    transmission_shift_reject: float = 0.02
    """Share of the width: the tripod was moved, or it is the transmission of another view."""
    transmission_belongs: float = 0.25
    """Share of its way to the centre view: nearer to another view, it is that one's (a
    judgement)."""
    transmission_residual_warn_px: float = 0.35
    """What is left after alignment; the measuring floor is .10-.14."""
    transmission_residual_reject_px: float = 1.0
    agreement_reject: float = 0.2
    """Share of textured patches that agree: sound alignments in normal light are above .3."""
    patches_min: int = 30
    """With fewer textured patches alignment cannot be told."""

    motion_warn_min: float = 0.001
    """Share of the width the camera moves from the centre to the next view: with less, the
    reflection hardly moves against the transmission."""
    motion_warn_max: float = 0.05
    """Alignment from standing finds motions to 4 %; walks between shots measure 3-20 %."""
    motion_reject_min: float = 0.0003
    """Measuring accuracy is .00005: below this it is the same photo again."""
    motion_reject_max: float = 0.10
    motion_turn_deg: float = 90.0
    """A step that turns back by more is no slow motion along one path (a judgement)."""
    parallax_warn_px: float = 1.0
    """What a plane's motion leaves over in a scene with depth: natural, so never rejected."""

    gain_min: float = 0.75
    """Published pairs range from .72 to 1.22 (tenth and ninetieth percentile): a warning only."""
    gain_max: float = 1.15
    gain_drift: float = 0.12
    """Change of the gain from view to view: about a sixth of a stop (a judgement)."""
    gain_spread: float = 0.10
    """Spread over the channels; a tinted pane or another white balance (published: .07-.13)."""
    darker_warn: float = 0.01
    """Share of the area where a view is darker than gain times transmission; 0 if drawn."""
    darker_reject: float = 0.05
    reflection_min: float = 0.015
    """Mean of the reflection over that of the transmission; scenes without one read .002-.008."""
    reflection_area_min: float = 0.01
    reflection_reject: bool = False
    """Whether a scene without visible reflection is rejected; weak ones are wanted data."""

    mover_warn: float = 0.0004
    """Share of the area of one object darker than what it covers (200 of 880x580 px): false on
    1 % of published pairs."""
    mover_reject: float = 0.005
    mover_agreement: float = 0.5
    """Below this agreement a bad alignment looks like a moving object."""

    focus_warn: float = 0.7
    """Sharpness of a view over that of the others; equally sharp ones lie within .92-1.08."""
    focus_reject: float = 0.35
    """A defocus of 1 px or a blur of 5 px at the working size."""
    transmission_focus_warn: float = 0.75
    """Fine over coarse detail of the transmission against the views: .97-1.2 when equally sharp."""
    transmission_focus_reject: float = 0.5
    blur_direction: float = 0.75
    """Detail along over detail across, against the other views: motion blur, not defocus."""

    clipping_warn: float = 0.10
    """Share of pixels with a channel at white; 95 % of everyday photos are below .12."""
    clipping_reject: float = 0.30
    transmission_clipping_warn: float = 0.01
    """Share clipped in the transmission alone, where the blended view is not (a judgement)."""
    low_light_level: float = 50.0
    """Mean grey of 255 below which a scene is called low light: a label, wanted by the paper."""

    duplicate_bits: int = 56
    """Of 255 hash bits; the closest of 612,171 unrelated pairs differed in 64."""
    duplicate_candidate_bits: int = 72
    """Up to here two scenes are compared by aligning them."""
    duplicate_agreement: float = 0.3
    duplicate_reject: bool = False
    """Whether near-duplicates are rejected; kept, they stay on one side of the split."""

    def __post_init__(self) -> None:
        """Refuse limits that contradict each other, all faults in one sentence."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        faults = [
            f"{name} = {value} is not a number of 0 or more"
            for name, value in values.items()
            if not (math.isfinite(value) and value >= 0)
        ]
        faults += [
            f"{low} = {values[low]} is above {high} = {values[high]}"
            for low, high in ORDERED
            if values[low] > values[high]
        ]
        if faults:
            raise CaptureError("limits contradict: " + "; ".join(faults))
