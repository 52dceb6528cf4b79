"""How a hand-held camera moves before the glass: the ranges that a sequence's motion is drawn from.

Lengths are in distances of T's plane, angles in degrees. The defaults reproduce what was measured
on real multi-view sequences (docs/realism.md); none of it is from the paper, whose layers slide.
"""

import math
from typing import Annotated, Any

import pydantic
from pydantic import Field
from pydantic.config import JsonDict

from seqsynth.settings import Settings, check_order

_ORDERED = pydantic.AfterValidator(check_order)
_Angle = Annotated[float, Field(ge=5, le=120)]
_Slant = Annotated[float, Field(ge=0, le=80)]
_Length = Annotated[float, Field(gt=0, le=1)]
_Distance = Annotated[float, Field(ge=1, le=1000)]
_Spread = Annotated[float, Field(ge=0, le=45)]
_Factor = Annotated[float, Field(gt=0, le=10)]
_AS_RANGE: JsonDict = {"metavar": "LOW HIGH"}


class CameraSettings(Settings):
    """The ranges of motion ``camera``; a sequence draws from each, a view's step from some."""

    field_of_view: Annotated[tuple[_Angle, _Angle], _ORDERED] = Field(
        (40.0, 70.0),
        json_schema_extra=_AS_RANGE,
        description="Angle that the window's width spans, degrees.",
    )
    slant: Annotated[tuple[_Slant, _Slant], _ORDERED] = Field(
        (0.0, 19.0),
        json_schema_extra=_AS_RANGE,
        description="Angle between a layer's plane and the picture's, degrees; its direction is "
        "free.",
    )
    translation: Annotated[tuple[_Length, _Length], _ORDERED] = Field(
        (0.007, 0.035),
        json_schema_extra=_AS_RANGE,
        description="Sideways step of the camera per view, in distances of T; its logarithm is "
        "uniform.",
    )
    rise: float = Field(
        0.25, ge=0, le=10, description="Standard deviation of the step up or down, in steps aside."
    )
    approach: float = Field(
        0.85,
        ge=0,
        le=10,
        description="Standard deviation of the step to or fro, in steps aside.",
    )
    turn_back: float = Field(
        0.65,
        ge=0,
        le=1,
        description="Largest share of a step that turning towards the scene takes back.",
    )
    shake: tuple[_Spread, _Spread, _Spread] = Field(
        (1.7, 0.65, 0.75),
        json_schema_extra={"metavar": "YAW PITCH ROLL"},
        description="Standard deviations of the turn per view, degrees: yaw, pitch, roll.",
    )
    unrest: Annotated[tuple[_Factor, _Factor], _ORDERED] = Field(
        (0.45, 1.9),
        json_schema_extra=_AS_RANGE,
        description="Factor on rise, approach and shake by sequence, as one hand is steadier than "
        "another; its logarithm is uniform.",
    )
    reflection_motion: Annotated[tuple[_Length, _Length], _ORDERED] = Field(
        (0.01, 0.07),
        json_schema_extra=_AS_RANGE,
        description="Motion of R against T per view, in widths of the window; its logarithm is "
        "uniform.",
    )
    second_plane: Annotated[tuple[_Distance, _Distance], _ORDERED] = Field(
        (1.0, 1.0),
        json_schema_extra=_AS_RANGE,
        description="Distance of a second plane of T, seen beside the first behind a soft mask; "
        "1 1 is none.",
    )

    @property
    def has_parallax(self) -> bool:
        """Whether T is seen at two depths."""
        return self.second_plane[1] > 1


def horizon_share(settings: CameraSettings, window: tuple[int, int]) -> float:
    """Return how far the corner of a frame lies on the way to the horizon; from 1 on it is seen.

    Parameters
    ----------
    window : (H, W)
    """
    half_width = math.tan(math.radians(settings.field_of_view[1] / 2))
    half_diagonal = half_width * math.hypot(1, window[0] / window[1])
    return math.tan(math.radians(settings.slant[1])) * half_diagonal


CAMERA_PRESETS: dict[str, dict[str, Any]] = {
    "handheld": {},
    "parallax": {"second_plane": (1.3, 3.0)},
}
"""Settings by name: ``handheld`` is a camera moved by hand, its numbers those of real sequences;
``parallax`` shows T at two depths besides."""
