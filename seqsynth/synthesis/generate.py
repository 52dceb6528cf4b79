"""Make a whole shard set of synthetic sequences: plan it, run it in parallel, resume it."""

import pickle
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from seqsynth import __version__
from seqsynth.config import RunConfig, SynthesisConfig, fingerprint
from seqsynth.engine import worker_count
from seqsynth.errors import SourceError
from seqsynth.shards.index import ShardEntry, ShardIndex
from seqsynth.shards.making import (
    SetHead,
    ShardContent,
    ShardGroup,
    ShardMaking,
    ShardTask,
    cut_evenly,
    divide,
    make_shard,
    plan_shard,
)
from seqsynth.shards.record import record_of_set
from seqsynth.shards.schema import Array, version_of
from seqsynth.shards.writer import ShardPlan, from_records
from seqsynth.synthesis.blends.keeping import layer_arrays
from seqsynth.synthesis.draft import Record
from seqsynth.synthesis.integers.arithmetic import arithmetic_for, resampler_for
from seqsynth.synthesis.photos import PhotoSource, shared_cache
from seqsynth.synthesis.pipeline import Synthesiser
from seqsynth.synthesis.reach import check_reach
from seqsynth.voc import PhotoList, Pools, find_photos, split_pools

SPLITS = ("train", "val")


SynthesisTask = ShardTask[int]
"""One shard to be made, its sequences by their numbers."""


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
    record : what every shard carries of the index
    """

    config: SynthesisConfig
    photos: PhotoList
    pools: Pools
    index: ShardIndex
    tasks: tuple[SynthesisTask, ...]
    nbytes: int
    record: str

    @property
    def sequences(self) -> int:
        """Number of sequences in the complete set."""
        return int(self.index.configuration["sequences"])

    def packed(self) -> bytes:
        """Return what a worker needs of the plan, for `make_packed_shard`.

        Every task takes it along, so that any worker may do any task; of tens of thousands of
        tasks and photos, naming them all again would take longer than small shards do.
        """
        return pickle.dumps(replace(self, tasks=(), index=replace(self.index, sources={})))


def plan_generation(
    voc: Path, config: SynthesisConfig, *, outside: Iterable[Path] = ()
) -> GenerationPlan:
    """Find the photos, split them and divide the sequences into shards.

    What lies in the folders ``outside``, such as the one the shards go to, is no photo.

    Raises
    ------
    SourceError
        The photos cannot be found, are too few, or too small for a camera's motion.
    """
    photos = find_photos(voc, config.image_set, outside=outside)
    try:
        pools = split_pools(list(photos.files), config.seed, config.val_fraction)
    except SourceError as error:
        raise SourceError(
            f"{photos.folder}, image set {photos.name}: {error}; choose a larger image set"
        ) from None
    if config.motion == "camera":
        check_reach(config, photos, pools)
    resolved = {**config.resolved(), "image_set": photos.name}
    total = config.sequences or len(pools.transmission_train) + len(pools.transmission_val)
    resolved["sequences"] = total
    val = int(config.val_fraction * total + 0.5)
    arrays = _arrays(config, pools)
    each = sum(array.nbytes for array in arrays.values())
    groups = [
        ShardGroup(split, range(count), each, config.compression)
        for split, count in (("train", total - val), ("val", val))
    ]
    tasks = tuple(divide(groups, config.shard_size, cut_evenly))
    index = ShardIndex(
        kind="synthetic",
        layout=config.resolved_layout,
        configuration=resolved,
        fingerprint=fingerprint({"configuration": resolved, "pools": pools.as_json()}),
        library_version=__version__,
        complete=False,
        sources={"pools": pools.as_json()},
        shards=(),
        schema_version=version_of(arrays),
    )
    record = record_of_set(index, tasks)
    return GenerationPlan(config, photos, pools, index, tasks, total * each, record)


def generation(
    plan: GenerationPlan, out: Path, run: RunConfig, *, overwrite: bool = False
) -> ShardMaking[SynthesisTask]:
    """Return the run that makes a plan's shards.

    Parameters
    ----------
    plan : what to make
    out : output folder
    run : how to run it
    overwrite : replace another shard set that stands there

    Raises
    ------
    SourceError
        On iterating: a sequence finds no usable photos.
    OutputError
        On iterating: the disk is too full, or a shard cannot be written.
    """
    cache_bytes = run.image_cache // (1 if run.backend == "threading" else worker_count(run))
    return ShardMaking(
        plan,
        partial(make_packed_shard, plan.packed(), cache_bytes=cache_bytes),
        out,
        run,
        advice="make room, or ask for fewer --sequences or --compression zstd",
        overwrite=overwrite,
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
        See `plan_generation` and `generation`.
    """
    plan = plan_generation(voc, config or SynthesisConfig(), outside=(out,))
    with generation(plan, out, run or RunConfig()) as making:
        for _ in making:
            pass
    return making.index


def make_packed_shard(
    packed: bytes, task: SynthesisTask, out: Path, cache_bytes: int
) -> ShardEntry:
    """Make one shard of a packed plan, which a worker unpacks once; see `synthesise_shard`."""
    return synthesise_shard(unpack(packed), task, out, cache_bytes)


@lru_cache(maxsize=1)
def unpack(packed: bytes) -> GenerationPlan:
    """Return a packed plan; the last one is kept."""
    plan: GenerationPlan = pickle.loads(packed)
    return plan


def synthesise_shard(
    plan: GenerationPlan, task: SynthesisTask, out: Path, cache_bytes: int
) -> ShardEntry:
    """Make one shard of a plan and return its index entry; runs in a worker.

    Raises
    ------
    SourceError
        A sequence finds no usable photos.
    OutputError
        The shard cannot be written; nothing of it is left behind.
    """
    config, cache = plan.config, shared_cache(cache_bytes)
    photos = PhotoSource(plan.photos, config.scale, cache, bits=config.bits)
    arithmetic = arithmetic_for(plan.sequences)
    resampler = resampler_for(plan.sequences)
    synthesiser = Synthesiser(
        plan.config, plan.pools, photos, arithmetic=arithmetic, resampler=resampler
    )
    records = (synthesiser.record(task.split, number) for number in task.items)
    head = next(records)
    shard = _shard_plan(plan, task, out, head)
    fill = from_records(shard, chain([head], records))
    return make_shard(shard, task, fill, lambda: _details(synthesiser))


def _arrays(config: SynthesisConfig, pools: Pools) -> dict[str, Array]:
    """Return the datasets of the configuration's shards but "parameters"."""
    views = config.views
    longest = max(len(name.encode()) for split in SPLITS for ids in pools.of(split) for name in ids)
    arrays = {
        **_motion_arrays(config),
        "strength": Array((), np.dtype("f8")),
        "source": Array((2,), np.dtype(f"S{longest}")),
        "window_source": Array((2, 2), np.dtype("i4")),
    }
    if config.blend == "ceilnet":
        arrays["sigma"] = Array((), np.dtype("f8"))
        arrays["attenuation"] = Array((views,), np.dtype("u1"))
    if config.resolved_layout == "layers":
        arrays |= layer_arrays(config)
    else:
        frames = Array((views, *config.window, 3), np.dtype("u1"))
        arrays |= dict.fromkeys(("blended", "transmission", "reflection"), frames)
    return arrays


def _motion_arrays(config: SynthesisConfig) -> dict[str, Array]:
    """Return the datasets that say how the layers moved."""
    views = config.views
    if config.motion == "slide":
        origins = Array((views, 2), np.dtype("i2"))
        return dict.fromkeys(("transmission_origin", "reflection_origin"), origins)
    homographies, floats = Array((views, 3, 3), np.dtype("f8")), np.dtype("f8")
    arrays = {
        "transmission_homography": homographies,
        "reflection_homography": homographies,
        "intrinsics": Array((3, 3), floats),
        "pose": Array((views, 3, 4), floats),
        "plane": Array((2 + config.camera.has_parallax, 3), floats),
    }
    if config.camera.has_parallax:
        arrays["second_homography"] = homographies
        arrays["transmission_mask"] = Array(config.window, np.dtype("u1"))
    return arrays


def _shard_plan(plan: GenerationPlan, task: SynthesisTask, out: Path, first: Record) -> ShardPlan:
    arrays = _arrays(plan.config, plan.pools)
    names = tuple(first.get("parameters", ()))
    if names:
        arrays["parameters"] = Array((len(names),), np.dtype("f8"))
    config = plan.config
    content = ShardContent(arrays, config.views, config.window, names, config.compression)
    return plan_shard(SetHead.of(plan.index, plan.record), task, content, out)


def _details(synthesiser: Synthesiser) -> dict[str, Any]:
    tally, photos = synthesiser.tally, synthesiser.photos
    shallow = dict(sorted(getattr(photos, "shallow", {}).items()))
    return {
        "redraws": tally.redraws,
        "rejections": dict(sorted(tally.rejections.items())),
        "unusable": dict(sorted(photos.unusable.items())),
        **({"shallow": shallow} if shallow else {}),
    }
