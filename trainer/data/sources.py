"""The shard folders a network learns from, and which of their sequences are of use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqsynth.errors import ConfigError, ShardError
from seqsynth.shards import ShardIndex, ShardSet, open_shards


@dataclass(frozen=True, eq=False)
class Source:
    """The usable sequences of one shard folder and split.

    Attributes
    ----------
    folder : where it lies
    index : its index.json
    sequences : those with a known transmission
    weight : times each is seen per epoch
    """

    folder: Path
    index: ShardIndex
    sequences: ShardSet
    weight: float = 1.0

    @property
    def kind(self) -> str:
        """Kind of the shard set: "synthetic", "captured" or "pair"."""
        return self.index.kind


@dataclass(frozen=True)
class ShardMark:
    """What a checkpoint remembers of a shard folder, to know it again.

    Attributes
    ----------
    name : of the folder
    kind : of its sequences
    fingerprint : of its index
    configuration : that made it
    counts : sequences of each split
    digest : sha256 of each shard file, by name
    """

    name: str
    kind: str
    fingerprint: str
    configuration: dict[str, Any]
    counts: dict[str, int]
    digest: dict[str, str]


def open_sources(folders: Iterable[Path], split: str, mix: Mapping[str, float]) -> list[Source]:
    """Open the sequences of ``split`` in several shard folders.

    Raises
    ------
    ShardError
        A folder holds no shard set, or a torn one.
    ConfigError
        ``mix`` names neither a kind nor a folder.
    """
    sources = []
    for folder in folders:
        shards = open_shards(folder)
        index = shards.parts[0][1]
        weight = mix.get(folder.resolve().name, mix.get(index.kind, 1.0))
        sources.append(Source(folder, index, _with_truth(shards.split(split)), weight))
    names = {name for s in sources for name in (s.folder.resolve().name, s.kind)}
    if unknown := sorted(set(mix) - names):
        raise ConfigError(f"mix names {unknown[0]!r}, but there is only {', '.join(sorted(names))}")
    return sources


def open_scored(folder: Path) -> Source:
    """Open what is scored of a shard folder: what it holds out, or all of it where that is nothing.

    Raises
    ------
    ShardError
        The folder holds no shard set, or no sequence with a known transmission.
    """
    shards = open_shards(folder)
    held_out = _with_truth(shards.split("val"))
    sequences = held_out if len(held_out) else _with_truth(shards)
    if not len(sequences):
        raise ShardError(f"{folder}: no sequence with ground truth to score; name another set")
    return Source(folder, shards.parts[0][1], sequences)


def _with_truth(sequences: ShardSet) -> ShardSet:
    """Return the sequences whose transmission is known: without it nothing can be learnt."""
    known = [n for n in range(len(sequences)) if "transmission" in sequences.shapes(n)]
    return sequences if len(known) == len(sequences) else sequences.take(known)


def without_photos(sources: Iterable[Source]) -> list[Source]:
    """Return the sources whose sequences have neighbouring views, which is what a teacher needs."""
    return [source for source in sources if source.kind != "pair"]


def check_shapes(source: Source, views: int, crop: int) -> None:
    """Refuse sequences that would not fit into a batch.

    Raises
    ------
    ShardError
        The first sequence that does not fit, and what would help.
    """
    for number in range(len(source.sequences)):
        found, height, width, _ = source.sequences.shapes(number)["blended"]
        name = f"{source.folder}: {source.sequences.name(number)}"
        if found not in (1, views):
            raise ShardError(f"{name} has {found} views, {views} wanted: set net.views = {found}")
        if min(height, width) < crop:
            raise ShardError(
                f"{name} is {width}x{height} px, smaller than the crop of {crop} px: lower the "
                "crop, or make larger windows"
            )


def mark_shards(sources: Iterable[Source]) -> tuple[ShardMark, ...]:
    """Return what identifies the shards of a run."""
    return tuple(
        ShardMark(
            name=source.folder.resolve().name,
            kind=source.kind,
            fingerprint=source.index.fingerprint,
            configuration=dict(source.index.configuration),
            counts=source.index.counts(),
            digest={shard.file: shard.sha256 for shard in source.index.shards},
        )
        for source in sources
    )
