"""Store a benchmark's pairs as shards of kind "pair": looked at first, then written, resumable."""

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import joblib
import numpy as np
from pydantic import Field

from seqsynth import __version__
from seqsynth.config import DEFAULT_SHARD_SIZE, Bits, Compression, RunConfig, ShardSize, fingerprint
from seqsynth.engine import run_tasks
from seqsynth.errors import SourceError
from seqsynth.files import storable
from seqsynth.ingest.pairing import PairFiles, PairFinding, Pairing
from seqsynth.pictures import Raster, decode
from seqsynth.pictures.decoding import read_bytes
from seqsynth.settings import Settings
from seqsynth.shards.index import ShardEntry, ShardIndex
from seqsynth.shards.making import (
    SetHead,
    ShardContent,
    ShardGroup,
    ShardMaking,
    ShardTask,
    cut_full,
    divide,
    make_shard,
    plan_shard,
)
from seqsynth.shards.record import record_of_set
from seqsynth.shards.schema import SPLITS, Array, name_fault
from seqsynth.shards.writer import from_records


class PairConfig(Settings):
    """What determines the content of a shard set of pairs, the files apart."""

    benchmark: str = Field(
        "", description="Name the pairs go by in tables; default that of the layout."
    )
    split: Literal["published", "train", "val", "test"] = Field(
        "published",
        description="Split of every pair; published takes the benchmark's own where "
        "it has one (Real20, Nature, a list's column), else test.",
    )
    bits: Bits = Field(
        16, description="Bits that the data of 16-bit files use; fewer are scaled to 16."
    )
    compression: Compression = Field("none", description="none, gzip, or zstd (extra zstd).")
    shard_size: ShardSize = Field(DEFAULT_SHARD_SIZE, description="Largest shard, like 512MB.")


@dataclass(frozen=True)
class InspectedPair:
    """A pair whose files were read and fit together.

    Attributes
    ----------
    pair : the files
    size : height and width, px
    sha256 : role -> of the file
    pixels : sha256 of the blended photo's pixels
    shallow : what to say of a file whose 16 bits hold data of fewer, or ""
    """

    pair: PairFiles
    size: tuple[int, int]
    sha256: Mapping[str, str]
    pixels: str
    shallow: str = ""


PairTask = ShardTask[InspectedPair]
"""One shard to be made: pairs of one size that have the same roles."""


@dataclass(frozen=True)
class PairPlan:
    """What will be written, decided before anything is.

    Attributes
    ----------
    config : the settings
    index : the index to be, its shards left out
    tasks : one a shard, training shards first
    findings : everything found, faults and notes
    """

    config: PairConfig
    index: ShardIndex
    tasks: tuple[PairTask, ...]
    findings: tuple[PairFinding, ...]

    @property
    def pairs(self) -> int:
        """Number of pairs to be stored."""
        return sum(task.count for task in self.tasks)


Inspected = InspectedPair | PairFinding


def inspect_pairs(
    pairing: Pairing, *, bits: int = 16, run: RunConfig | None = None
) -> Iterator[Inspected]:
    """Read every file once; yield one result a pair, in order: it fits, or why it is left out.

    Parameters
    ----------
    bits : what the data of 16-bit files use
    run : how to run it; by default here, one pair after the other
    """
    inspect = joblib.delayed(_inspect)
    calls = [inspect(number, pair, bits) for number, pair in enumerate(pairing.pairs)]
    ready: dict[int, Inspected] = {}
    following = 0
    for number, result in run_tasks(calls, run or RunConfig(jobs=1)):
        ready[number] = result
        while following in ready:
            yield ready.pop(following)
            following += 1


def plan_pairs(pairing: Pairing, inspected: Sequence[Inspected], config: PairConfig) -> PairPlan:
    """Divide inspected pairs into shards of one size.

    Pairs of one photo, or of one truth, are all kept, as the benchmark has them, unless some would
    be trained on and others held out: then those held out are kept.

    Raises
    ------
    SourceError
        No pair is left.
    """
    fitting = [item for item in inspected if isinstance(item, InspectedPair)]
    twins = _twins(fitting)
    straddling = _straddling(fitting, config)
    pairs = [item for item in fitting if item.pair.name not in straddling]
    findings = (
        *pairing.findings,
        *(i for i in inspected if isinstance(i, PairFinding)),
        *(PairFinding("straddling", name, reason) for name, reason in straddling.items()),
        *(one for group in twins.values() for one in _twin_findings(group, straddling.keys())),
        *(PairFinding("shallow", item.pair.name, item.shallow) for item in pairs if item.shallow),
    )
    if not pairs:
        first = next((one for one in findings if one.is_fault), findings[0])
        raise SourceError(f"no pair of {len(inspected)} can be used; first, {first}")
    resolved = {
        # Indices from before there was this setting stay as they are.
        **config.model_dump(mode="json", exclude={"bits"} if config.bits == 16 else None),
        "benchmark": config.benchmark or storable(pairing.benchmark),
    }
    sources = {
        "pairs": {item.pair.name: _source(item, twins) for item in pairs},
        "remarks": list(pairing.remarks),
        "findings": [[one.code, storable(one.subject), storable(one.message)] for one in findings],
    }
    index = ShardIndex(
        kind="pair",
        layout="views",
        configuration=resolved,
        fingerprint=fingerprint({"configuration": resolved, "pairs": sources["pairs"]}),
        library_version=__version__,
        complete=False,
        sources=sources,
        shards=(),
    )
    tasks = tuple(divide(_groups(pairs, config), config.shard_size, cut_full))
    return PairPlan(config, index, tasks, findings)


def pair_making(
    plan: PairPlan, out: Path, run: RunConfig | None = None, *, overwrite: bool = False
) -> ShardMaking[PairTask]:
    """Return the run that writes a plan's shards, by default here, one after the other.

    Raises
    ------
    SourceError
        On iterating: a file changed since it was inspected.
    OutputError
        On iterating: a shard cannot be written.
    """
    return ShardMaking(
        plan,
        partial(
            pair_shard,
            SetHead.of(plan.index, record_of_set(plan.index, plan.tasks)),
            plan.config,
            _benchmark(plan.index),
        ),
        out,
        run or RunConfig(jobs=1),
        advice="make room, or choose --compression zstd",
        overwrite=overwrite,
    )


def ingest_pairs(
    pairing: Pairing, out: Path, config: PairConfig | None = None, run: RunConfig | None = None
) -> PairPlan:
    """Inspect and store the pairs of a benchmark; the same call again resumes it.

    Raises
    ------
    SeqsynthError
        See `plan_pairs` and `pair_making`.
    """
    config = config or PairConfig()
    run = run or RunConfig()
    plan = plan_pairs(pairing, list(inspect_pairs(pairing, bits=config.bits, run=run)), config)
    with pair_making(plan, out, run) as making:
        for _ in making:
            pass
    return plan


def _twins(pairs: Sequence[InspectedPair]) -> dict[str, list[InspectedPair]]:
    """Return the pairs that show one photo, pixel by pixel, where there are several."""
    groups: dict[str, list[InspectedPair]] = {}
    for item in pairs:
        groups.setdefault(item.pixels, []).append(item)
    return {pixels: group for pixels, group in groups.items() if len(group) > 1}


def _straddling(pairs: Sequence[InspectedPair], config: PairConfig) -> dict[str, str]:
    """Return the pairs that must go because what they show is held out further; name -> why."""
    groups: dict[tuple[str, str | None], list[InspectedPair]] = {}
    for item in pairs:
        groups.setdefault(("photo", item.pixels), []).append(item)
        groups.setdefault(("truth", item.sha256.get("transmission")), []).append(item)
    gone: dict[str, str] = {}
    for (layer, content), group in groups.items():
        held = max(group, key=lambda item: SPLITS.index(_split(item, config)))
        for item in group:
            if content is not None and _split(item, config) != _split(held, config):
                reason = f"is left out: its {layer} is that of {held.pair.name}, which is held out"
                gone.setdefault(item.pair.name, reason)
    return gone


def _twin_findings(group: Sequence[InspectedPair], left_out: Set[str]) -> Iterator[PairFinding]:
    kept = [item.pair.name for item in group if item.pair.name not in left_out]
    for name in kept[1:]:
        message = f"its photo is that of {kept[0]}; both are kept, and stay in one split"
        yield PairFinding("duplicate", name, message)


def _split(item: InspectedPair, config: PairConfig) -> str:
    return (item.pair.split or "test") if config.split == "published" else config.split


def _inspect(number: int, pair: PairFiles, bits: int) -> tuple[int, Inspected]:
    """Look at a pair's files; runs in a worker. Return the pair's number with what was found."""
    return number, _look_at(pair, bits)


def _look_at(pair: PairFiles, bits: int) -> Inspected:
    if fault := _name_fault(pair):
        return PairFinding("name", pair.labels["blended"], f"is left out: {fault}")
    sizes, digests, pixels, shallow = {}, {}, "", ""
    for role, path in pair.files.items():
        try:
            raster, digests[role] = _read(path, bits)
        except SourceError as error:
            return PairFinding("unreadable", pair.labels[role], f"{error}; the pair is left out")
        image = raster.to_rgb()
        sizes[role] = (image.shape[0], image.shape[1])
        if remark := raster.describe_depth():
            shallow = f"{pair.labels[role]} {remark}"
        if role == "blended":
            pixels = hashlib.sha256(str(image.shape).encode() + image.tobytes()).hexdigest()
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{role} {width}x{height}" for role, (height, width) in sizes.items())
        return PairFinding("size", pair.name, f"is left out: {found} px; a pair has one size")
    return InspectedPair(pair, sizes["blended"], digests, pixels, shallow)


def _name_fault(pair: PairFiles) -> str:
    """Say why a pair cannot have its name, or record one of its files, or ""."""
    if not all(map(_is_text, (pair.name, *pair.labels.values()))):
        return "the name of one of its files is not UTF-8; rename the file"
    fault = name_fault(pair.name)
    return f"its name {pair.name!r} {fault}; give another in column name" if fault else ""


def _is_text(name: str) -> bool:
    return storable(name) == name


def _read(path: Path, bits: int) -> tuple[Raster, str]:
    """Return a decoded picture and the sha256 of its file."""
    data = read_bytes(path)
    return decode(data, bits=bits), hashlib.sha256(data).hexdigest()


def _source(item: InspectedPair, twins: Container[str]) -> dict[str, Any]:
    pair = item.pair
    files = {r: {"file": pair.labels[r], "sha256": item.sha256[r]} for r in pair.files}
    shared = {"pixels": item.pixels} if item.pixels in twins else {}
    scene = {"scene": pair.scene} if pair.scene else {}
    return {**files, "subset": pair.subset, "split": pair.split, **scene, **shared}


def _groups(pairs: list[InspectedPair], config: PairConfig) -> Iterator[ShardGroup[InspectedPair]]:
    """Yield pairs that have one split, subset, size and set of roles; those for training first."""
    groups: dict[tuple[Any, ...], list[InspectedPair]] = {}
    for item in pairs:
        key = (
            SPLITS.index(_split(item, config)),
            item.pair.subset,
            item.size,
            tuple(item.pair.files),
        )
        groups.setdefault(key, []).append(item)
    # Groups stay in the order in which the benchmark lists their first pair.
    for key, group in sorted(groups.items(), key=lambda entry: entry[0][0]):
        each = 3 * group[0].size[0] * group[0].size[1] * len(group[0].pair.files)
        yield ShardGroup(SPLITS[key[0]], tuple(group), each, config.compression)


def _benchmark(index: ShardIndex) -> str:
    return str(index.configuration["benchmark"])


def pair_shard(
    head: SetHead, config: PairConfig, benchmark: str, task: PairTask, out: Path
) -> ShardEntry:
    """Store the pairs of one shard; runs in a worker.

    Raises
    ------
    SourceError
        A file changed since it was inspected.
    OutputError
        The shard cannot be written; nothing of it is left behind.
    """
    first = task.items[0]
    frames = Array((1, *first.size, 3), np.dtype("u1"))
    longest = max(len(item.pair.name.encode()) for item in task.items)
    arrays = {
        **dict.fromkeys(first.pair.files, frames),
        "name": Array((), np.dtype(f"S{longest}")),
    }
    content = ShardContent(arrays, 1, first.size, compression=config.compression)
    shard = plan_shard(head, task, content, out)
    fill = from_records(shard, (_record(item, config.bits) for item in task.items))
    details = {"sequences": [_metadata(item, benchmark) for item in task.items]}
    return make_shard(shard, task, fill, lambda: details)


def _record(item: InspectedPair, bits: int) -> dict[str, Any]:
    record: dict[str, Any] = {"name": item.pair.name.encode()}
    for role, path in item.pair.files.items():
        raster, digest = _read(path, bits)
        if digest != item.sha256[role]:
            raise SourceError(f"{path} changed while it was ingested; run the same command again")
        record[role] = raster.to_rgb()[None]
    return record


def _metadata(item: InspectedPair, benchmark: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"benchmark": benchmark, "files": dict(item.pair.labels)}
    if item.pair.subset:
        metadata["subset"] = item.pair.subset
    if item.pair.scene:
        metadata["scene"] = item.pair.scene
    return metadata
