"""The plan of a derived set: which sequences go where, and the index that says how it was made."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from seqsynth import __version__
from seqsynth.config import RunConfig, fingerprint
from seqsynth.errors import OutputError, ShardError
from seqsynth.files import real_path
from seqsynth.reshape.copying import CopyTask, Run, copy_shard
from seqsynth.shards.forms import ShardForm, array_of
from seqsynth.shards.index import Location, ShardIndex
from seqsynth.shards.inventory import Inventory, StoredSequence
from seqsynth.shards.making import (
    SetHead,
    ShardGroup,
    ShardMaking,
    ShardTask,
    cut_evenly,
    divide,
)
from seqsynth.shards.provenance import is_derived
from seqsynth.shards.record import record_of_set
from seqsynth.shards.schema import SPLITS, version_of

DIVISION_SETTINGS = ("val_fraction", "test_fraction", "division", "split")
"""Settings that said how a part was divided, which the division of a derived set need not be."""


@dataclass(frozen=True)
class Placed:
    """A sequence of the new set: what is copied, its split and, where it has one, its name."""

    stored: StoredSequence
    split: str
    name: str


@dataclass(frozen=True)
class ReshapePlan:
    """What `reshaping` will write, decided before anything is.

    Attributes
    ----------
    index : the index to be, its shards left out
    tasks : one a shard, training shards first
    left_out : reason -> number of sequences that were not taken for it
    unknown : what was asked for by name and is in none of the sets
    """

    index: ShardIndex
    tasks: tuple[CopyTask, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    @property
    def sequences(self) -> int:
        """Number of sequences of the new set."""
        return sum(task.count for task in self.tasks)

    @property
    def head(self) -> SetHead:
        """What every shard states of the set."""
        return SetHead.of(self.index, record_of_set(self.index, self.tasks))


def plan_derived(
    inventory: Inventory,
    placed: Iterable[Placed],
    settings: Mapping[str, Any],
    *,
    left_out: Mapping[str, int] | None = None,
) -> ReshapePlan:
    """Divide the sequences of a new set into shards, and write down where each comes from.

    Parameters
    ----------
    inventory : what was read
    placed : the sequences of the new set, in the order they are to have within their split
    settings : "command" and the settings it was given, "shard_size" among them
    left_out : see `ReshapePlan`

    Raises
    ------
    ShardError
        There are no sequences, or two have the same name.
    """
    shards = list(divide(_groups(placed), int(settings["shard_size"]), cut_evenly))
    if not shards:
        raise ShardError("no sequence is left, so there is nothing to write; ask for less")
    ordered = [one for shard in shards for one in shard.items]
    used = sorted({one.stored.part for one in ordered})
    tasks = tuple(_task(shard, used) for shard in shards)
    _check_names(tasks)
    left_out = {reason: number for reason, number in (left_out or {}).items() if number}
    index = _index(inventory, ordered, used, settings, left_out)
    return ReshapePlan(index, tasks, left_out)


def reshaping(
    plan: ReshapePlan, out: Path, run: RunConfig, *, overwrite: bool = False
) -> ShardMaking[CopyTask]:
    """Return the run that writes a plan's shards.

    Raises
    ------
    OutputError
        The output is, or lies in, a set that is copied from; on iterating: no room.
    ShardError
        On iterating: a set copied from is damaged.
    """
    check_apart(out, {run.location for task in plan.tasks for run in task.runs})
    return ShardMaking(
        plan,
        partial(copy_shard, plan.head),
        out,
        run,
        advice="make room, or choose fewer sequences",
        overwrite=overwrite,
    )


def check_apart(out: Path, locations: Iterable[Location]) -> None:
    """Refuse an output folder that is, or lies in, one of the sets that are read.

    Raises
    ------
    OutputError
        It is.
    """
    target = real_path(out)
    for location in locations:
        if isinstance(location, Path) and target.is_relative_to(real_path(location)):
            raise OutputError(
                f"{out} is, or lies in, {location}, which is copied from; choose another folder"
            )


def _groups(placed: Iterable[Placed]) -> Iterator[ShardGroup[Placed]]:
    """Yield the sequences that have one split, part and form; those for training first."""
    groups: dict[tuple[int, int, ShardForm], list[Placed]] = {}
    for one in placed:
        key = (SPLITS.index(one.split), one.stored.part, one.stored.shard.form)
        groups.setdefault(key, []).append(one)
    # Groups of a split stay in the order of their first sequence.
    for (split, _, form), group in sorted(groups.items(), key=lambda item: item[0][0]):
        texts = _text_bytes(group)
        each = sum(
            array_of(shape, dtype, texts.get(n, 0)).nbytes for n, shape, dtype in form.arrays
        )
        yield ShardGroup(SPLITS[split], group, each, form.compression)


def _task(shard: ShardTask[Placed], used: Sequence[int]) -> CopyTask:
    form = shard.items[0].stored.shard.form
    has_names = any(name == "name" for name, _, _ in form.arrays)
    return CopyTask(
        file=shard.file,
        split=shard.split,
        first=shard.first,
        form=form,
        text_bytes=_text_bytes(shard.items),
        runs=tuple(_runs(shard.items)),
        names=tuple(one.name for one in shard.items) if has_names else (),
        described=tuple(_described(one, used) for one in shard.items),
        nbytes=shard.nbytes,
    )


def _runs(shard: Iterable[Placed]) -> Iterator[Run]:
    for (location, entry), members in groupby(
        shard, key=lambda one: (one.stored.shard.location, one.stored.shard.entry)
    ):
        yield Run(location, replace(entry, details={}), tuple(one.stored.row for one in members))


def _text_bytes(shard: Iterable[Placed]) -> dict[str, int]:
    """Return the length of each dataset's texts: the longest of the shards they come from."""
    longest: dict[str, int] = {}
    for one in shard:
        for name, length in one.stored.shard.text_bytes.items():
            own = len(one.name.encode()) if name == "name" else length
            longest[name] = max(longest.get(name, 1), own)
    return longest


def _described(one: Placed, used: Sequence[int]) -> dict[str, Any]:
    origin = {"part": used.index(one.stored.part), "name": one.stored.origin}
    return {**one.stored.metadata, "origin": origin}


def _check_names(tasks: Iterable[CopyTask]) -> None:
    seen: set[str] = set()
    for task in tasks:
        numbers = range(task.first, task.first + task.count)
        for name in task.names or [f"{task.split}-{number:06d}" for number in numbers]:
            if name in seen:
                raise ShardError(
                    f"two sequences have the name {name!r}, which must be unique in a "
                    "set; seqsynth merge --rename gives the later the number of its set"
                )
            seen.add(name)


def _index(
    inventory: Inventory,
    ordered: Sequence[Placed],
    used: Sequence[int],
    settings: Mapping[str, Any],
    left_out: Mapping[str, int],
) -> ShardIndex:
    first = inventory.inputs[0].index
    parts = [inventory.parts[number] for number in used]
    configuration = {
        **_common([part.configuration for part in parts]),
        "sequences": len(ordered),
        "shard_size": settings["shard_size"],
        "derived": {k: v for k, v in settings.items() if k != "shard_size"},
    }
    sources = {
        **_shown(first.kind, inventory, ordered),
        "inputs": [_history(one.index, one.digest) for one in inventory.inputs],
        "parts": [part.as_json() for part in parts],
    }
    if left_out:
        sources["left_out"] = dict(left_out)
    taken = [
        [inventory.parts[one.stored.part].fingerprint, one.stored.origin, one.split]
        for one in ordered
    ]
    return ShardIndex(
        kind=first.kind,
        layout=first.layout,
        configuration=configuration,
        fingerprint=fingerprint(
            {"configuration": configuration, "inputs": sources["inputs"], "sequences": taken}
        ),
        library_version=__version__,
        complete=False,
        sources=sources,
        shards=(),
        schema_version=max(
            version_of(name for name, _, _ in one.stored.shard.form.arrays) for one in ordered
        ),
    )


def _common(configurations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings in which all parts agree, but for those of their division."""
    head, *others = configurations
    return {
        name: value
        for name, value in head.items()
        if name not in DIVISION_SETTINGS and all(one.get(name) == value for one in others)
    }


def _history(index: ShardIndex, digest: str) -> dict[str, Any]:
    """Return what a set was, and what it was made from if it was derived itself."""
    history: dict[str, Any] = {
        "fingerprint": index.fingerprint,
        "digest": digest,
        "library_version": index.library_version,
        "sequences": index.sequences,
    }
    if is_derived(index):
        history["derived"] = index.configuration["derived"]
        history["inputs"] = index.sources.get("inputs", [])
    return history


def _shown(kind: str, inventory: Inventory, ordered: Iterable[Placed]) -> dict[str, Any]:
    """Return the sources that are used, in the words of the kind."""
    if kind == "synthetic":
        return {"pools": _pools(ordered)}
    noun = {"captured": "scenes", "pair": "pairs"}[kind]
    shown: dict[str, Any] = {}
    for one in ordered:
        known = inventory.inputs[one.stored.place].index.sources.get(noun)
        if isinstance(known, Mapping) and isinstance(known.get(one.stored.name), Mapping):
            shown[one.name] = {**known[one.stored.name], "split": one.split}
    remarks = [
        remark for one in inventory.inputs for remark in one.index.sources.get("remarks", ())
    ]
    return {noun: shown} | ({"remarks": list(dict.fromkeys(remarks))} if remarks else {})


def _pools(ordered: Iterable[Placed]) -> dict[str, Any]:
    """Return the photos that each split's sequences show, in the order of their names."""
    shown: dict[str, tuple[set[str], set[str]]] = {"train": (set(), set()), "val": (set(), set())}
    for one in ordered:
        layers = shown.setdefault(one.split, (set(), set()))
        for layer, ids in enumerate(one.stored.layer_photos):
            layers[layer].add(ids)
    pools: dict[str, Any] = {
        split: {"transmission": _by_bytes(layers[0]), "reflection": _by_bytes(layers[1])}
        for split, layers in shown.items()
    }
    return {**pools, "unused": []}


def _by_bytes(ids: Iterable[str]) -> list[str]:
    return sorted(ids, key=str.encode)
