"""Prove stored sequences against their photos: make a sample again and compare every byte."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqsynth.config import SynthesisConfig
from seqsynth.errors import ShardError, SourceError
from seqsynth.pictures import same_name
from seqsynth.settings import check_settings
from seqsynth.shards.index import ShardEntry, ShardIndex, locate, read_index, shard_file
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.provenance import Part, is_derived, origin_of, parts_of
from seqsynth.shards.verify import Fault
from seqsynth.synthesis.draft import Record
from seqsynth.synthesis.photos import PhotoSource
from seqsynth.synthesis.pipeline import Synthesiser
from seqsynth.voc import Pools, find_photos

Draw = tuple[str, int]
"""Split and number of a sequence, which name its stream of draws."""

_NUMBER = re.compile("[0-9]{1,18}")


def regenerate_faults(path: str | Path, voc: Path, samples: int) -> Iterator[Fault | int]:
    """Make ``samples`` evenly spread sequences again; yield faults, and 1 for each compared.

    Parameters
    ----------
    path : a shard set of kind synthetic
    voc : the photos it was made from
    samples : how many sequences to make again

    Raises
    ------
    ShardError
        The set is not synthetic, or does not state what it was drawn from.
    SourceError
        The photos cannot be found.
    """
    location = locate(path)
    index = read_index(location)
    if index.kind != "synthetic":
        raise ShardError(
            f"{location} is of kind {index.kind}; only synthetic sets can be made again"
        )
    makers: dict[int, Synthesiser] = {}
    parts = parts_of(index)
    samples = min(samples, index.sequences)
    chosen = {place * index.sequences // samples for place in range(samples)}
    number = 0
    first: dict[str, int] = {}
    for entry in index.shards:
        shard = MappedShard(shard_file(location, entry))
        start = first.get(entry.split, 0)
        first[entry.split] = start + entry.count
        for row in range(entry.count):
            if number in chosen:
                part, draw = _draw(index, entry, row, start)
                if part not in makers:
                    makers[part] = _synthesiser(parts[part], voc)
                yield from _faults(shard, row, makers[part], draw, entry.file)
                yield 1
            number += 1


def _draw(index: ShardIndex, entry: ShardEntry, row: int, first: int) -> tuple[int, Draw]:
    """Return the part that a sequence was first made in, and its split and number there."""
    if not is_derived(index):
        return 0, (entry.split, first + row)
    part, name = origin_of(index, entry, row)
    split, _, number = name.rpartition("-")
    if split not in ("train", "val") or not _NUMBER.fullmatch(number):
        raise ShardError(
            f"{entry.file}: sequence {row} was {name!r} where it was made, which is "
            "no split and number, so it cannot be made again"
        )
    return part, (split, int(number))


def _synthesiser(part: Part, voc: Path) -> Synthesiser:
    fields = SynthesisConfig.model_fields
    settings = {k: v for k, v in part.configuration.items() if k in fields and v is not None}
    config = check_settings(SynthesisConfig, settings)
    pools = _pools(part)
    photos = find_photos(voc, "all")
    needed = {photo_id for split in ("train", "val") for ids in pools.of(split) for photo_id in ids}
    # Another disk may store accents in another way.
    alike = {same_name(photo_id): file for photo_id, file in photos.files.items()}
    files = {name: photos.files.get(name) or alike.get(same_name(name)) for name in needed}
    photos = replace(photos, files={name: file for name, file in files.items() if file})
    missing = sorted(needed - photos.files.keys())
    if missing:
        raise SourceError(
            f"{voc}: {len(missing)} of the {len(needed)} photos the shards were made from are not "
            f"there, such as {missing[0]}; give the folder they were made from"
        )
    return Synthesiser(config, pools, PhotoSource(photos, config.scale, bits=config.bits))


def _pools(part: Part) -> Pools:
    stored: Any = part.sources.get("pools", {})
    if not {"train", "val", "unused"} <= stored.keys():
        raise ShardError(
            "the index does not state the pools of photos that sequences were drawn from, so they "
            "cannot be made again; verify without --deep checks all else"
        )
    return Pools(
        transmission_train=tuple(stored["train"]["transmission"]),
        reflection_train=tuple(stored["train"]["reflection"]),
        transmission_val=tuple(stored["val"]["transmission"]),
        reflection_val=tuple(stored["val"]["reflection"]),
        unused=tuple(stored["unused"]),
    )


def _faults(  # a place in two numberings
    shard: MappedShard, row: int, synthesiser: Synthesiser, draw: Draw, file: str
) -> Iterator[Fault]:
    record = synthesiser.record(*draw)
    _check_form(shard, record, file)
    for name, dataset in shard.arrays.items():
        expected = record[name]
        if name == "parameters":
            expected = [expected[key] for key in shard.parameter_names]
        if not np.array_equal(dataset[row], np.asarray(expected, dataset.dtype)):
            yield Fault(file, f"{name} of sequence {row} differs from what the photos give")


def _check_form(shard: MappedShard, record: Record, file: str) -> None:
    """Refuse what was exported: it holds other views, or views of what was made as layers."""
    for name, dataset in shard.arrays.items():
        if name == "parameters":
            continue
        if name not in record or np.shape(record[name]) != dataset.shape[1:]:
            raise ShardError(
                f"{file} holds {name} in another form than it was made in, so it "
                "cannot be compared; check the set it was exported from"
            )
