"""Settings of capture ingestion: what determines a captured shard set, the photos apart."""

import dataclasses
from fractions import Fraction
from typing import Annotated, Any, Self

import pydantic
from pydantic import Field

from capture_tools import CaptureError, CheckLimits, default_roles
from capture_tools.scenes import Framing, Roles, parse_roles
from seqsynth.config import Bytes, Compression
from seqsynth.settings import Settings

Side = Annotated[int, Field(ge=64, le=20000)]
Share = Annotated[int, Field(ge=0, le=10**6)]


class CaptureConfig(Settings):
    """How scenes are read, judged, framed and divided (paper 4.1)."""

    seed: int = Field(0, ge=0, lt=2**64, description="Seed of the division into train and test.")
    views: int = Field(3, ge=2, le=99, description="Views of a scene (N, paper 3.1).")
    roles: str = Field(
        "",
        description="File names of the views in shooting order and of the transmission, like "
        "'left|middle|right|clean'; default before|centre|after|transmission, view_0..2|t, "
        "1..3|gt.",
    )
    size: tuple[Side, Side] = Field(
        (1760, 1160), description="Long and short side photos are brought to, px (paper 4.1)."
    )
    keep_size: bool = Field(False, description="Cut to the common frame and do not resize.")
    match_gain: bool = Field(
        False, description="Bring the transmission photo to the centre view's exposure."
    )
    without_transmission: bool = Field(
        False,
        description="Take scenes that lack only their transmission photo, too: their views alone, "
        "for training.",
    )
    val_fraction: float = Field(
        0.0, ge=0, lt=1, description="Share of the training scenes held out for validation."
    )
    division: tuple[Share, Share] = Field(
        (715, 300), description="Proportion of training to test scenes (paper 4.1)."
    )
    compression: Compression = Field("none", description="none, gzip, or zstd (extra zstd).")
    shard_size: Bytes = Field(
        512 * 2**20,
        ge=1,
        json_schema_extra={"metavar": "SIZE", "as_text": True, "shown_default": "512MB"},
        description="Largest shard, like 512MB.",
    )
    limits: dict[str, float | bool] = Field(
        {}, description="Limits of the checks that differ from the defaults, a table [limits]."
    )

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        known = {field.name for field in dataclasses.fields(CheckLimits)}
        unknown = sorted(self.limits.keys() - known)
        if unknown:
            raise ValueError(
                f"unknown limits {', '.join(unknown)}; known limits: {', '.join(sorted(known))}"
            )
        if sum(self.division) == 0:
            raise ValueError("division 0 0 leaves nothing; write it like 715 300")
        # Each refuses what it cannot use, in one sentence.
        _ = self.check_limits, self.scene_roles, self.framing
        return self

    @property
    def check_limits(self) -> CheckLimits:
        """The limits of every check."""
        return CheckLimits(**self.limits)  # type: ignore[arg-type]  # checked by CheckLimits

    @property
    def scene_roles(self) -> Roles:
        """Which file of a scene is which."""
        roles = parse_roles(self.roles) if self.roles else default_roles(self.views)
        if len(roles.views) != self.views and "views" in self.model_fields_set:
            raise CaptureError(
                f"roles {self.roles!r} name {len(roles.views)} views, not {self.views}"
            )
        return roles

    @property
    def framing(self) -> Framing:
        """How accepted scenes are cut and resized."""
        return Framing(self.size, self.keep_size)

    @property
    def test_fraction(self) -> Fraction:
        """Share of the scenes that is for testing."""
        return Fraction(self.division[1], sum(self.division))

    def resolved(self) -> dict[str, Any]:
        """Return the configuration as the index stores it, every limit spelled out."""
        roles = self.scene_roles
        # Both are younger than the sets they are not in.
        young = {
            name for name in ("without_transmission", "val_fraction") if not getattr(self, name)
        }
        return {
            **self.model_dump(mode="json", exclude=young),
            "views": len(roles.views),
            "roles": list(roles.names),
            "limits": dataclasses.asdict(self.check_limits),
        }
