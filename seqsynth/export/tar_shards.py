"""Layout ``webdataset``: tar files of samples, written by the webdataset library."""

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.export.blocks import Block, LayoutPlan, divide, json_bytes
from seqsynth.export.candidates import Candidate, Choice
from seqsynth.export.config import ExportConfig
from seqsynth.export.extras import load
from seqsynth.export.pictures import encode_picture
from seqsynth.export.sequences import check_sources, frame_of, sequence_document
from seqsynth.sequence import ViewSequence
from seqsynth.shards import ShardSet
from seqsynth.shards.schema import SPLITS

OWNER = {"user": "seqsynth", "group": "seqsynth", "mtime": 0.0, "mode": 0o644}
"""Fixed, so that the same samples give the same bytes."""

Member = tuple[str, Candidate]
"""A sample's key, and what is known of its sequence."""


def plan_tar_shards(choice: Choice, config: ExportConfig) -> LayoutPlan:
    """Plan SPLIT-NUMBER.tar, samples in shard order."""
    load("webdataset", "webdataset")
    digits = max(6, len(str(len(choice.candidates) - 1)))
    blocks = []
    samples = {}
    for split in SPLITS:
        members = choice.of_split(split)
        if members:
            samples[split] = len(members)
        keyed = [(f"{split}-{place:0{digits}d}", c) for place, c in enumerate(members)]
        parts = divide(keyed, lambda member: member[1].pixel_bytes(config), config.shard_size)
        for number, part in enumerate(parts):
            file = f"{split}-{number:06d}.tar"
            shards = choice.portion(candidate for _, candidate in part)
            write = partial(write_tar, file, shards, part, config)
            blocks.append(Block(file, (file,), len(part), write, _least_bytes(part, config)))
    return LayoutPlan(tuple(blocks), samples)


def _least_bytes(members: Sequence[Member], config: ExportConfig) -> int:
    """Return the bytes of arrays; pictures are packed, nobody knows how far."""
    if config.format != "npy":
        return 0
    return sum(candidate.pixel_bytes(config) for _, candidate in members)


def write_tar(
    file: str, shards: ShardSet, members: Sequence[Member], config: ExportConfig, out: Path
) -> None:
    """Write one tar file; runs in a worker."""
    webdataset = load("webdataset", "webdataset")
    check_sources(shards)
    with (
        (out / file).open("wb") as stream,
        webdataset.TarWriter(stream, encoder=False, **OWNER) as tar,
        shards,
    ):
        for sequence, (key, candidate) in zip(shards, members, strict=True):
            tar.write({"__key__": key, **_parts(sequence, candidate, config)})


def _parts(sequence: ViewSequence, candidate: Candidate, config: ExportConfig) -> dict[str, bytes]:
    """Return the members of a sample: suffix -> content."""
    frames = candidate.frames(config)
    parts = {"json": json_bytes(sequence_document(sequence, frames))}
    for kind, views in frames.items():
        pictures = [frame_of(sequence, kind, view) for view in views]
        if config.format == "npy":
            whole = np.stack(pictures) if config.views == "all" else pictures[0]
            parts[f"{kind}.npy"] = _npy(whole)
            continue
        for view, picture in zip(views, pictures, strict=True):
            suffix = f"{kind}.{view}" if config.views == "all" else kind
            parts[f"{suffix}.{config.format}"] = encode_picture(picture, config)
    return parts


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
