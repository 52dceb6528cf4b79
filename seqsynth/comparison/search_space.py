"""Which settings of a blend are searched, and between which bounds.

What no quantity tells apart is left as it is: a ghost looks like a wider blur, and a kernel's side
like a smaller sigma.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.blend_settings import SCENE_PX, LinearSettings
from seqsynth.config import SynthesisConfig
from seqsynth.settings import check_settings, merge_tables

DIGITS = 4
"""Significant digits of a setting that is searched: as many as its file gets."""

Point = NDArray[np.float64]
"""float64 (D,), in [0, 1]: two numbers for a range, one for a number."""


@dataclass(frozen=True)
class Axis:
    """A setting that is searched.

    Attributes
    ----------
    name : key at the top of a file, or of the blend's table
    low, high : bounds
    is_range : whether it is a range, of which both ends are searched
    is_log : whether ratios count and not differences
    is_table : whether it stands in the blend's table
    """

    name: str
    low: float
    high: float
    is_range: bool = True
    is_log: bool = False
    is_table: bool = True

    @property
    def size(self) -> int:
        """Numbers of a point that it takes."""
        return 2 if self.is_range else 1

    def value(self, places: Sequence[float]) -> float | tuple[float, float]:
        """Return the setting of places in [0, 1], the smaller of two first."""
        ends = [self._at(place) for place in sorted(places)]
        return (ends[0], ends[1]) if self.is_range else ends[0]

    def places(self, value: Any) -> list[float]:
        """Return where a setting lies, clipped to the bounds."""
        ends = value if self.is_range else (value,)
        bounded = [min(max(float(end), self.low), self.high) for end in ends]
        if self.is_log:
            scale = math.log(self.high / self.low)
            return [math.log(end / self.low) / scale for end in bounded]
        return [(end - self.low) / (self.high - self.low) for end in bounded]

    def _at(self, place: float) -> float:
        if self.is_log:
            value = self.low * (self.high / self.low) ** place
        else:
            value = self.low + (self.high - self.low) * place
        # Rounding must not lead out of the bounds.
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)


STRENGTH = Axis("reflection_strength", 0.0, 1.0, is_table=False)
SIGMA = Axis("sigma_px", 0.3, 10.0, is_log=True)
GAIN = Axis("transmission_gain", 0.5, 1.4)

AXES: Mapping[str, tuple[Axis, ...]] = {
    "ceilnet": (
        STRENGTH,
        Axis("sigma", 0.3, 10.0, is_log=True, is_table=False),
        Axis("attenuation", 0.0, 3.0, is_range=False, is_table=False),
    ),
    "zhang": (STRENGTH, SIGMA, GAIN, Axis("attenuation", 0.0, 3.0)),
    "ibcln": (STRENGTH, SIGMA, GAIN, Axis("attenuation", 0.0, 3.0)),
    "dsrnet": (
        SIGMA,
        Axis("transmission_gain", 0.5, 1.0),
        Axis("reflection_gain", 0.0, 1.0),
        Axis("screen_share", 0.0, 1.0, is_range=False),
        Axis("attenuation", 0.0, 3.0, is_range=False),
    ),
    "ghosting": (
        STRENGTH,
        Axis("first_surface", 0.0, 1.0),
        Axis("attenuation", 0.0, 3.0, is_range=False),
    ),
    "linear": (
        GAIN,
        Axis("transmission_tint", 0.0, 0.3, is_range=False),
        Axis("reflection_gain", 0.0, 0.8),
        Axis("reflection_tint", 0.0, 0.5, is_range=False),
        SIGMA,
        Axis("mask_share", 0.0, 1.0, is_range=False),
        Axis("clean_share", 0.0, 0.5, is_range=False),
    ),
}
"""Blend -> what is searched."""


def axes_of(config: SynthesisConfig) -> tuple[Axis, ...]:
    """Return what is searched of a configuration's blend."""
    axes = AXES[config.blend]
    constants = config.blend_settings
    if not isinstance(constants, LinearSettings):
        return axes
    # The farther a ghost may lie, the less scene is left for the blur.
    most_px = max(1 / 3, min(SIGMA.high, (SCENE_PX - constants.ghost_shift_px) // 3))
    return tuple(
        Axis("sigma_px", SIGMA.low, most_px, is_log=True) if a is SIGMA else a for a in axes
    )


def point_of(config: SynthesisConfig) -> Point:
    """Return where a configuration stands, clipped to the bounds."""
    constants = config.blend_settings
    return np.array(
        [
            place
            for axis in axes_of(config)
            for place in axis.places(getattr(constants if axis.is_table else config, axis.name))
        ]
    )


def settings_of(config: SynthesisConfig) -> dict[str, Any]:
    """Return a configuration's own values of what is searched, as `settings_at` does."""
    constants = config.blend_settings
    return _settings(
        config,
        {a: getattr(constants if a.is_table else config, a.name) for a in axes_of(config)},
    )


def settings_at(config: SynthesisConfig, point: Sequence[float] | Point) -> dict[str, Any]:
    """Return the settings of a point, those of the blend's table as a table."""
    places = list(map(float, point))
    values = {}
    for axis in axes_of(config):
        taken, places = places[: axis.size], places[axis.size :]
        values[axis] = axis.value(taken)
    return _settings(config, values)


def config_at(config: SynthesisConfig, point: Sequence[float] | Point) -> SynthesisConfig:
    """Return a configuration with the settings of a point in place of its own."""
    values = config.model_dump(exclude_unset=True)
    return check_settings(SynthesisConfig, merge_tables(values, settings_at(config, point)))


def _settings(config: SynthesisConfig, values: Mapping[Axis, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for axis, value in values.items():
        table = settings.setdefault(f"blend_{config.blend}", {}) if axis.is_table else settings
        table[axis.name] = value
    return settings
