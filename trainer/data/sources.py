"""The shard folders a network learns from, and which of their sequences are of use."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqsynth.errors import ConfigError, ShardError
from seqsynth.files import real_path
from seqsynth.shards import ShardIndex, ShardSet, open_shards

ADDED_LIGHT = frozenset({"zhang", "ibcln", "linear"})
"""Blends that add linear light, (level / 255)^2.2, and record the transmission's gain."""

GAMMA = 2.2


Shapes = Mapping[str, tuple[int, int, int, int]]
"""Kind of frame -> (V, H, W, 3) of a sequence."""


@dataclass(frozen=True, eq=False)
class Source:
    """Sequences of one shard folder and split.

    Attributes
    ----------
    folder : where it lies
    index : its index.json
    sequences : those of use
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

    def where(self, holds: Callable[[Shapes], bool]) -> "Source":
        """Return the source's sequences of whose shapes something holds."""
        kept = [n for n in range(len(self.sequences)) if holds(self.sequences.shapes(n))]
        if len(kept) == len(self.sequences):
            return self
        return replace(self, sequences=self.sequences.take(kept))

    def without(self, rows: Collection[tuple[str, int]]) -> "Source":
        """Return the source without the sequences at these (shard file, row)."""
        if not rows:
            return self
        places = (self.sequences.place(number) for number in range(len(self.sequences)))
        kept = [n for n, (_, entry, row) in enumerate(places) if (entry.file, row) not in rows]
        return replace(self, sequences=self.sequences.take(kept))

    def formula(self, number: int) -> tuple[float, float]:
        """Return gain a and power p of I^p = a T^p + R^p, which made a sequence; zeros of another.

        Light adds in the blends of `ADDED_LIGHT`, levels in CEILNet's.
        """
        blend = self.index.configuration.get("blend") if self.kind == "synthetic" else None
        if blend == "ceilnet":
            return 1.0, 1.0
        if blend not in ADDED_LIGHT:
            return 0.0, 0.0
        parameters = self.sequences.metadata(number)["parameters"]
        return float(parameters["transmission_gain"]), GAMMA


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
    left_out : how many sequences leaked and were left out, and a digest of which
    """

    name: str
    kind: str
    fingerprint: str
    configuration: dict[str, Any]
    counts: dict[str, int]
    digest: dict[str, str]
    left_out: str = "none"


def open_sources(
    folders: Iterable[Path], split: str, mix: Mapping[str, float], *, truth: bool = True
) -> list[Source]:
    """Open the sequences of ``split`` in several shard folders.

    Parameters
    ----------
    truth : only those whose transmission is known

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
        weight = mix.get(real_path(folder).name, mix.get(index.kind, 1.0))
        sources.append(Source(folder, index, shards.split(split), weight))
    names = {name for s in sources for name in (real_path(s.folder).name, s.kind)}
    if unknown := sorted(set(mix) - names):
        raise ConfigError(f"mix names {unknown[0]!r}, but there is only {', '.join(sorted(names))}")
    return with_truth(sources) if truth else sources


def open_scored(folder: Path) -> Source:
    """Open what is scored of a shard folder: what it holds out, or all of it where that is nothing.

    Raises
    ------
    ShardError
        The folder holds no shard set, or no sequence with a known transmission.
    """
    shards = open_shards(folder)
    index = shards.parts[0][1]
    held_out, every = with_truth(Source(folder, index, s) for s in (shards.split("val"), shards))
    source = held_out if len(held_out.sequences) else every
    if not len(source.sequences):
        raise ShardError(f"{folder}: no sequence with ground truth to score; name another set")
    return source


def with_truth(sources: Iterable[Source]) -> list[Source]:
    """Return the sequences whose transmission is known, which is what a student needs."""
    return [source.where(lambda shapes: "transmission" in shapes) for source in sources]


def without_truth(source: Source) -> Source:
    """Return the sequences whose transmission is not known."""
    return source.where(lambda shapes: "transmission" not in shapes)


def with_views_or_truth(sources: Iterable[Source]) -> list[Source]:
    """Return the sequences that are more than a photo of which nothing is known."""
    return [s.where(lambda f: f["blended"][0] > 1 or "transmission" in f) for s in sources]


def without_photos(sources: Iterable[Source]) -> list[Source]:
    """Return the sequences with neighbouring views, which is what a teacher needs.

    A single view is a photo, whatever the kind of its set.
    """
    return [source.where(lambda shapes: shapes["blended"][0] > 1) for source in sources]


def large_enough(source: Source, side: int) -> Source:
    """Return the sequences whose views are ``side`` px or more both ways."""
    return source.where(lambda shapes: min(shapes["blended"][1:3]) >= side)


def check_shapes(source: Source, views: int, side: int = 1, *, scored: bool = False) -> None:
    """Refuse sequences that would not fit into a batch.

    Parameters
    ----------
    views : wanted of a sequence; of more the middle ones are taken
    side : that views must have, px
    scored : they are held out, which no crop and no `below_crop` makes larger

    Raises
    ------
    ShardError
        The first sequence that does not fit, and what would help.
    """
    for number in range(len(source.sequences)):
        found, height, width, _ = source.sequences.shapes(number)["blended"]
        name = f"{source.folder}: {source.sequences.name(number)}"
        if 1 < found < views:
            raise ShardError(
                f"{name} has {found} views, {views} wanted: set net.views = {found}; of sequences "
                "with more, the middle ones are taken"
            )
        if min(height, width) < side:
            way_out = (
                "scores need as much: leave it out with seqsynth subset, or name another set"
                if scored
                else "lower the crop, make larger windows, or set below_crop = 'skip' or 'pad'"
            )
            raise ShardError(f"{name} is {width}x{height} px, smaller than {side} px: {way_out}")


def mark_shards(
    sources: Iterable[Source], left_out: Iterable[Collection[tuple[str, int]]]
) -> tuple[ShardMark, ...]:
    """Return what identifies the shards of a run.

    Parameters
    ----------
    left_out : for each source, the (shard file, row) of what leaks
    """
    return tuple(
        ShardMark(
            name=real_path(source.folder).name,
            kind=source.kind,
            fingerprint=source.index.fingerprint,
            configuration=dict(source.index.configuration),
            counts=source.index.counts(),
            digest={shard.file: shard.sha256 for shard in source.index.shards},
            left_out=_describe_rows(rows),
        )
        for source, rows in zip(sources, left_out, strict=True)
    )


def _describe_rows(rows: Collection[tuple[str, int]]) -> str:
    """Return the number of rows and a digest that tells them from others."""
    if not rows:
        return "none"
    digest = hashlib.sha256(repr(sorted(rows)).encode()).hexdigest()
    return f"{len(rows)} that leak ({digest[:12]})"
