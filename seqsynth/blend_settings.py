"""The constants of the blends that have some: the ranges that a sequence's glass is drawn from.

The defaults are the published numbers, or those measured on real pairs (docs/blends.md states whose
each is). Lengths are in pixels of the window. `ceilnet`'s settings are the paper's own and stand in
`seqsynth.config`.
"""

import math
from typing import Annotated, Self

import pydantic
from pydantic import Field
from pydantic.config import JsonDict

from seqsynth.settings import Settings, check_order

SCENE_PX = 40
"""Pixels of scene around a reflected layer, which no blur and no ghost may reach beyond."""

_ORDERED = pydantic.AfterValidator(check_order)
_Share = Annotated[float, Field(ge=0, le=1)]
_Gain = Annotated[float, Field(ge=0, le=2)]
_Factor = Annotated[float, Field(ge=0, le=100)]
_Sigma = Annotated[float, Field(ge=0.1, le=20)]
_Shift = Annotated[int, Field(ge=0, le=SCENE_PX)]
_AS_RANGE: JsonDict = {"metavar": "LOW HIGH"}


class LinearSettings(Settings):
    """Ranges and shares of blend ``linear``; the defaults fit SIR2 and Real20 at half size.

    The channels of a real pair differ in their gain of T by some hundredths, and those of the next
    pair in other ones: over a benchmark they come to nearly one grey (docs/realism.md). So a tint
    is no colour here but how far the channels of a sequence may lie apart, drawn anew for each.
    """

    transmission_gain: Annotated[tuple[_Gain, _Gain], _ORDERED] = Field(
        (0.85, 1.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the share of T's light that the glass lets through; above 1 where "
        "the photo was exposed for longer than its truth.",
    )
    transmission_tint: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="Largest deviation of a channel's share of T's light, as a part of that share; "
        "drawn by channel.",
    )
    reflection_gain: Annotated[tuple[_Share, _Share], _ORDERED] = Field(
        (0.02, 0.35),
        json_schema_extra=_AS_RANGE,
        description="Range of the share of the reflected light that reaches the camera.",
    )
    reflection_tint: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="Largest deviation of a channel's share of the reflected light, as a part of "
        "that share; drawn by channel.",
    )
    sigma_px: Annotated[tuple[_Sigma, _Sigma], _ORDERED] = Field(
        (0.5, 6.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the blur of R in linear light, px.",
    )
    ghost_share: float = Field(
        0.2, ge=0, le=1, description="Share of sequences whose reflection is seen twice."
    )
    ghost_shift_px: _Shift = Field(
        8, description="Largest shift of the second reflection either way, px."
    )
    ghost_weight: Annotated[tuple[_Share, _Share], _ORDERED] = Field(
        (0.2, 0.5),
        json_schema_extra=_AS_RANGE,
        description="Range of the second reflection's light, as a part of the first's.",
    )
    mask_share: float = Field(
        0.3, ge=0, le=1, description="Share of sequences whose reflected scene is lit in parts."
    )
    clean_share: float = Field(
        0.05, ge=0, le=1, description="Share of sequences without reflection."
    )

    @pydantic.model_validator(mode="after")
    def _check_reach(self) -> Self:
        reach_px = math.ceil(3 * self.sigma_px[1]) + self.ghost_shift_px
        if reach_px > SCENE_PX:
            raise ValueError(
                f"three sigma_px of {self.sigma_px[1]:g} and ghost_shift_px {self.ghost_shift_px} "
                f"reach {reach_px} px, and {SCENE_PX} px of scene surround a layer: lower one"
            )
        return self


class ZhangSettings(Settings):
    """Ranges of blend ``zhang``; the defaults are those of Zhang et al.'s published code."""

    sigma_px: Annotated[tuple[_Sigma, _Sigma], _ORDERED] = Field(
        (1.0, 5.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the blur of R in linear light, px; one of 80 values evenly spaced.",
    )
    attenuation: Annotated[tuple[_Factor, _Factor], _ORDERED] = Field(
        (1.08, 1.18),
        json_schema_extra=_AS_RANGE,
        description="Range of the factor of the mean overflow that is taken from R.",
    )
    transmission_gain: Annotated[tuple[_Gain, _Gain], _ORDERED] = Field(
        (0.8, 1.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the share of T's light that the glass lets through.",
    )


class IbclnSettings(ZhangSettings):
    """Ranges of blend ``ibcln``; the defaults are those of Li et al.'s published code."""

    # That code starts the range at its batch size, a slip; the default batch is 2.
    sigma_px: Annotated[tuple[_Sigma, _Sigma], _ORDERED] = Field(
        (2.0, 5.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the blur of R in linear light, px; one of 80 values evenly spaced.",
    )


class DsrnetSettings(Settings):
    """Ranges of blend ``dsrnet``; the defaults are those of Hu and Guo's published code."""

    sigma_px: Annotated[tuple[_Sigma, _Sigma], _ORDERED] = Field(
        (2.0, 5.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the blur of R in display values, px; its kernel stays.",
    )
    transmission_gain: Annotated[tuple[_Share, _Share], _ORDERED] = Field(
        (0.8, 1.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the factor on T's display values.",
    )
    reflection_gain: Annotated[tuple[_Share, _Share], _ORDERED] = Field(
        (0.4, 1.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the factor on R's display values.",
    )
    screen_share: float = Field(
        0.7, ge=0, le=1, description="Share of sequences that are screen-blended; others are sums."
    )
    attenuation: float = Field(
        1.3, ge=0, le=100, description="Factor of the mean overflow taken from R in a sum."
    )


class GhostingSettings(Settings):
    """Ranges of blend ``ghosting``; shift and shares are Wen et al.'s, the sum is CEILNet's."""

    shift_px: Annotated[tuple[_Shift, _Shift], _ORDERED] = Field(
        (20, 39),
        json_schema_extra=_AS_RANGE,
        description="Range of the second reflection's shift down and to the right, px.",
    )
    first_surface: Annotated[tuple[_Share, _Share], _ORDERED] = Field(
        (0.5, 1.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the first reflection's share of R; the second has the rest.",
    )
    attenuation: float = Field(
        1.3, ge=0, le=100, description="Factor of the mean overflow taken from R."
    )


BlendSettings = LinearSettings | ZhangSettings | IbclnSettings | DsrnetSettings | GhostingSettings
"""The settings of any blend that has a table of its own."""
