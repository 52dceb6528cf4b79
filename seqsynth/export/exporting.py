"""Export shards to another project's layout: plan, make what is missing, finish."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import joblib

from seqsynth import __version__
from seqsynth.config import RunConfig, fingerprint
from seqsynth.engine import run_tasks
from seqsynth.errors import ConfigError
from seqsynth.export.blocks import Block, LayoutPlan, LeftOut
from seqsynth.export.candidates import Choice, choose
from seqsynth.export.config import ExportConfig
from seqsynth.export.pair_folders import plan_pair_folders
from seqsynth.export.pair_layouts import PAIR_LAYOUTS
from seqsynth.export.parquet import plan_parquet
from seqsynth.export.sequence_folders import plan_sequence_folders
from seqsynth.export.session import ExportSession, Made, make_block
from seqsynth.export.tar_shards import plan_tar_shards
from seqsynth.export.view_shards import plan_view_shards
from seqsynth.output.disk import as_output_error
from seqsynth.output.making import Making
from seqsynth.reshape.plan import check_apart
from seqsynth.shards.index import Location
from seqsynth.shards.inventory import read_inventory
from seqsynth.shards.leaks import describe_leaks, find_leaks
from seqsynth.shards.provenance import index_digest

log = logging.getLogger(__name__)

PLANNERS: Mapping[str, Callable[[Choice, ExportConfig], LayoutPlan]] = {
    **dict.fromkeys(PAIR_LAYOUTS, plan_pair_folders),
    "folders": plan_sequence_folders,
    "webdataset": plan_tar_shards,
    "hf": plan_parquet,
    "views": plan_view_shards,
}


@dataclass(frozen=True)
class ExportPlan:
    """What will be written, decided before anything is.

    Attributes
    ----------
    config : the settings
    layout : files, samples, and what is left out
    sources : of each shard set: kind, digest, fingerprint, and sequences chosen per split
    locations : where the shard sets lie
    """

    config: ExportConfig
    layout: LayoutPlan
    sources: tuple[Mapping[str, Any], ...]
    locations: tuple[Location, ...]

    @property
    def fingerprint(self) -> str:
        """Hash of what determines the content: the settings and the shards."""
        digests = [source["digest"] for source in self.sources]
        return fingerprint({"configuration": self.config.resolved(), "sources": digests})

    @property
    def sequences(self) -> int:
        """Number of sequences that are exported."""
        return sum(block.sequences for block in self.layout.blocks)

    @property
    def files(self) -> int:
        """Number of files of pictures and arrays."""
        return sum(len(block.files) for block in self.layout.blocks)


def plan_export(paths: Sequence[str | Path], config: ExportConfig) -> ExportPlan:
    """Choose the sequences and decide on every file.

    Raises
    ------
    ShardError
        A shard set cannot be read.
    ConfigError
        Nothing is left to export, or a package is missing.
    """
    choice = choose(paths, config)
    layout = PLANNERS[config.to](choice, config)
    if not layout.blocks:
        first = layout.left_out[0]
        total = len(choice.candidates)
        counted = "the 1 sequence" if total == 1 else f"the {total} sequences"
        raise ConfigError(
            f"layout {config.to} can hold none of {counted} (first, {first.name}: "
            f"{first.reason}); choose another layout, or other sequences"
        )
    sources = [_source(choice, number) for number in range(len(choice.indexes))]
    locations = tuple(location for location, _ in choice.shards.parts)
    _warn_of_leaks(choice)
    return ExportPlan(config, layout, tuple(sources), locations)


def _warn_of_leaks(choice: Choice) -> None:
    """Warn of photos that one set trains on and another holds out."""
    splits = {candidate.split for candidate in choice.candidates}
    alike: dict[tuple[str, str], list[Location]] = {}
    for location, index in choice.shards.parts:
        alike.setdefault((index.kind, index.layout), []).append(location)
    for locations in alike.values():
        if len(locations) > 1 and len(splits) > 1:
            inventory = read_inventory(locations, incomplete=True)
            leaks = find_leaks(s for s in inventory.sequences if s.split in splits)
            if leaks:
                log.warning(
                    "%s; seqsynth merge --drop-leaks makes one set without them, --split "
                    "exports one side",
                    describe_leaks(leaks, inventory),
                )


class ExportMaking:
    """The making of one export: enter it, iterate over it.

    Iterating yields the number of sequences of each block as it is finished.

    Parameters
    ----------
    plan : what to make
    out : output folder
    run : how to run it
    overwrite : replace another export that stands there

    Raises
    ------
    OutputError
        On entering: the output folder cannot be used, or lies in a shard set that is exported. On
        iterating: there is too little room, or a file cannot be written.
    """

    def __init__(
        self, plan: ExportPlan, out: Path, run: RunConfig, *, overwrite: bool = False
    ) -> None:
        self._plan = plan
        self._out = out
        session = ExportSession(out, manifest_head(plan), plan.layout.closing, overwrite=overwrite)
        self._session = session

        def make(missing: Sequence[Block]) -> Iterator[Made]:
            if missing or not session.was_complete:
                with as_output_error(out):
                    session.begin(file for block in missing for file in block.files)
            call = joblib.delayed(make_block)
            yield from run_tasks([call(block, out) for block in missing], run)

        advice = "make room, or choose fewer sequences (--limit, --where)"
        self._making = Making(session, plan.layout.blocks, make, advice=advice)

    def __enter__(self) -> Self:
        """Lock the output folder and find what an earlier run finished."""
        check_apart(self._out, self._plan.locations)
        self._making.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the work, leave nothing half-made, and unlock."""
        self._making.__exit__(kind, error, trace)

    @property
    def finished(self) -> int:
        """Number of sequences whose files are all there, those of earlier runs included."""
        return sum(block.sequences for block in self._making.done())

    @property
    def nbytes(self) -> int:
        """Bytes of all finished files."""
        return sum(record.bytes for record in self._session.records.values())

    def __iter__(self) -> Iterator[int]:
        """Make the missing blocks; then write the manifest."""
        return (block.sequences for block, _ in self._making)


def export(
    paths: Sequence[str | Path], out: Path, config: ExportConfig, run: RunConfig | None = None
) -> ExportPlan:
    """Export shard sets; the same call again resumes it.

    Raises
    ------
    SeqsynthError
        See `plan_export` and `ExportMaking`.
    """
    plan = plan_export(paths, config)
    with ExportMaking(plan, out, run or RunConfig()) as making:
        for _ in making:
            pass
    return plan


def manifest_head(plan: ExportPlan) -> dict[str, Any]:
    """Return everything the manifest says besides its files."""
    return {
        "layout": plan.config.to,
        "configuration": plan.config.resolved(),
        "fingerprint": plan.fingerprint,
        "library_version": __version__,
        "sources": list(plan.sources),
        "sequences": plan.sequences,
        "samples": dict(plan.layout.samples),
        "left_out": left_out_counts(plan.layout.left_out),
        "left_out_samples": [_left_out(item) for item in plan.layout.left_out],
        "folders": list(plan.layout.folders),
    }


def left_out_counts(items: Sequence[LeftOut]) -> dict[str, int]:
    """Return reason -> number of samples left out for it."""
    counts: dict[str, int] = {}
    for item in items:
        counts[item.reason] = counts.get(item.reason, 0) + 1
    return counts


def _left_out(item: LeftOut) -> list[Any]:
    return [item.name, item.view, item.reason]


def _source(choice: Choice, number: int) -> dict[str, Any]:
    """Return which shard set this is, and how many of its sequences were chosen."""
    index = choice.indexes[number]
    chosen: dict[str, int] = {}
    for candidate in choice.candidates:
        if candidate.source == number:
            chosen[candidate.split] = chosen.get(candidate.split, 0) + 1
    return {
        "kind": index.kind,
        "digest": index_digest(index),
        "fingerprint": index.fingerprint,
        "complete": index.complete,
        "chosen": chosen,
    }
