"""What a synthetic shard set is made of (`SynthesisConfig`) and how the work is run (`RunConfig`).

Only the first determines content: it alone enters the index and its fingerprint. Defaults are the
paper's numbers (section 4.2) or, where the paper is silent, the decision stated beside them.
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import pydantic
from pydantic import Field
from pydantic.config import JsonDict

from seqsynth.blend_settings import (
    BlendSettings,
    DsrnetSettings,
    GhostingSettings,
    IbclnSettings,
    LinearSettings,
    ZhangSettings,
)
from seqsynth.camera import CAMERA_PRESETS, CameraSettings, horizon_share
from seqsynth.errors import ConfigError
from seqsynth.files import canonical_sha256
from seqsynth.settings import (
    Settings,
    check_order,
    check_settings,
    merge_tables,
    read_toml,
    toml_text,
)

log = logging.getLogger(__name__)

BlendName = Literal["ceilnet", "zhang", "ibcln", "dsrnet", "ghosting", "linear"]
RuleName = Literal["dim-reflection", "dark-reflection", "flat-reflection", "dark-transmission"]

CEILNET_SETTINGS = ("sigma", "kernel", "attenuation", "border", "overflow")
"""Settings that no other blend uses: those draw their own blur and never lower R."""
BLEND_TABLES = tuple(f"blend_{name}" for name in get_args(BlendName)[1:])
"""Settings that are the table of one blend; a TOML file calls them ``[blend.NAME]``."""
SUM_BLENDS = ("ceilnet", "ghosting")
"""Blends whose I is the sum of T and of R, which is lowered by whole levels."""
VIGNETTED_BLENDS = ("zhang", "ibcln")
"""Blends whose R darkens towards the sides of the frame."""
SLIDE_SETTINGS = ("transmission_step", "reflection_step", "direction")
"""Settings of windows that slide, which a camera has no use for."""

Layout = Literal["layers", "views"]
Compression = Literal["none", "gzip", "zstd"]

_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([kMGT]?)i?B?\s*$", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def parse_bytes(text: Any) -> Any:
    """Turn "512MB" (binary units) into a number of bytes; pass anything but text through."""
    if not isinstance(text, str):
        return text
    match = _SIZE.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no size; write it like 512MB or 2GB")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def parse_window(value: Any) -> Any:
    """Turn 224, "224" or "240x320" (height x width) into a pair."""
    if isinstance(value, str):
        parts = value.lower().split("x")
        if len(parts) > 2 or not all(part.strip().isdigit() for part in parts):
            raise ValueError(f"{value!r} is no window; write 224 or 240x320 (height x width)")
        value = tuple(int(part) for part in parts)
        value = value[0] if len(value) == 1 else value
    return (value, value) if isinstance(value, int) else value


def check_odd(side: int) -> int:
    """Return an odd side, which has a centre."""
    if side % 2 == 0:
        raise ValueError("it must be odd, so that it has a centre")
    return side


Bytes = Annotated[int, pydantic.BeforeValidator(parse_bytes)]
Side = Annotated[int, Field(ge=8, le=8192)]
Window = Annotated[tuple[Side, Side], pydantic.BeforeValidator(parse_window)]
Pixels = Annotated[int, Field(ge=0, le=1000)]
Step = Annotated[tuple[Pixels, Pixels], pydantic.AfterValidator(check_order)]
Spread = Annotated[float, Field(gt=0, le=100)]
Spreads = Annotated[tuple[Spread, Spread], pydantic.AfterValidator(check_order)]
Share = Annotated[float, Field(ge=0, le=1)]
Shares = Annotated[tuple[Share, Share], pydantic.AfterValidator(check_order)]
_AS_SIZE: JsonDict = {"metavar": "SIZE", "as_text": True}
Bits = Annotated[int, Field(ge=9, le=16)]
DEFAULT_SHARD_SIZE = 128 * 2**20
ShardSize = Annotated[Bytes, Field(ge=1, json_schema_extra={**_AS_SIZE, "shown_default": "128MB"})]
_AS_WINDOW: JsonDict = {"metavar": "SIDE|HxW", "as_text": True, "shown_default": "224"}
_AS_RANGE: JsonDict = {"metavar": "LOW HIGH"}


class SynthesisConfig(Settings):
    """Everything that determines the content of a synthetic shard set."""

    seed: int = Field(0, ge=0, lt=2**64, description="Seed of every draw.")
    image_set: str = Field(
        "",
        description="VOC list: train, val, trainval, all, another by its name (dog_train: photos "
        "that show a dog), or a file of image ids; default train, or all where the folder has no "
        "lists.",
    )
    sequences: int | None = Field(
        None,
        ge=1,
        le=1_000_000_000,
        description="Sequences written, validation included; default one per transmission image.",
    )
    val_fraction: float = Field(
        0.05, ge=0, le=0.5, description="Share of images and sequences held back for validation."
    )
    scale: float = Field(1.0, gt=0, le=1, description="Shrink the photos by this factor first.")
    bits: Bits = Field(
        16, description="Bits that the data of 16-bit files use; fewer are scaled to 16."
    )
    views: int = Field(3, ge=1, le=99, description="Views of a sequence (N, paper 3.1).")
    window: Window = Field(
        (224, 224), json_schema_extra=_AS_WINDOW, description="Window in pixels, one side or HxW."
    )
    motion: Literal["slide", "camera"] = Field(
        "slide",
        description="Windows slide over flat photos (paper 4.2), or a camera moves before them.",
    )
    camera: CameraSettings = Field(
        CameraSettings(), description="How the camera moves where motion is camera."
    )
    transmission_step: Step = Field(
        (0, 2),
        json_schema_extra=_AS_RANGE,
        description="Least and largest step of T per view and axis, px (paper 4.2).",
    )
    reflection_step: Step = Field(
        (10, 20),
        json_schema_extra=_AS_RANGE,
        description="Least and largest step of R per view and axis, px (paper 4.2).",
    )
    direction: Literal["forward", "random"] = Field(
        "forward", description="Steps all positive, or a sign per axis, layer and sequence."
    )
    blend: BlendName = Field(
        "ceilnet",
        description="Blend model; the paper's is ceilnet. In a file also the table of its "
        "constants, [blend.linear].",
    )
    blend_zhang: ZhangSettings = Field(
        ZhangSettings(),
        json_schema_extra={"table": "blend.zhang"},
        description="Constants of blend zhang.",
    )
    blend_ibcln: IbclnSettings = Field(
        IbclnSettings(),
        json_schema_extra={"table": "blend.ibcln"},
        description="Constants of blend ibcln.",
    )
    blend_dsrnet: DsrnetSettings = Field(
        DsrnetSettings(),
        json_schema_extra={"table": "blend.dsrnet"},
        description="Constants of blend dsrnet.",
    )
    blend_ghosting: GhostingSettings = Field(
        GhostingSettings(),
        json_schema_extra={"table": "blend.ghosting"},
        description="Constants of blend ghosting.",
    )
    blend_linear: LinearSettings = Field(
        LinearSettings(),
        json_schema_extra={"table": "blend.linear"},
        description="Constants of blend linear.",
    )
    sigma: Spreads = Field(
        (2.0, 5.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the reflection blur's sigma, px (CEILNet).",
    )
    kernel: Annotated[int, pydantic.AfterValidator(check_odd)] = Field(
        11, ge=1, le=31, description="Side of the blur kernel, px, odd (CEILNet)."
    )
    attenuation: float = Field(
        1.3, ge=0, le=100, description="Factor of the mean overflow taken from R (CEILNet)."
    )
    reflection_strength: Shares = Field(
        (1.0, 1.0),
        json_schema_extra=_AS_RANGE,
        description="Range of the factor on R before the blend; 1 is the paper.",
    )
    border: Literal["scene", "zero"] = Field(
        "scene", description="Blur sees the scene around the window, or zeros (CEILNet's letter)."
    )
    overflow: Literal["sequence", "view"] = Field(
        "sequence", description="Attenuate R by one number per sequence, or per view."
    )
    reject: tuple[RuleName, ...] = Field(
        (),
        description="Rejection rule to apply, may be repeated; rejected draws are counted "
        "and drawn again.",
    )
    layout: Layout | None = Field(
        None,
        description="layers (what the generator knows, once) or views (every frame); default "
        "layers where the blend allows it.",
    )
    compression: Compression = Field("none", description="none, gzip, or zstd (extra zstd).")
    shard_size: ShardSize = Field(DEFAULT_SHARD_SIZE, description="Largest shard, like 512MB.")

    @pydantic.model_validator(mode="before")
    @classmethod
    def _take_blend_table(cls, values: Any) -> Any:
        return with_blend_named(values) if isinstance(values, Mapping) else values

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        travel = (self.views - 1) * max(self.reflection_step + self.transmission_step)
        if travel > 32767:
            raise ValueError(f"{self.views} views travel up to {travel} px; 32767 is the limit")
        if self.motion == "camera" and horizon_share(self.camera, self.window) >= 1:
            raise ValueError(
                f"a plane of slant {self.camera.slant[1]:g} degrees has its horizon inside a frame "
                f"that spans {self.camera.field_of_view[1]:g}: lower camera.slant or "
                "camera.field_of_view"
            )
        if self.layout == "layers" and (reason := self.why_not_layers()):
            raise ValueError(f"layout layers cannot hold this: {reason}; leave layout out")
        return self

    def why_not_layers(self) -> str | None:
        """Say why views cannot be rebuilt from one layer each, or None where they can."""
        if self.motion == "camera":
            return "motion camera resamples every view"
        if self.blend == "ceilnet" and self.border == "zero":
            return "border zero blurs every window by itself"
        return None

    @property
    def resolved_layout(self) -> Layout:
        """The layout written: the one asked for, else layers where the blend allows it."""
        return self.layout or ("views" if self.why_not_layers() else "layers")

    @property
    def blend_settings(self) -> BlendSettings | None:
        """The table of the blend that is used; None for ceilnet, whose settings have none."""
        settings: BlendSettings | None = getattr(self, f"blend_{self.blend}", None)
        return settings

    @property
    def transmission_layer(self) -> tuple[int, int]:
        """Height and width of the crop of T that covers every window."""
        return self._covering(self.transmission_step[1])

    @property
    def reflection_layer(self) -> tuple[int, int]:
        """Height and width of the crop of R that covers every window."""
        return self._covering(self.reflection_step[1])

    def _covering(self, largest_step: int) -> tuple[int, int]:
        travel = (self.views - 1) * largest_step
        return self.window[0] + travel, self.window[1] + travel

    def resolved(self) -> dict[str, Any]:
        """Return the configuration as the index stores it: JSON types, layout decided.

        A set that slides states what it did before there were cameras, so that its bytes stay; so
        does one whose blend has its usual constants.
        """
        idle = {"motion", "camera"} if self.motion == "slide" else set(SLIDE_SETTINGS)
        tables, constants = set(BLEND_TABLES), self.blend_settings
        if constants is not None and constants != type(constants)():
            tables.remove(f"blend_{self.blend}")
        document = self.model_dump(mode="json", exclude=idle | tables)
        document["layout"] = self.resolved_layout
        if self.bits == 16:
            # Indices from before there was this setting stay as they are.
            del document["bits"]
        return document


class RunConfig(Settings):
    """How the work is done; none of it changes a byte of the result."""

    jobs: int = Field(0, ge=0, le=1024, description="Workers; 0 means one per core.")
    backend: Literal["loky", "threading", "dask", "ray"] = Field(
        "loky", description="Engine that runs the tasks (dask, ray: extra cluster)."
    )
    scheduler: str = Field("", description="Address of a running dask or ray cluster.")
    image_cache: Bytes = Field(
        0,
        ge=0,
        json_schema_extra=_AS_SIZE,
        description="Memory for decoded photos, shared out over the workers, like 2GB.",
    )

    @pydantic.model_validator(mode="after")
    def _check_scheduler(self) -> Self:
        if self.scheduler and self.backend not in ("dask", "ray"):
            raise ValueError(
                f"scheduler {self.scheduler!r} is a cluster's address, but backend is "
                f"{self.backend}: choose backend dask or ray"
            )
        return self


PRESETS: dict[str, dict[str, Any]] = {
    "literal": {"border": "zero", "overflow": "view"},
    **{name: {"motion": "camera", "camera": values} for name, values in CAMERA_PRESETS.items()},
}
"""Named sets of settings; ``literal`` is CEILNet's letter: each crop blurred by itself with zero
padding, R lowered per view. The others are those of `seqsynth.camera`."""


def load_configs(
    toml_file: Path | None, overrides: dict[str, Any], preset: str | None = None
) -> tuple[SynthesisConfig, RunConfig]:
    """Fill both configurations from a preset, one flat TOML file and flat overrides.

    Raises
    ------
    ConfigError
        Any key is unknown or out of range, in either; all faults are listed.
    """
    values = dict(PRESETS[preset]) if preset else {}
    try:
        for over in ({} if toml_file is None else read_toml(toml_file), overrides):
            values = merge_tables(values, with_blend_named(over))
    except ValueError as error:
        raise ConfigError(str(error)) from None
    both = check_settings(_AllSettings, values)
    chosen = both.model_dump(exclude_unset=True)
    idle = [name for name in CEILNET_SETTINGS if name in chosen]
    if both.blend != "ceilnet" and idle:
        log.warning("blend %s has no use for %s", both.blend, ", ".join(idle))
    idle = [name for name in BLEND_TABLES if name in chosen and name != f"blend_{both.blend}"]
    if idle:
        log.warning("blend %s has no use for %s", both.blend, ", ".join(idle))
    unmoved = ("camera",) if both.motion == "slide" else SLIDE_SETTINGS
    idle = [name for name in unmoved if name in chosen]
    if idle:
        log.warning("motion %s has no use for %s", both.motion, ", ".join(idle))
    return tuple(  # type: ignore[return-value]  # one of each, in this order
        model.model_validate({k: v for k, v in chosen.items() if k in model.model_fields})
        for model in (SynthesisConfig, RunConfig)
    )


def with_blend_named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings whose ``blend`` is a name; a table there names it and holds its constants.

    Raises
    ------
    ValueError
        The table names none or several, or the paper's, which has no table.
    """
    named = values.get("blend")
    if not isinstance(named, Mapping):
        return dict(values)
    if len(named) != 1:
        found = ", ".join(f"[blend.{name}]" for name in named) or "an empty table"
        raise ValueError(f"blend is {found}: keep the one table of the blend that is wanted")
    ((name, table),) = named.items()
    if name == "ceilnet" and table:
        raise ValueError(
            f"[blend.ceilnet] is no table: {', '.join(CEILNET_SETTINGS)} stand at the top of a file"
        )
    chosen = {**values, "blend": name}
    key = f"blend_{name}"
    return merge_tables(chosen, {key: table}) if key in BLEND_TABLES else chosen


def configuration_toml(configuration: Mapping[str, Any]) -> str:
    """Return a synthetic set's configuration, as its index states it, as the file that makes it."""
    key = f"blend_{configuration.get('blend')}"
    if key not in configuration:
        return toml_text(configuration)
    others = {k: v for k, v in configuration.items() if k not in ("blend", key)}
    return toml_text({**others, f"blend.{configuration['blend']}": configuration[key]})


class _AllSettings(SynthesisConfig, RunConfig):
    """Both at once, so that one pass over a TOML file finds every fault."""


def fingerprint(resolved: dict[str, Any]) -> str:
    """Return the sha256 of a resolved configuration's canonical JSON."""
    return canonical_sha256(resolved)
