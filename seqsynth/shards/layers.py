"""What can be wrong with the layers of a shard, and with what makes views of them."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.schema import VIGNETTE
from seqsynth.shards.vignette import FULL_SHARE, Vignette, least_levels, unpack_bits

MOST_EACH = 5
"""Sequences named for one kind of fault in one shard; the rest is counted."""

LevelTables = Mapping[str, Callable[[dict[str, float]], NDArray[np.uint8]]]
"""Blend -> I for every level of T (row) and R (column), from a sequence's parameters."""


def window_faults(shard: MappedShard) -> Iterator[str]:
    """Hold every window against the sides of its layer."""
    if shard.layout != "layers":
        return
    window = np.array(shard.attributes["window"])
    for layer in ("transmission", "reflection"):
        origins: NDArray[np.int64] = np.asarray(shard.arrays[f"{layer}_origin"], np.int64)
        sides = np.array(shard.arrays[f"{layer}_layer"].shape[1:3])
        outside = ((origins < 0) | (origins + window > sides)).any(axis=(1, 2))
        if outside.any():
            yield f"{layer} windows leave their layer in sequences {some(outside)}"


def vignette_faults(shard: MappedShard) -> Iterator[str]:
    """Hold what darkens R in the frame against what a vignette can be."""
    if "vignette_bits" not in shard:
        return
    for name in ("vignette_rows", "vignette_columns"):
        shares = np.asarray(shard.arrays[name][:])
        beyond = np.asarray(((shares < 0) | (shares >= FULL_SHARE)).any(axis=1))
        if beyond.any():
            yield f"{name} lie beyond 0 to 2^20 - 1 in sequences {some(beyond)}"
    steps = np.asarray(shard.arrays["vignette_steps"][:], np.int64)
    if (wrong := (steps[:, 0] != 0) | (np.diff(steps) <= 0).any(axis=1)).any():
        yield f"vignette_steps do not ascend from 0 in sequences {some(wrong)}"


def bit_faults(shard: MappedShard) -> Iterator[str]:
    """Hold the bits of a vignetted R against the levels that they are added to."""
    if "vignette_bits" not in shard:
        return
    wrong = []
    _, height, width, _ = shard.shapes["blended"]
    for row in range(len(shard.arrays["vignette_bits"])):
        stored = {name: shard.arrays[name][row] for name in (*VIGNETTE, "reflection_layer")}
        shares = Vignette(*(stored[f"vignette_{name}"] for name in ("rows", "columns", "steps")))
        spare = np.unpackbits(stored["vignette_bits"], axis=-1)[..., 3 * width :]
        faulty = bool(spare.any())
        origins = shard.arrays["reflection_origin"][row].tolist()
        for (top, left), packed in zip(origins, stored["vignette_bits"], strict=True):
            layer = stored["reflection_layer"][top : top + height, left : left + width]
            white = least_levels(layer, shares) == 255
            faulty |= bool((white & (unpack_bits(packed, 0, width) > 0)).any())
        wrong.append(faulty)
    if any(wrong):
        rows = some(np.array(wrong))
        yield f"vignette_bits lift R above 255, or spare ones are set, in sequences {rows}"


def table_faults(shard: MappedShard, blend: str, tables: LevelTables) -> Iterator[str]:
    """Hold the stored tables of levels against the blend's, by the numbers of each sequence."""
    if "level_table" not in shard:
        return
    wrong = []
    for row in range(len(shard.arrays["level_table"])):
        try:
            table = tables[blend](shard.parameters(row))
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else error
            yield f"parameters of sequence {row} are none of {blend}'s ({reason})"
            return
        by_channel = np.moveaxis(table.reshape(256, 256, -1), -1, 0)
        wrong.append(not np.array_equal(shard.arrays["level_table"][row], by_channel))
    if any(wrong):
        yield f"level_table is not {blend}'s in sequences {some(np.array(wrong))}"


def some(mask: NDArray[np.bool_]) -> str:
    """Name the first few sequences of a mask, bool (n,), and count the rest."""
    rows = np.flatnonzero(mask)
    named = ", ".join(str(row) for row in rows[:MOST_EACH])
    return named if len(rows) <= MOST_EACH else f"{named} and {len(rows) - MOST_EACH} more"
