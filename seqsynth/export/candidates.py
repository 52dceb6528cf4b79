"""What there is to export: facts of each chosen sequence, without its pixels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsynth.errors import ConfigError, ShardError
from seqsynth.export.config import ExportConfig
from seqsynth.shards import FRAMES, ShardEntry, ShardIndex, ShardSet, open_shards
from seqsynth.shards.index import Location
from seqsynth.shards.schema import SPLITS
from seqsynth.shards.selection import parse_condition, select

BLENDED, TRANSMISSION, REFLECTION = FRAMES


@dataclass(frozen=True)
class Candidate:
    """A chosen sequence, before any of its pixels is read.

    Attributes
    ----------
    number : its place in the chosen set
    name, split : as in its shards
    source : which of the shard sets it comes from
    kind : that set's kind
    shapes : kind of frame -> (V, H, W, 3), for the kinds it has
    """

    number: int
    name: str
    split: str
    source: int
    kind: str
    shapes: Mapping[str, tuple[int, int, int, int]]

    @property
    def views(self) -> int:
        """Number of views."""
        return self.shapes[BLENDED][0]

    @property
    def centre(self) -> int:
        """Number of the centre view."""
        return self.views // 2

    @property
    def picture_bytes(self) -> int:
        """Bytes of the pixels of one view."""
        _, height, width, _ = self.shapes[BLENDED]
        return 3 * height * width

    def wanted(self, config: ExportConfig) -> range:
        """Return the numbers of the views the configuration asks for."""
        centre = self.centre
        return range(self.views) if config.views == "all" else range(centre, centre + 1)

    def frames(self, config: ExportConfig) -> dict[str, list[int]]:
        """Return kind of frame -> the wanted views of which it is known, if any."""
        known = {
            kind: [view for view in self.wanted(config) if self.knows(kind, view)]
            for kind in FRAMES
        }
        return {kind: views for kind, views in known.items() if views}

    def pixel_bytes(self, config: ExportConfig) -> int:
        """Return the bytes of all wanted frames."""
        return self.picture_bytes * sum(map(len, self.frames(config).values()))

    def knows(self, kind: str, view: int) -> bool:
        """Return whether a kind of frame is known for a view."""
        if kind not in self.shapes:
            return False
        return self.shapes[kind][0] == self.views or view == self.centre


@dataclass(frozen=True)
class Choice:
    """What was chosen of which shard sets.

    Attributes
    ----------
    shards : the chosen sequences, in the order of the sets
    candidates : their facts, one each
    indexes : of the shard sets they were chosen from
    """

    shards: ShardSet
    candidates: tuple[Candidate, ...]
    indexes: tuple[ShardIndex, ...]

    def of_split(self, *splits: str) -> list[Candidate]:
        """Return the candidates of the named splits, split by split."""
        return [c for split in splits for c in self.candidates if c.split == split]

    def portion(self, candidates: Iterable[Candidate]) -> ShardSet:
        """Return the sequences of some candidates over their own shards alone.

        Every worker's task takes such a set along; the whole set's index would outweigh the work.
        """
        shards: list[tuple[Location, ShardEntry]] = []
        starts: dict[tuple[Location, str], int] = {}
        rows = []
        total = 0
        for candidate in candidates:
            location, entry, row = self.shards.place(candidate.number)
            key = location, entry.file
            if key not in starts:
                starts[key] = total
                shards.append((location, entry))
                total += entry.count
            rows.append(starts[key] + row)
        return ShardSet((), shards, rows)


def choose(paths: Sequence[str | Path], config: ExportConfig) -> Choice:
    """Choose the sequences the configuration asks for.

    Raises
    ------
    ShardError
        A shard set cannot be read.
    ConfigError
        No sequence is left, or a condition asks for what no sequence has.
    """
    everything = open_shards(paths)
    conditions = [parse_condition(text) for text in config.where]
    chosen = select(everything, split=config.split, where=conditions, limit=config.limit)
    if not len(chosen):
        raise ConfigError(
            f"no sequence of {len(everything)} is left by these --split and --where; seqsynth info "
            "says what there is"
        )
    sources = {str(folder): number for number, (folder, _) in enumerate(chosen.parts)}
    if len(sources) < len(chosen.parts):
        folders = [str(folder) for folder, _ in chosen.parts]
        twice = next(folder for folder in folders if folders.count(folder) > 1)
        raise ShardError(f"{twice} is named twice; name each shard set once")
    indexes = tuple(index for _, index in chosen.parts)
    candidates = []
    for number in range(len(chosen)):
        folder, entry, _ = chosen.place(number)
        source = sources[str(folder)]
        candidates.append(
            Candidate(
                number=number,
                name=chosen.name(number),
                split=entry.split,
                source=source,
                kind=indexes[source].kind,
                shapes=chosen.shapes(number),
            )
        )
    candidates.sort(key=lambda candidate: SPLITS.index(candidate.split))
    return Choice(chosen, tuple(candidates), indexes)
