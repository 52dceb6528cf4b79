"""Make a whole shard set of synthetic sequences: plan it, run it in parallel, resume it."""

import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Self

import joblib
import numpy as np

from seqsynth import __version__
from seqsynth.config import RunConfig, SynthesisConfig, fingerprint
from seqsynth.engine import run_tasks, worker_count
from seqsynth.errors import OutputError, SeqsynthError, ShardError, SourceError
from seqsynth.shards.index import ShardEntry, ShardIndex
from seqsynth.shards.schema import Array
from seqsynth.shards.session import JOURNAL_NAME, WriteSession
from seqsynth.shards.writer import ShardPlan, reason_of, write_shard
from seqsynth.synthesis.photos import PhotoSource, shared_cache
from seqsynth.synthesis.pipeline import Record, Synthesiser
from seqsynth.voc import PhotoList, Pools, find_photos, split_pools

SPLITS = ("train", "val")


@dataclass(frozen=True)
class ShardTask:
    """One shard to be made: everything a worker needs, and no more."""

    file: str
    split: str
    first: int
    count: int


@dataclass(frozen=True)
class GenerationPlan:
    """What `generate` will do, decided before anything is written.

    Attributes
    ----------
    config : the configuration
    photos, pools : the photos and their division
    index : the index to be, its shards left out
    tasks : one a shard, training shards first
    nbytes : uncompressed bytes of all shards
    """

    config: SynthesisConfig
    photos: PhotoList
    pools: Pools
    index: ShardIndex
    tasks: tuple[ShardTask, ...]
    nbytes: int

    @property
    def sequences(self) -> int:
        """Number of sequences to be made."""
        return sum(task.count for task in self.tasks)


def plan_generation(voc: Path, config: SynthesisConfig) -> GenerationPlan:
    """Find the photos, split them and divide the sequences into shards.

    Raises
    ------
    SourceError
        The photos cannot be found or are too few.
    """
    photos = find_photos(voc, config.image_set)
    try:
        pools = split_pools(list(photos.files), config.seed, config.val_fraction)
    except SourceError as error:
        raise SourceError(
            f"{photos.folder}, image set {photos.name}: {error}; choose a larger image set"
        ) from None
    resolved = {**config.resolved(), "image_set": photos.name}
    total = config.sequences or len(pools.transmission_train) + len(pools.transmission_val)
    resolved["sequences"] = total
    val = int(config.val_fraction * total + 0.5)
    each = sum(array.nbytes for array in _arrays(config, pools).values())
    capacity = max(1, config.shard_size // each)
    tasks = [*_divide("train", total - val, capacity), *_divide("val", val, capacity)]
    index = ShardIndex(
        kind="synthetic",
        layout=config.resolved_layout,
        configuration=resolved,
        fingerprint=fingerprint({"configuration": resolved, "pools": pools.as_json()}),
        library_version=__version__,
        complete=False,
        sources={"pools": pools.as_json()},
        shards=(),
    )
    return GenerationPlan(config, photos, pools, index, tuple(tasks), total * each)


class Generation:
    """A run of a plan: enter it, iterate over it to make the missing shards, take its ``index``.

    Parameters
    ----------
    plan : what to make
    out : output folder
    run : how to run it
    overwrite : replace another shard set that stands there

    Attributes
    ----------
    index : the finished index, once iteration has ended

    Raises
    ------
    OutputError, ShardError
        On entering: the output folder cannot be used (see `WriteSession`), or the disk is too full.
    """

    def __init__(
        self, plan: GenerationPlan, out: Path, run: RunConfig, *, overwrite: bool = False
    ) -> None:
        self.plan = plan
        self.index = plan.index
        self._out = out
        self._run = run
        self._session = WriteSession(out, plan.index, overwrite=overwrite)
        self._tasks: list[ShardTask] = []
        self._work: Generator[ShardEntry] | None = None

    def __enter__(self) -> Self:
        """Lock the output folder and find what an earlier run finished."""
        with _as_output_error(self._out):
            self._session.__enter__()
        try:
            missing = set(self._session.plan([task.file for task in self.plan.tasks]))
            self._tasks = [task for task in self.plan.tasks if task.file in missing]
            self._check_room()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(self, *reason: Any) -> None:
        """Stop the work, leave finished shards readable and nothing half-made, and unlock."""
        if self._work is not None:
            self._work.close()
        if reason[0] is not None:
            self._clear_up()
        self._session.__exit__(*reason)

    def _clear_up(self) -> None:
        for partial in self._out.glob("*.partial"):  # of workers that were stopped in the act
            partial.unlink(missing_ok=True)
        if not self._session.finished:
            # Nothing was made, so the folder is as free for another configuration as before.
            (self._out / JOURNAL_NAME).unlink(missing_ok=True)

    @property
    def finished(self) -> int:
        """Number of sequences in finished shards, those of earlier runs included."""
        return sum(entry.count for entry in self._session.finished.values())

    def __iter__(self) -> Iterator[ShardEntry]:
        """Make the missing shards, yielding each as it is finished; then write the index.

        Raises
        ------
        SourceError
            A sequence finds no usable photos.
        OutputError
            A shard cannot be written.
        """
        self._work = self._make()
        return self._work

    def _make(self) -> Generator[ShardEntry]:
        make = joblib.delayed(make_shard)
        calls = [make(self.plan, task, self._out, self._cache_bytes) for task in self._tasks]
        for entry in run_tasks(calls, self._run):
            with _as_output_error(self._out):
                self._session.record(entry)
            yield entry
        with _as_output_error(self._out):
            self.index = self._session.finish()

    @property
    def _cache_bytes(self) -> int:
        """The photo cache of one worker process."""
        shared = self._run.backend == "threading"
        return self._run.image_cache // (1 if shared else worker_count(self._run))

    def _check_room(self) -> None:
        share = sum(task.count for task in self._tasks) / max(1, self.plan.sequences)
        needed = int(self.plan.nbytes * share)
        free = shutil.disk_usage(self._out).free
        if self.plan.config.compression == "none" and needed > free:
            raise OutputError(
                f"{self._out}: {needed / 2**30:.2f} GiB are needed and {free / 2**30:.2f} GiB are "
                "free; make room, or ask for fewer --sequences or --compression zstd"
            )


def generate(
    voc: Path, out: Path, config: SynthesisConfig | None = None, run: RunConfig | None = None
) -> ShardIndex:
    """Make a shard set from VOC or any folder of photos; the same call again resumes it.

    Parameters
    ----------
    voc : VOCdevkit, VOC2012 folder or a plain folder of images
    out : output folder
    config, run : what to make and how; the paper's numbers by default

    Raises
    ------
    SeqsynthError
        See `plan_generation` and `Generation`.
    """
    plan = plan_generation(voc, config or SynthesisConfig())
    with Generation(plan, out, run or RunConfig()) as generation:
        for _ in generation:
            pass
    return generation.index


def make_shard(plan: GenerationPlan, task: ShardTask, out: Path, cache_bytes: int) -> ShardEntry:
    """Make one shard of a plan and return its index entry; runs in a worker.

    Raises
    ------
    SourceError
        A sequence finds no usable photos.
    OutputError
        The shard cannot be written; nothing of it is left behind.
    """
    photos = PhotoSource(plan.photos, plan.config.scale, shared_cache(cache_bytes))
    synthesiser = Synthesiser(plan.config, plan.pools, photos)
    numbers = range(task.first, task.first + task.count)
    records = (synthesiser.record(task.split, number) for number in numbers)
    head = next(records)
    try:
        size, digest = write_shard(_shard_plan(plan, task, out, head), chain([head], records))
    except ShardError:
        raise
    except OSError as error:
        raise OutputError(f"{out / task.file}: cannot be written ({reason_of(error)})") from error
    return ShardEntry(task.file, task.split, task.count, size, digest, _details(synthesiser))


@contextmanager
def _as_output_error(out: Path) -> Iterator[None]:
    """Give the system's refusals about the output folder as one sentence."""
    try:
        yield
    except SeqsynthError:
        raise
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({reason_of(error)})") from error


def _arrays(config: SynthesisConfig, pools: Pools) -> dict[str, Array]:
    """Return the datasets of the configuration's shards but "parameters"."""
    views = config.views
    longest = max(len(name.encode()) for split in SPLITS for ids in pools.of(split) for name in ids)
    arrays = {
        "transmission_origin": Array((views, 2), np.dtype("i2")),
        "reflection_origin": Array((views, 2), np.dtype("i2")),
        "strength": Array((), np.dtype("f8")),
        "source": Array((2,), np.dtype(f"S{longest}")),
        "window_source": Array((2, 2), np.dtype("i4")),
    }
    if config.blend == "ceilnet":
        arrays["sigma"] = Array((), np.dtype("f8"))
        arrays["attenuation"] = Array((views,), np.dtype("u1"))
    if config.resolved_layout == "layers":
        arrays["transmission_layer"] = Array((*config.transmission_layer, 3), np.dtype("u1"))
        arrays["reflection_layer"] = Array((*config.reflection_layer, 3), np.dtype("u1"))
    else:
        frames = Array((views, *config.window, 3), np.dtype("u1"))
        arrays |= dict.fromkeys(("blended", "transmission", "reflection"), frames)
    return arrays


def _shard_plan(plan: GenerationPlan, task: ShardTask, out: Path, first: Record) -> ShardPlan:
    arrays = _arrays(plan.config, plan.pools)
    names = tuple(first.get("parameters", ()))
    if names:
        arrays["parameters"] = Array((len(names),), np.dtype("f8"))
    return ShardPlan(
        path=out / task.file,
        layout=plan.config.resolved_layout,
        count=task.count,
        arrays=arrays,
        attributes={
            "kind": plan.index.kind,
            "split": task.split,
            "first": task.first,
            "fingerprint": plan.index.fingerprint,
            "views": plan.config.views,
            "window": plan.config.window,
        },
        parameter_names=names,
        compression=plan.config.compression,
    )


def _details(synthesiser: Synthesiser) -> dict[str, Any]:
    tally = synthesiser.tally
    return {
        "redraws": tally.redraws,
        "rejections": dict(sorted(tally.rejections.items())),
        "unusable": dict(sorted(synthesiser.photos.unusable.items())),
    }


def _divide(split: str, count: int, capacity: int) -> list[ShardTask]:
    """Divide a split's sequences into the fewest shards of nearly equal size."""
    shards = -(-count // capacity)
    bounds = [count * number // shards for number in range(shards + 1)] if shards else [0]
    return [
        ShardTask(f"{split}-{number:05d}.h5", split, first, last - first)
        for number, (first, last) in enumerate(pairwise(bounds))
    ]
