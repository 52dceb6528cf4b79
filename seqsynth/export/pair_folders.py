"""Folders of pictures, one of each kind a sample, told apart by folder or by suffix."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from seqsynth.export.blocks import Block, LayoutPlan, LeftOut, divide_work
from seqsynth.export.candidates import Candidate, Choice
from seqsynth.export.config import ExportConfig
from seqsynth.export.pair_layouts import PAIR_LAYOUTS, REFLECTION, TRANSMISSION, Root
from seqsynth.export.pictures import encode_picture
from seqsynth.export.sequences import check_sources, frame_of
from seqsynth.output.kind import FileRecord
from seqsynth.shards import ShardSet
from seqsynth.tables import csv_text

SAMPLES_NAME = "samples.csv"


@dataclass(frozen=True)
class Picture:
    """A frame of a sequence, and the paths its file goes to."""

    view: int
    kind: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class _Sample:
    """One view of a sequence, for one root."""

    candidate: Candidate
    view: int


@dataclass(frozen=True)
class _Filled:
    """A root and what goes there: the rows of the list of samples, and path -> its frame."""

    rows: list[tuple[str, str, int, str, str, int]]
    frames: dict[str, tuple[_Sample, str]]
    listing: Mapping[str, bytes]


def plan_pair_folders(choice: Choice, config: ExportConfig) -> LayoutPlan:
    """Plan the pictures of a layout of `PAIR_LAYOUTS`."""
    left_out: list[LeftOut] = []
    rows = []
    samples: dict[str, int] = {}
    wanted: dict[int, dict[tuple[int, str], list[str]]] = {}
    closing: dict[str, bytes] = {}
    folders: list[str] = []
    for root in _roots(config):
        chosen = list(_fitting(root, choice, config, left_out))
        if not chosen:
            continue
        filled = _fill(root, chosen, config)
        rows += filled.rows
        closing |= filled.listing
        samples[root.name] = len(filled.frames) if root.listing else len(chosen)
        folders += root.folders
        for path, (sample, kind) in filled.frames.items():
            place = wanted.setdefault(sample.candidate.number, {})
            place.setdefault((sample.view, kind), []).append(path)
    closing[SAMPLES_NAME] = _table(rows)
    return LayoutPlan(
        blocks=tuple(_blocks(choice, wanted, config)),
        samples=samples,
        left_out=tuple(dict.fromkeys(left_out)),
        folders=tuple(folders),
        closing=partial(_closing, closing),
    )


def _closing(files: Mapping[str, bytes], records: Mapping[str, FileRecord]) -> Mapping[str, bytes]:
    return files


def _roots(config: ExportConfig) -> Iterator[Root]:
    """Yield the roots the configuration asks for."""
    for root in PAIR_LAYOUTS[config.to]:
        if config.training == "both" or root.training in ("", config.training):
            yield root


def _fitting(
    root: Root, choice: Choice, config: ExportConfig, left_out: list[LeftOut]
) -> Iterator[_Sample]:
    """Yield the samples a root can hold; note the others, but those a pool is not meant for."""
    needed = [kind for kind in root.files if kind not in root.optional]
    if root.training == "pool" and config.pool_reflections:
        needed.append(REFLECTION)
    for candidate in choice.of_split(*root.splits):
        if root.training == "pool" and candidate.kind != "synthetic":
            # Its photos may differ in size, and such loaders crop two photos by one rectangle.
            if config.training == "pool":
                left_out.append(LeftOut(candidate.name, None, "not synthetic, so for no pool"))
            continue
        for view in candidate.wanted(config):
            missing = [kind for kind in needed if not candidate.knows(kind, view)]
            if missing:
                shown = view if config.views == "all" else None
                left_out.append(LeftOut(candidate.name, shown, f"{missing[0]} unknown"))
            else:
                yield _Sample(candidate, view)


def _fill(root: Root, samples: Sequence[_Sample], config: ExportConfig) -> _Filled:
    """Name the pictures of a root: numbers with leading zeros, which sort in shard order."""
    kinds = [
        kind
        for kind in root.files
        if kind not in root.optional or all(s.candidate.knows(kind, s.view) for s in samples)
    ]
    stems = _stems(samples, config)
    rows = []
    frames: dict[str, tuple[_Sample, str]] = {}
    for stem, sample in zip(stems, samples, strict=True):
        candidate = sample.candidate
        rows.append(
            (root.name, stem, candidate.source, candidate.split, candidate.name, sample.view)
        )
        for kind in kinds:
            path = root.files[kind].format(stem=stem, suffix=config.format)
            frames[path] = (sample, kind)
    if root.training == "pool" and config.pool_reflections:
        # After every transmission: the loader's second half.
        for stem, sample in zip(stems, samples, strict=True):
            path = root.files[TRANSMISSION].format(stem=f"r-{stem}", suffix=config.format)
            frames[path] = (sample, REFLECTION)
    names = "".join(f"{Path(path).name}\n" for path in frames)
    return _Filled(rows, frames, {root.listing: names.encode()} if root.listing else {})


def _stems(samples: Sequence[_Sample], config: ExportConfig) -> list[str]:
    """Return the names of samples without suffix: the sequence's number, and the view's."""
    order = {sample.candidate.number: None for sample in samples}
    numbers = {number: place for place, number in enumerate(order)}
    digits = max(6, len(str(len(order) - 1)))
    view_digits = len(str(max(sample.candidate.views for sample in samples) - 1))
    stems = []
    for sample in samples:
        stem = f"{numbers[sample.candidate.number]:0{digits}d}"
        stems.append(f"{stem}-{sample.view:0{view_digits}d}" if config.views == "all" else stem)
    return stems


def _blocks(
    choice: Choice,
    wanted: Mapping[int, Mapping[tuple[int, str], list[str]]],
    config: ExportConfig,
) -> Iterator[Block]:
    """Divide the pictures into blocks, every picture encoded once."""
    candidates = [candidate for candidate in choice.candidates if candidate.number in wanted]

    def nbytes(candidate: Candidate) -> int:
        return candidate.picture_bytes * len(wanted[candidate.number])

    for place, members in enumerate(divide_work(candidates, nbytes)):
        pictures = [
            [Picture(view, kind, tuple(paths)) for (view, kind), paths in wanted[c.number].items()]
            for c in members
        ]
        yield Block(
            name=f"block-{place:06d}",
            files=tuple(path for listed in pictures for p in listed for path in p.paths),
            sequences=len(members),
            write=partial(write_pictures, choice.portion(members), pictures, config),
        )


def write_pictures(
    shards: ShardSet, pictures: Sequence[Sequence[Picture]], config: ExportConfig, folder: Path
) -> None:
    """Write the pictures of each sequence below a folder; runs in a worker."""
    check_sources(shards)
    with shards:
        for sequence, listed in zip(shards, pictures, strict=True):
            for picture in listed:
                content = encode_picture(frame_of(sequence, picture.kind, picture.view), config)
                for path in picture.paths:
                    (folder / path).write_bytes(content)


def _table(rows: Sequence[tuple[str, str, int, str, str, int]]) -> bytes:
    """Return the list that leads from a file's name back to its sequence."""
    head = ("part", "stem", "source", "split", "sequence", "view")
    return csv_text([head, *rows]).encode()
