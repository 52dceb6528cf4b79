"""Find every fault of a shard set: any flipped bit, broken rule of the schema or of arithmetic."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ShardError
from seqsynth.files import hash_file
from seqsynth.motion.checks import camera_faults
from seqsynth.shards.container import named_failures
from seqsynth.shards.folder import JOURNAL_NAME
from seqsynth.shards.forms import form_of
from seqsynth.shards.index import (
    INDEX_NAME,
    Location,
    ShardEntry,
    ShardIndex,
    locate,
    read_index_file,
    render,
    shard_file,
    shard_paths,
)
from seqsynth.shards.layers import (
    MOST_EACH,
    LevelTables,
    some,
    table_faults,
    vignette_faults,
    window_faults,
)
from seqsynth.shards.mapping import FRAMES, MappedShard
from seqsynth.shards.provenance import configuration_of
from seqsynth.shards.rebuild import Crop, fill_frames
from seqsynth.shards.record import read_record
from seqsynth.shards.schema import LARGEST_NUMBER, SPLITS, version_of


@dataclass(frozen=True)
class Fault:
    """One thing wrong: in which file, and what."""

    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


def _sum_levels(_: Mapping[str, float]) -> NDArray[np.uint8]:
    """Tabulate I = min(T + R, 255), the format's own sum, which layers are rebuilt by."""
    levels = np.arange(256, dtype=np.uint16)
    return np.minimum(np.add.outer(levels, levels), 255).astype(np.uint8)


FORMAT_TABLES: LevelTables = {"ceilnet": _sum_levels}
"""What is checked without anyone's naming a formula."""


def verify_shards(
    path: str | Path, tables: LevelTables | None = None
) -> Iterator[Fault | ShardEntry]:
    """Check a shard set; yield every fault, and each shard's entry once it has been checked.

    Checked are the index (digest, exact bytes, schema), every shard's size and sha256, its schema
    and attributes, that windows lie inside their layers, and that stored synthetic views satisfy
    their blend's formula: I = min(T + R, 255) for CEILNet's, a table of levels for others.

    Parameters
    ----------
    path : the shard set; of one at a URL every shard is fetched, and a cached copy that was damaged
        is fetched anew
    tables : formulas of further blends; views of a blend without one are not held against any

    Raises
    ------
    ShardError
        There is no index, or it cannot be read at all.
    """
    location = locate(path)
    index, content = read_index_file(location)
    yield from _index_faults(index, content)
    if isinstance(location, Path):
        yield from _folder_faults(location, index)
    first: dict[str, int] = {}
    names: set[bytes] = set()
    known = {**FORMAT_TABLES, **(tables or {})}
    for entry in index.shards:
        start = first.get(entry.split, 0)
        yield from _shard_faults(location, index, entry, start, names, known)
        first[entry.split] = first.get(entry.split, 0) + entry.count
        yield entry


def _index_faults(index: ShardIndex, content: bytes) -> Iterator[Fault]:
    if render(index) != content:
        yield Fault(INDEX_NAME, "its bytes differ from what its content renders to")
    if not index.complete:
        yield Fault(INDEX_NAME, "is marked incomplete; run the command that makes it again")
    times = Counter(entry.file for entry in index.shards)
    for file in sorted(file for file, number in times.items() if number > 1):
        yield Fault(INDEX_NAME, f"names {file} twice")


def _folder_faults(folder: Path, index: ShardIndex) -> Iterator[Fault]:
    if (folder / JOURNAL_NAME).exists():
        yield Fault(JOURNAL_NAME, "a run is unfinished; run the command that makes it again")
    named = {entry.file for entry in index.shards}
    for path in shard_paths(folder):
        if path.name not in named:
            yield Fault(path.name, "is not in the index; move it away")


def _shard_faults(
    location: Location,
    index: ShardIndex,
    entry: ShardEntry,
    first: int,
    names: set[bytes],
    tables: LevelTables,
) -> Iterator[Fault]:
    if entry.split not in SPLITS:
        yield Fault(entry.file, f"split {entry.split!r} is unknown")
    try:
        path = shard_file(location, entry, recheck=True)
    except ShardError as error:
        yield Fault(entry.file, str(error))
        return
    messages = _content_faults(path, entry)
    if messages:
        # Not opened: HDF5 may fail in any way on a damaged file, and nothing in it counts.
        yield from (Fault(entry.file, message) for message in messages)
        return
    messages = opened_faults(path, index, entry, first, names, tables)
    yield from (Fault(entry.file, message) for message in messages)


def opened_faults(
    path: Path,
    index: ShardIndex,
    entry: ShardEntry,
    first: int,
    names: set[bytes],
    tables: LevelTables,
) -> list[str]:
    """Say what is wrong inside a shard whose bytes are those that its index states.

    Parameters
    ----------
    first : number of its first sequence within the split
    names : of the sequences before, which this shard's are added to
    tables : formulas of blends
    """
    try:
        shard = MappedShard(path)
    except ShardError as error:
        return [str(error).removeprefix(f"{path}: ")]
    try:
        with named_failures(path):
            messages = _inside_faults(shard, index, entry, first, names)
            if not messages:
                form_of(shard, path)  # how its pictures are packed
                read_record(path, index.library_version)  # what a lost index is written anew from
                blend = str(configuration_of(index, entry).get("blend"))
                messages += _arithmetic_faults(shard, index.kind, blend, tables)
    except ShardError as error:
        messages = [str(error).removeprefix(f"{path} ").removeprefix(f"{path}: ")]
    return messages


def _inside_faults(
    shard: MappedShard, index: ShardIndex, entry: ShardEntry, first: int, names: set[bytes]
) -> list[str]:
    messages = [*_attribute_faults(shard, index, entry, first), *window_faults(shard)]
    messages += [*_text_faults(shard), *_name_faults(shard, names), *_number_faults(shard)]
    messages += [*_motion_faults(shard), *vignette_faults(shard)]
    return [*messages, *_version_faults(shard, index), *_origin_faults(index, entry)]


def _content_faults(path: Path, entry: ShardEntry) -> list[str]:
    try:
        size, digest = hash_file(path)
    except OSError as error:
        return [f"cannot be read ({error.strerror})"]
    messages = []
    if size != entry.bytes:
        messages.append(f"has {size} bytes; the index says {entry.bytes}")
    if digest != entry.sha256:
        messages.append("its sha256 is not the index's: it was changed or damaged")
    return messages


def _version_faults(shard: MappedShard, index: ShardIndex) -> Iterator[str]:
    found, wanted = shard.attributes["schema_version"], version_of(shard.arrays)
    if found != wanted:
        yield f"attribute schema_version is {found!r}; its datasets are version {wanted}'s"
    if wanted > index.schema_version:
        yield f"is of schema version {wanted}; the index says {index.schema_version}"


def _attribute_faults(
    shard: MappedShard, index: ShardIndex, entry: ShardEntry, first: int
) -> Iterator[str]:
    expected: Mapping[str, Any] = {
        "kind": index.kind,
        "layout": index.layout,
        "split": entry.split,
        # Before a shard of an incomplete set others may be missing.
        **({"first": first} if index.complete else {}),
        "fingerprint": index.fingerprint,
    }
    for name, value in expected.items():
        found = shard.attributes.get(name)
        if found != value:
            yield f"attribute {name} is {found!r}; the index says {value!r}"
    views, *window, _ = shard.shapes["blended"]
    for name, value in (("views", views), ("window", window)):
        absent = value if shard.layout == "views" else None
        found = np.asarray(shard.attributes.get(name, absent)).tolist()
        if found != value:
            yield f"attribute {name} is {found!r}; the datasets say {value!r}"
    for name, dataset in shard.arrays.items():
        if len(dataset) != entry.count:
            yield f"dataset {name} has {len(dataset)} sequences; the index says {entry.count}"
    described = len(entry.details.get("sequences", range(entry.count)))
    if described != entry.count:
        yield f"the index describes {described} of {entry.count} sequences"


def _name_faults(shard: MappedShard, names: set[bytes]) -> Iterator[str]:
    """Hold a shard's names against one another and those before it, and add them to these."""
    for name in map(bytes, shard.arrays["name"][:] if "name" in shard else ()):
        if name in names:
            yield f"name {name.decode(errors='replace')!r} is another sequence's, too"
        names.add(name)


def _text_faults(shard: MappedShard) -> Iterator[str]:
    """Yield texts that are none, and names that no sequence can have."""
    for dataset in ("name", "source"):
        faults = []
        for row in range(len(shard.arrays[dataset]) if dataset in shard else 0):
            try:
                shard.texts(dataset, row)
            except ShardError as error:
                faults.append(str(error).removesuffix("; run seqsynth verify"))
        yield from faults[:MOST_EACH]
        if len(faults) > MOST_EACH:
            yield f"and {len(faults) - MOST_EACH} more of {dataset}"


def _number_faults(shard: MappedShard) -> Iterator[str]:
    """Yield the sequences of which something is recorded that is no number."""
    for name in ("sigma", "strength", "parameters"):
        if name in shard:
            values = np.asarray(shard.arrays[name][:], np.float64)
            known = np.abs(values).reshape(len(values), -1) <= LARGEST_NUMBER
            lost = np.logical_not(known.all(axis=1))
            if lost.any():
                yield f"dataset {name} holds no number in sequences {some(lost)}"


def _motion_faults(shard: MappedShard) -> Iterator[str]:
    """Hold a camera's homographies against what a camera before planes can give."""
    if "pose" not in shard:
        return
    # In the order of the dataset "plane".
    layers = ("transmission_homography", "reflection_homography", "second_homography")
    size = shard.shapes["blended"][1:3]
    for place, name in enumerate(layers):
        faults: dict[str, list[int]] = {}
        for row in range(len(shard.arrays[name]) if name in shard else 0):
            stored = {
                kind: shard.arrays[kind][row] for kind in (name, "intrinsics", "pose", "plane")
            }
            found = camera_faults(
                stored[name],
                stored["intrinsics"],
                stored["pose"],
                stored["plane"][place],
                size=size,
            )
            for message in found:
                faults.setdefault(message, []).append(row)
        for message, rows in faults.items():
            wrong = np.isin(np.arange(len(shard.arrays[name])), rows)
            yield f"{name}: {message}, in sequences {some(wrong)}"
    if "window_source" in shard and (outside := shard.arrays["window_source"] < 0).any():
        yield f"layers leave their photo in sequences {some(outside.any(axis=(1, 2)))}"


def _origin_faults(index: ShardIndex, entry: ShardEntry) -> Iterator[str]:
    """Hold the origins of a derived shard's sequences against the parts the index states."""
    try:
        configuration_of(index, entry)
    except ShardError as error:
        yield str(error)


def _arithmetic_faults(
    shard: MappedShard, kind: str, blend: str, tables: LevelTables
) -> Iterator[str]:
    """Hold stored views against their blend, and of layers the tables that they are blended by."""
    if kind != "synthetic" or blend not in tables:
        return
    if shard.layout == "layers":
        yield from table_faults(shard, blend, tables)
        return
    if shard.shapes.keys() < set(FRAMES):
        yield "views of a synthetic sequence lack their transmission or reflection"
        return
    wrong = []
    for row in range(len(shard.arrays["blended"])):
        frames = {name: np.empty(shape, np.uint8) for name, shape in shard.shapes.items()}
        _, height, width, _ = shard.shapes["blended"]
        fill_frames(shard, row, Crop(0, 0, height, width), frames)
        transmission, reflection = frames["transmission"], frames["reflection"]
        try:
            table = tables[blend](shard.parameters(row))
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else error
            yield f"parameters of sequence {row} are none of {blend}'s ({reason})"
            return
        # One flat index takes half the time of indexing by two arrays.
        cell = transmission.astype(np.uint16) << 8 | reflection
        by_channel = table.reshape(65536, -1)
        expected = by_channel[cell, range(3)] if table.ndim == 3 else by_channel[:, 0].take(cell)
        wrong.append(bool((expected != frames["blended"]).any()))
    if any(wrong):
        yield f"I is not what {blend} makes of T and R in sequences {some(np.array(wrong))}"
