"""Layout ``folders``: one folder a sequence, with numbered views and trajectory.json."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from seqsynth.export.blocks import Block, LayoutPlan, divide_work, json_bytes
from seqsynth.export.candidates import Candidate, Choice
from seqsynth.export.config import ExportConfig
from seqsynth.export.pictures import encode_picture
from seqsynth.export.sequences import check_sources, frame_of, sequence_document
from seqsynth.shards import ShardSet
from seqsynth.shards.schema import SPLITS

TRAJECTORY_NAME = "trajectory.json"

FolderTask = tuple[str, Candidate]
"""A sequence's folder, and what is known of the sequence."""


def plan_sequence_folders(choice: Choice, config: ExportConfig) -> LayoutPlan:
    """Plan SPLIT/NUMBER/KIND-VIEW.png and SPLIT/NUMBER/trajectory.json."""
    digits = max(6, len(str(len(choice.candidates) - 1)))
    blocks: list[Block] = []
    samples = {}
    for split in SPLITS:
        members = choice.of_split(split)
        if members:
            samples[split] = len(members)
        tasks = [(f"{split}/{place:0{digits}d}", c) for place, c in enumerate(members)]
        for part in divide_work(tasks, lambda task: task[1].pixel_bytes(config)):
            blocks.append(_block(f"block-{len(blocks):06d}", choice, part, config))
    return LayoutPlan(tuple(blocks), samples)


def _block(name: str, choice: Choice, tasks: Sequence[FolderTask], config: ExportConfig) -> Block:
    files = []
    for folder, candidate in tasks:
        files += [path for path, _, _ in _pictures(folder, candidate, config)]
        files.append(f"{folder}/{TRAJECTORY_NAME}")
    shards = choice.portion(candidate for _, candidate in tasks)
    return Block(name, tuple(files), len(tasks), partial(write_folders, shards, tasks, config))


def _pictures(
    folder: str, candidate: Candidate, config: ExportConfig
) -> list[tuple[str, str, int]]:
    """Return path, kind and view of each picture of a sequence."""
    digits = len(str(candidate.views - 1))
    return [
        (f"{folder}/{kind}-{view:0{digits}d}.{config.format}", kind, view)
        for kind, views in candidate.frames(config).items()
        for view in views
    ]


def write_folders(
    shards: ShardSet, tasks: Sequence[FolderTask], config: ExportConfig, out: Path
) -> None:
    """Write the folders of some sequences; runs in a worker."""
    check_sources(shards)
    with shards:
        for sequence, (folder, candidate) in zip(shards, tasks, strict=True):
            for path, kind, view in _pictures(folder, candidate, config):
                content = encode_picture(frame_of(sequence, kind, view), config)
                (out / path).write_bytes(content)
            document = sequence_document(sequence, candidate.frames(config))
            (out / folder / TRAJECTORY_NAME).write_bytes(json_bytes(document))
