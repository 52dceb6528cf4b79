"""Layout ``hf``: Parquet files with the pictures in them, as ``datasets.load_dataset`` opens."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from seqsynth.export.blocks import Block, LayoutPlan, divide
from seqsynth.export.candidates import Candidate, Choice
from seqsynth.export.config import ExportConfig
from seqsynth.export.data_card import render_data_card
from seqsynth.export.extras import load
from seqsynth.export.pictures import encode_picture
from seqsynth.export.sequences import (
    camera_document,
    check_sources,
    frame_of,
    trajectory_document,
)
from seqsynth.files import json_line
from seqsynth.output.kind import FileRecord
from seqsynth.sequence import ViewSequence
from seqsynth.shards import FRAMES, ShardSet
from seqsynth.shards.schema import SPLITS

HF_SPLITS = {"train": "train", "val": "validation", "test": "test"}

README_NAME = "README.md"

GROUP_ROWS = 100
"""Rows of a row group: what a reader that wants one row has to load."""


@dataclass(frozen=True)
class ParquetTask:
    """One file: its path, its sequences, and the columns."""

    file: str
    candidates: tuple[Candidate, ...]
    schema: Any


def plan_parquet(choice: Choice, config: ExportConfig) -> LayoutPlan:
    """Plan data/SPLIT-NUMBER-of-COUNT.parquet and the README.md that lists them."""
    schema = _schema(config)
    blocks = []
    samples = {}
    for split in SPLITS:
        members = choice.of_split(split)
        if members:
            samples[split] = len(members)
        parts = list(divide(members, lambda c: c.pixel_bytes(config), config.shard_size))
        for number, part in enumerate(parts):
            file = f"data/{HF_SPLITS[split]}-{number:05d}-of-{len(parts):05d}.parquet"
            task = ParquetTask(file, tuple(part), schema)
            write = partial(write_parquet, task, choice.portion(part), config)
            blocks.append(Block(Path(file).stem, (file,), len(part), write))
    rows = {HF_SPLITS[split]: count for split, count in samples.items()}
    card = render_data_card(choice.indexes, {s: f"data/{s}-*.parquet" for s in rows}, rows)
    readme = {README_NAME: card.encode()}
    return LayoutPlan(tuple(blocks), samples, closing=partial(_closing, readme))


def _closing(files: Mapping[str, bytes], records: Mapping[str, FileRecord]) -> Mapping[str, bytes]:
    return files


def _schema(config: ExportConfig) -> Any:
    """Return the columns as an Arrow schema that says which of them are pictures.

    The datasets library is slow to import, so it is asked once and workers do without it.
    """
    datasets = load("datasets", "hf")
    text, number = datasets.Value("string"), datasets.Value("int32")
    picture = datasets.Image()
    column = picture if config.views == "centre" else [picture]
    features = datasets.Features(
        {
            "name": text,
            "kind": text,
            "views": number,
            "centre": number,
            **dict.fromkeys(FRAMES, column),
            "transmission_origin": [[number]],
            "reflection_origin": [[number]],
            "metadata": text,
        }
    )
    return features.arrow_schema


def write_parquet(task: ParquetTask, shards: ShardSet, config: ExportConfig, out: Path) -> None:
    """Write one file; runs in a worker."""
    check_sources(shards)
    with _system_words():
        _write(task, shards, config, out)


def _write(task: ParquetTask, shards: ShardSet, config: ExportConfig, out: Path) -> None:
    arrow, parquet = load("pyarrow", "hf"), load("pyarrow.parquet", "hf")
    options = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    with shards, parquet.ParquetWriter(out / task.file, task.schema, **options) as writer:
        for start in range(0, len(shards), GROUP_ROWS):
            group = shards[start : start + GROUP_ROWS]
            rows = [
                _row(sequence, candidate, config)
                for sequence, candidate in zip(group, task.candidates[start:], strict=False)
            ]
            writer.write_table(arrow.Table.from_pylist(rows, schema=task.schema))


@contextmanager
def _system_words() -> Iterator[None]:
    """Give the system's errors its words alone: pyarrow wraps them in its own."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, os.strerror(error.errno)) from error


def _row(sequence: ViewSequence, candidate: Candidate, config: ExportConfig) -> dict[str, Any]:
    origins = trajectory_document(sequence.trajectory) or {}
    recorded = dict(sequence.metadata)
    if sequence.camera is not None:
        recorded["camera"] = camera_document(sequence.camera)
    return {
        "name": sequence.name,
        "kind": candidate.kind,
        "views": sequence.views,
        "centre": sequence.centre,
        **{kind: _cell(sequence, kind, candidate, config) for kind in FRAMES},
        "transmission_origin": origins.get("transmission"),
        "reflection_origin": origins.get("reflection"),
        "metadata": json_line(recorded),
    }


def _cell(sequence: ViewSequence, kind: str, candidate: Candidate, config: ExportConfig) -> Any:
    """Return a picture, or one for each view, None for what is unknown."""
    pictures = [
        _picture(sequence, kind, view, config) if candidate.knows(kind, view) else None
        for view in candidate.wanted(config)
    ]
    return pictures if config.views == "all" else pictures[0]


def _picture(sequence: ViewSequence, kind: str, view: int, config: ExportConfig) -> dict[str, Any]:
    content = encode_picture(frame_of(sequence, kind, view), config)
    return {"bytes": content, "path": f"{kind}-{view}.{config.format}"}
