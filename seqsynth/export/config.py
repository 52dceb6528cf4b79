"""What an export is made of: the layout, and which sequences, views and pictures go into it."""

from typing import Any, Literal, Self

import pydantic
from pydantic import Field

from seqsynth.config import DEFAULT_SHARD_SIZE, ShardSize
from seqsynth.settings import Settings
from seqsynth.shards.selection import parse_condition

ExportLayout = Literal[
    "errnet", "dsrnet", "ibcln", "ceilnet", "bdn", "folders", "webdataset", "hf", "views"
]

POOL_LAYOUTS = ("errnet", "dsrnet", "ibcln")
"""Layouts of loaders that also blend photos themselves."""

SHARDED_LAYOUTS = ("webdataset", "hf", "views")
"""Layouts of few large files."""


class ExportConfig(Settings):
    """Everything that determines the content of an export, the shards apart."""

    to: ExportLayout = Field(description="The layout; docs/export.md describes each.")
    views: Literal["centre", "all"] = Field(
        "centre", description="The centre view of each sequence, or every view."
    )
    split: tuple[Literal["train", "val", "test"], ...] = Field(
        (), description="Split to export, may be repeated; default all."
    )
    where: tuple[str, ...] = Field(
        (),
        json_schema_extra={"metavar": "CONDITION"},
        description="Export only sequences for which this holds, like 'sigma>=3' or "
        "'source~2008_'; may be repeated, then all must hold.",
    )
    limit: int | None = Field(None, ge=1, description="Export at most so many sequences.")
    format: Literal["png", "jpg", "npy"] = Field(
        "png", description="Pictures as png (lossless), jpg (lossy) or npy (webdataset alone)."
    )
    quality: int = Field(95, ge=1, le=100, description="Quality of format jpg.")
    training: Literal["both", "pool", "pairs"] = Field(
        "both",
        description="errnet, dsrnet, ibcln: give synthetic training sequences as photos "
        "for the loader to blend itself, as blended pairs, or both.",
    )
    pool_reflections: bool = Field(
        False,
        description="errnet, dsrnet: put the (blurred) reflections into the pool, too, "
        "where the loader takes its reflections from: its second half.",
    )
    shard_size: ShardSize = Field(
        DEFAULT_SHARD_SIZE,
        description="webdataset, hf, views: largest file, in bytes of the pixels in it.",
    )

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        for text in self.where:
            parse_condition(text)
        self._check_format()
        defaults = type(self).model_fields
        for names, users in _USERS:
            for name in names:
                if self.to not in users and getattr(self, name) != defaults[name].default:
                    raise ValueError(
                        f"{name} means nothing to layout {self.to}; it is for {', '.join(users)}"
                    )
        if self.pool_reflections and self.training == "pairs":
            raise ValueError("pool_reflections wants a pool, but training is pairs")
        return self

    def _check_format(self) -> None:
        if self.format == "npy" and self.to != "webdataset":
            raise ValueError(f"format npy is for layout webdataset, not {self.to}; use png")
        if self.format == "jpg" and self.to in ("ceilnet", "views"):
            reason = {
                "ceilnet": "its loader looks for -input.png",
                "views": "it holds plain arrays",
            }[self.to]
            raise ValueError(f"format jpg is nothing for layout {self.to}: {reason}; use png")
        if self.quality != type(self).model_fields["quality"].default and self.format != "jpg":
            raise ValueError(f"quality is for format jpg; format is {self.format}")

    def resolved(self) -> dict[str, Any]:
        """Return the configuration in JSON types, as the manifest stores it."""
        return self.model_dump(mode="json")


_USERS = (
    (("training",), POOL_LAYOUTS),
    (("pool_reflections",), ("errnet", "dsrnet")),
    (("shard_size",), SHARDED_LAYOUTS),
)
"""Settings, and the layouts they mean something to."""
