"""What the datasets of a set's shards hold, in words (docs/shard-format.md)."""

from collections.abc import Mapping
from dataclasses import dataclass

from seqsynth.config import SUM_BLENDS, VIGNETTED_BLENDS
from seqsynth.shards import ShardIndex
from seqsynth.shards.schema import (
    CAMERA,
    FIELDS,
    FIRST_VERSION,
    REQUIRED,
    SECOND_PLANE,
    VIGNETTE,
)

_MEANINGS: Mapping[str, str] = {
    "transmission_layer": "T: the crop that covers all windows, 8-bit RGB",
    "reflection_layer": "R: the crop that covers all windows, attenuation or vignette left out",
    "level_table": "I for every level of T (row) and R (column), once or by channel",
    "vignette_rows": "share of R's light that is left in each row of a view, in 2^-20",
    "vignette_columns": "likewise in each column; what is left of a pixel is the product",
    "vignette_steps": "the light that each level of R begins at",
    "vignette_bits": "R in each view less the least level its layer allows there, 8 bits a byte",
    "blended": "I: the views, reflection included, in shooting order, 8-bit RGB",
    "transmission": "T: what lies behind the glass, of every view or of the centre view",
    "reflection": "R: what the glass adds",
    "name": "name of the sequence, unique in the set",
    "transmission_origin": "row and column of each T window in its layer, px",
    "reflection_origin": "row and column of each R window in its layer, px",
    "attenuation": "levels taken off R in each view",
    "sigma": "standard deviation of R's blur, px",
    "strength": "factor on R",
    "source": "ids of the photos that T and R come from",
    "window_source": "row and column of both layers in their photos, px",
    "transmission_homography": "of T's plane: pixels of the centre view to pixels of each view",
    "reflection_homography": "of R's plane, likewise",
    "intrinsics": "K: focal length and middle of the frame, px",
    "pose": "[Rot, -t] of each view, in axes of the centre view and distances of T's plane",
    "plane": "normals n of T's plane, R's and T's second one: n X = 1",
    "second_homography": "of T's second plane",
    "transmission_mask": "share of T's first plane in each pixel of the centre view, 255 is all",
    "parameters": "numbers of the blend; the attribute names names the columns",
}
_TYPES = {"u1": "uint8", "i2": "int16", "i4": "int32", "f8": "float64", "S": "bytes"}
_DRAWN = frozenset({"strength", "source", "window_source"})
_SLIDE = frozenset({"transmission_origin", "reflection_origin"})
_CEILNET = frozenset({"attenuation", "sigma"})


@dataclass(frozen=True)
class Described:
    """A dataset of every shard: name, type, shape of one sequence's value, meaning, presence.

    Attributes
    ----------
    shape : axes after the first, as the format names them
    present : "always", or "where known"
    """

    name: str
    dtype: str
    shape: tuple[str, ...]
    meaning: str
    present: str


def list_arrays(index: ShardIndex) -> list[Described]:
    """Return the datasets that a set's shards have or may have, pictures first."""
    certain = set(REQUIRED[index.layout])
    if index.kind == "synthetic":
        if index.layout == "views":
            certain |= {n for n in FIELDS if FIELDS[n].layout == "views"} - SECOND_PLANE
        certain |= _DRAWN | _motion_datasets(index) | set(_blend_datasets(index))
    possible = {
        name
        for name, field in FIELDS.items()
        if field.layout in (None, index.layout) and field.since <= index.schema_version
    }
    return [
        Described(
            name=name,
            dtype=_TYPES[field.dtype],
            shape=tuple(map(str, field.shape)),
            meaning=_MEANINGS[name],
            present="always" if name in certain else "where known",
        )
        for name, field in FIELDS.items()
        if name in possible
    ]


def _motion_datasets(index: ShardIndex) -> frozenset[str]:
    """Return the datasets of motion that every shard of a synthetic set has."""
    if index.schema_version == FIRST_VERSION or index.layout == "layers":
        return _SLIDE
    if index.configuration.get("motion") != "camera":
        return frozenset()  # a set merged of both kinds
    stated = (index.configuration.get("camera") or {}).get("second_plane")
    second = isinstance(stated, list) and max(stated) > 1
    return CAMERA | SECOND_PLANE if second else CAMERA


def _blend_datasets(index: ShardIndex) -> frozenset[str]:
    blend = index.configuration.get("blend")
    if blend is None:
        return frozenset()
    drawn = _CEILNET if blend == "ceilnet" else frozenset({"parameters"})
    if index.layout == "views":
        return drawn
    if blend in SUM_BLENDS:
        return drawn | {"attenuation"}
    return drawn | {"level_table"} | (VIGNETTE if blend in VIGNETTED_BLENDS else frozenset())
