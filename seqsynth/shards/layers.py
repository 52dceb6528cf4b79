"""What can be wrong with the layers of a shard, and with what makes views of them."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.vignette import FULL_SHARE

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
    wrong = np.asarray((steps[:, 0] != 0) | (np.diff(steps) <= 0).any(axis=1))
    if wrong.any():
        yield f"vignette_steps do not ascend from 0 in sequences {some(wrong)}"
    used = 3 * shard.shapes["blended"][2] % 8 or 8
    ends = np.unpackbits(shard.arrays["vignette_bits"][..., -1:], axis=-1)
    wrong = np.asarray(ends[..., used:].any(axis=(1, 2, 3)))
    if wrong.any():
        yield f"vignette_bits beyond the last column are set in sequences {some(wrong)}"


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
