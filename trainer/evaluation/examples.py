"""The photos of a benchmark: where they lie in shards, which tables' columns they count in."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from seqsynth.errors import ShardError
from seqsynth.files import real_path
from seqsynth.sequence import Image
from seqsynth.shards import ShardSet, aliases_of, open_shards
from trainer.evaluation.published import BENCHMARKS

EVALUATED = {"synthetic": "val", "captured": "test", "pair": "test"}
"""Split that is scored, by the kind of shard set: what no network has seen."""

USUAL_NAMES = {"synthetic": "synthetic", "captured": "Seq1K"}
"""Column of sets that do not name their benchmark."""


@dataclass(frozen=True, eq=False)
class Example:
    """One photo with its ground truth.

    Attributes
    ----------
    benchmark, subset : columns it counts in; subset may be ""
    name : unique in its benchmark
    aliases : names, without suffix, under which somebody may have saved a prediction of this photo
        and of no other
    shards, number : where it is stored
    """

    benchmark: str
    subset: str
    name: str
    aliases: tuple[str, ...]
    shards: ShardSet
    number: int

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table it counts in."""
        return (self.benchmark, f"{self.benchmark}-{self.subset}")[: 2 if self.subset else 1]

    def read(self) -> tuple[Image, Image]:
        """Return the centre view and its transmission, uint8 (H, W, 3)."""
        sequence = self.shards[self.number]
        truth = sequence.centre_transmission
        if truth is None:
            raise ShardError(f"{self.name} has no ground truth")
        return sequence.centre_blended, truth


@dataclass(frozen=True)
class Benchmark:
    """The examples of one or more shard sets.

    Attributes
    ----------
    examples : in the order of the shards
    notes : what a reader of the numbers must know: counts, releases, what was skipped
    """

    examples: tuple[Example, ...]
    notes: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """Every column, those of the paper's Table 1 first and in its order.

        A subset that is the whole of its benchmark would repeat it, and has a column only in the
        paper's table.
        """
        counts = Counter(column for one in self.examples for column in one.columns)
        whole = {
            subset
            for one in self.examples
            for subset in one.columns[1:]
            if counts[subset] == counts[one.benchmark]
        }
        known = [column for column in BENCHMARKS if column in counts]
        return known + [column for column in counts if column not in {*known, *whole}]

    def of(self, column: str) -> list[Example]:
        """Return the examples that count in a column."""
        return [one for one in self.examples if column in one.columns]


def open_examples(folders: Iterable[tuple[str, Path]], split: str = "") -> Benchmark:
    """Find the photos to score in shard folders.

    Parameters
    ----------
    folders : name of the column, or "" for the set's own, and folder
    split : the split to take; "" takes what no network has seen (`EVALUATED`)

    Raises
    ------
    ShardError
        A folder holds no shard set, or no example is found at all.
    """
    examples: dict[tuple[str, str], Example] = {}
    notes = []
    for name, folder in folders:
        shards = open_shards(folder)
        index = shards.parts[0][1]
        chosen = split or EVALUATED[index.kind]
        taken = shards.split(chosen)
        known = [n for n in range(len(taken)) if "transmission" in taken.shapes(n)]
        usual = USUAL_NAMES.get(index.kind, real_path(folder).name)
        found = [_example(taken, number, name, usual) for number in known]
        twins = [one.name for one in found if (one.benchmark, one.name) in examples]
        if twins:
            raise ShardError(
                f"{folder}: {twins[0]} of {found[0].benchmark} is in another shard "
                "set too; give each photo once"
            )
        examples |= {(one.benchmark, one.name): one for one in found}
        notes += _notes(folder, chosen, found, len(taken) - len(known))
        notes += [str(remark) for remark in index.sources.get("remarks", ())]
    if not examples:
        raise ShardError(
            f"no photo with ground truth to score: {'; '.join(notes)}; another "
            "--split may have some"
        )
    return Benchmark(tuple(_keep_unique(list(examples.values()))), tuple(notes))


def _example(shards: ShardSet, number: int, given: str, usual: str) -> Example:
    metadata = shards.metadata(number)
    name = shards.name(number)
    return Example(
        benchmark=given or str(metadata.get("benchmark", usual)),
        subset=str(metadata.get("subset", "")),
        name=name,
        aliases=aliases_of(name, str(metadata.get("files", {}).get("blended", ""))),
        shards=shards,
        number=number,
    )


def _keep_unique(examples: list[Example]) -> list[Example]:
    """Drop every alias that would name two photos, such as the m of SIR2's SCENE/m.png."""
    own = Counter((one.benchmark, alias) for one in examples for alias in one.aliases)
    every = Counter(alias for one in examples for alias in one.aliases)
    return [
        replace(
            one,
            aliases=(
                *(f"{one.benchmark}/{a}" for a in one.aliases if own[one.benchmark, a] == 1),
                *(a for a in one.aliases if every[a] == 1),
            ),
        )
        for one in examples
    ]


def _notes(folder: Path, split: str, found: list[Example], blind: int) -> list[str]:
    names = ", ".join(dict.fromkeys(one.benchmark for one in found)) or real_path(folder).name
    skipped = f", {blind} without ground truth skipped" if blind else ""
    noun = "photo" if len(found) == 1 else "photos"
    return [f"{names}: {len(found)} {noun} of split {split}{skipped}"]
