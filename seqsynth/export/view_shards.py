"""Layout ``views``: shards of plain arrays, every frame as it is seen, which bare h5py reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.config import fingerprint
from seqsynth.export.blocks import Block, LayoutPlan
from seqsynth.export.candidates import Choice
from seqsynth.export.config import ExportConfig
from seqsynth.output.kind import FileRecord
from seqsynth.reshape.copying import CopyTask, check_whole, shard_plan
from seqsynth.reshape.plan import Placed, ReshapePlan, plan_derived
from seqsynth.shards import FRAMES, Crop, ShardEntry, write_shard
from seqsynth.shards.forms import ShardForm
from seqsynth.shards.index import INDEX_NAME, render, shard_file
from seqsynth.shards.inventory import Inventory, StoredSequence, read_inventory
from seqsynth.shards.making import SetHead
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.rebuild import fill_frames
from seqsynth.shards.record import ENTRY_ATTRIBUTE, INDEX_ATTRIBUTE, record_of_shard
from seqsynth.shards.schema import FIELDS

PER_VIEW = (
    "transmission_origin",
    "reflection_origin",
    "attenuation",
    "transmission_homography",
    "reflection_homography",
    "second_homography",
    "pose",
)
"""Small datasets with an axis of views."""


def plan_view_shards(choice: Choice, config: ExportConfig) -> LayoutPlan:
    """Plan SPLIT-NUMBER.h5 and index.json: a shard set of layout views, derived from others.

    Raises
    ------
    ShardError
        The sets are of different kinds or layouts, or two sequences have the same name.
    """
    locations = [location for location, _ in choice.shards.parts]
    inventory = read_inventory(locations, incomplete=True)
    stored = {
        (one.shard.location, one.shard.entry.file, one.row): one for one in inventory.sequences
    }
    placed = []
    for candidate in choice.candidates:
        location, entry, row = choice.shards.place(candidate.number)
        one = stored[location, entry.file, row]
        one = replace(one, shard=replace(one.shard, form=_view_form(one, config)))
        placed.append(Placed(one, one.split, one.name))
    chosen = {name: config.resolved()[name] for name in ("views", "split", "where", "limit")}
    settings = {"command": "export", **chosen, "shard_size": config.shard_size}
    derived = _as_views(plan_derived(_of_views(inventory), placed, settings), config)
    head = derived.head
    blocks = tuple(_block(task, head, config) for task in derived.tasks)
    samples: dict[str, int] = {}
    for task in derived.tasks:
        samples[task.split] = samples.get(task.split, 0) + task.count
    return LayoutPlan(blocks, samples, closing=partial(_index_file, derived))


def _of_views(inventory: Inventory) -> Inventory:
    """Return the inventory as of sets of layout views, which the new set is made like."""
    inputs = [replace(one, index=replace(one.index, layout="views")) for one in inventory.inputs]
    return replace(inventory, inputs=tuple(inputs))


def _as_views(plan: ReshapePlan, config: ExportConfig) -> ReshapePlan:
    """State in the index what the export has changed of the settings its sets have in common."""
    configuration = dict(plan.index.configuration)
    changed: dict[str, Any] = {"layout": "views", "compression": "none"}
    if config.views == "centre":
        changed["views"] = 1
    configuration |= {key: value for key, value in changed.items() if key in configuration}
    content = {"configuration": configuration, "derived": plan.index.fingerprint}
    index = replace(plan.index, configuration=configuration, fingerprint=fingerprint(content))
    return replace(plan, index=index)


def _view_form(one: StoredSequence, config: ExportConfig) -> ShardForm:
    """Return the datasets of a sequence once every frame is stored."""
    form = one.shard.form
    views, height, width = form.window
    exported = 1 if config.views == "centre" else views
    arrays: dict[str, tuple[tuple[int, ...], str]] = {}
    for name, shape, dtype in form.arrays:
        layout = FIELDS[name].layout
        if layout == "layers":
            arrays |= dict.fromkeys(FRAMES, ((exported, height, width, 3), "|u1"))
        elif name in FRAMES:
            arrays[name] = ((min(shape[0], exported), *shape[1:]), dtype)
        elif name in PER_VIEW:
            arrays[name] = ((exported, *shape[1:]), dtype)
        else:
            arrays[name] = (shape, dtype)
    listed = tuple((name, *arrays[name]) for name in sorted(arrays))
    return ShardForm(listed, form.parameter_names, "none", (exported, height, width))


def _block(task: CopyTask, head: SetHead, config: ExportConfig) -> Block:
    write = partial(write_views, task, head, config)
    return Block(task.file, (task.file,), task.count, write, task.nbytes)


def write_views(task: CopyTask, head: SetHead, config: ExportConfig, out: Path) -> None:
    """Write one shard; runs in a worker.

    Raises
    ------
    ShardError
        A shard read from is damaged.
    """
    for run in task.runs:
        check_whole(run.location, run.entry)
    own = record_of_shard(task.file, task.split, task.count, _details(task))
    texts = {INDEX_ATTRIBUTE: head.record, ENTRY_ATTRIBUTE: own}
    write_shard(shard_plan(head, task, out), _records(task, config), lambda: texts)


def _records(task: CopyTask, config: ExportConfig) -> Iterator[dict[str, Any]]:
    names = iter(task.names)
    for run in task.runs:
        shard = MappedShard(shard_file(run.location, run.entry))
        for row in run.rows:
            record = _record(shard, row, task, config)
            if task.names:
                record["name"] = next(names).encode()
            yield record


def _record(shard: MappedShard, row: int, task: CopyTask, config: ExportConfig) -> dict[str, Any]:
    """Return the values of a sequence by dataset."""
    views, height, width, _ = shard.shapes["blended"]
    frames: dict[str, NDArray[np.uint8]] = {
        name: np.empty(shape, np.uint8) for name, shape in shard.shapes.items()
    }
    fill_frames(shard, row, Crop(0, 0, height, width), frames)
    kept = slice(views // 2, views // 2 + 1) if config.views == "centre" else slice(None)
    record: dict[str, Any] = {}
    for name, _, _ in task.form.arrays:
        if name in frames:
            record[name] = frames[name] if len(frames[name]) < views else frames[name][kept]
        elif name in PER_VIEW:
            record[name] = shard.arrays[name][row][kept]
        elif name == "parameters":
            record[name] = shard.parameters(row)
        elif name in shard:
            record[name] = shard.arrays[name][row]
    return record


def _index_file(plan: ReshapePlan, records: Mapping[str, FileRecord]) -> Mapping[str, bytes]:
    """Return index.json over the finished shards."""
    index = plan.index.with_shards(_entries(plan.tasks, records), complete=True)
    return {INDEX_NAME: render(index)}


def _entries(tasks: Sequence[CopyTask], records: Mapping[str, FileRecord]) -> list[ShardEntry]:
    return [
        ShardEntry(
            task.file,
            task.split,
            task.count,
            records[task.file].bytes,
            records[task.file].sha256,
            _details(task),
        )
        for task in tasks
    ]


def _details(task: CopyTask) -> dict[str, Any]:
    return {"sequences": list(task.described)}
