"""Bytes and time of making sequences, indexes, orders of reading, engines, fetching."""

import functools
import hashlib
import http.server
import importlib.util
import math
import os
import pickle
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from joblib import delayed
from PIL import Image

from benchmarks.photos import write_photos
from benchmarks.scale.orders import (
    BATCH,
    SEQUENCES,
    SHARDS,
    entropy_share,
    hit_rate,
    shared_share,
    windowed_order,
)
from benchmarks.timing import cpu_ms
from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.engine import run_tasks
from seqsynth.files import hash_file
from seqsynth.remote import RemoteFolder
from seqsynth.shards import ShardEntry, ShardIndex, open_shards, read_index
from seqsynth.shards.index import render
from seqsynth.synthesis import plan_generation
from seqsynth.synthesis.generate import synthesise_shard, unpack
from seqsynth.voc import split_pools

VOC_PHOTOS = 17_125
"""Photos of VOC2012."""

WINDOWS = (16, 64, 256)
INDEXES = (1_000, 10_000, 100_000)
PLANNED = {"1 million": 10**6, "100 million": 10**8}
SHARD_SIZES = {"128 MiB (default)": 2**27, "1 GiB": 2**30}
PER_GIB = 2940
"""Sequences in a shard of 1 GiB."""

FORMS = (
    {"layout": "layers"},
    {"layout": "layers", "compression": "zstd"},
    {"layout": "layers", "compression": "gzip"},
    {"layout": "views"},
)


@dataclass(frozen=True)
class Form:
    """A way to store sequences: bytes and CPU time of one, making, hashing and writing included."""

    name: str
    nbytes: float
    making_ms: float


@dataclass(frozen=True)
class IndexCost:
    """An index: its shards, bytes of the file, CPU time and memory of opening it."""

    shards: int
    nbytes: int
    opening_ms: float
    memory: int


@dataclass(frozen=True)
class Reading:
    """An order of reading.

    Attributes
    ----------
    name : in words
    first_ms, later_ms : CPU time a sequence while shards are new to the process, and afterwards
    hits : share of the reads that found their shard open
    shared : share of the batches that hold two sequences of one shard
    entropy : logarithm of the number of its orders, against that of all orders
    """

    name: str
    first_ms: float
    later_ms: float
    hits: float
    shared: float
    entropy: float


@dataclass(frozen=True)
class Findings:
    """All that was measured.

    Attributes
    ----------
    forms : which photos -> ways to store sequences of them
    unusable : share of those photos too small for the layer of R
    packing_ms : CPU time of handing VOC's plan to a task
    divisions : size of a shard -> sequences in it, and shards of each planned set
    """

    forms: dict[str, tuple[Form, ...]]
    unusable: float
    packing_ms: float
    divisions: dict[str, tuple[int, ...]]
    indexes: tuple[IndexCost, ...]
    readings: tuple[Reading, ...]
    opening_ms: tuple[float, float]
    engines: dict[str, float]
    hashing_mb_s: float
    fetching_mb_s: float


def measure(voc: Path | None = None) -> Findings:
    """Measure everything; takes some minutes."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_photos(folder / "photos", 60)
        folders = [folder / "photos"] + ([] if voc is None else [voc])
        forms = {describe(photos): measure_forms(photos, folder) for photos in folders}
        set_of_one = folder / "layers"
        findings = Findings(
            forms=forms,
            unusable=unusable_share(folders[-1]),
            packing_ms=measure_packing(folders[-1]),
            divisions={name: divide(folders[0], size) for name, size in SHARD_SIZES.items()},
            indexes=tuple(measure_index(folder / "indexes", shards) for shards in INDEXES),
            readings=measure_readings(set_of_one, folder / "many"),
            opening_ms=measure_opening(folder / "many"),
            engines={engine: task_ms(engine) for engine in installed_engines()},
            hashing_mb_s=measure_hashing(set_of_one),
            fetching_mb_s=measure_fetching(set_of_one, folder / "cache"),
        )
    cv2.setNumThreads(threads)
    return findings


def measure_forms(photos: Path, folder: Path, rounds: int = 3) -> tuple[Form, ...]:
    """Make the same sequences in every form, in turn, into one shard each."""
    sizes = {}

    def make(settings: dict[str, str]) -> int:
        name = "-".join(settings.values())
        config = SynthesisConfig.model_validate(
            {"sequences": SEQUENCES, "val_fraction": 0, "shard_size": 2**32, "image_set": "all"}
            | settings
        )
        plan = plan_generation(photos, config)
        (folder / name).mkdir(exist_ok=True)
        entry = synthesise_shard(plan, plan.tasks[0], folder / name, 0)
        index = plan.index.with_shards([entry], complete=True)
        (folder / name / "index.json").write_bytes(render(index))
        sizes[name] = entry.bytes / entry.count
        return entry.count

    times = cpu_ms(
        {"-".join(form.values()): functools.partial(make, form) for form in FORMS}, rounds
    )
    return tuple(Form(name.replace("-", ", "), sizes[name], ms) for name, ms in times.items())


def divide(photos: Path, shard_size: int) -> tuple[int, ...]:
    """Return how many sequences a shard holds, and how many shards each planned set has."""
    divisions = []
    for sequences in PLANNED.values():
        config = SynthesisConfig(sequences=sequences, shard_size=shard_size, val_fraction=0)
        divisions.append([task.count for task in plan_generation(photos, config).tasks])
    return max(divisions[0]), *map(len, divisions)


def unusable_share(photos: Path) -> float:
    """Return the share of photos too small for the layer of R, 264 px a side by default."""
    sizes = [Image.open(path).size for path in photos.rglob("*.jpg")]
    return sum(min(size) < 264 for size in sizes) / len(sizes)


def measure_index(folder: Path, shards: int) -> IndexCost:
    """Write and open an index of VOC's photos; its shards are never touched."""
    folder.mkdir(exist_ok=True)
    content = render(_index(shards))
    (folder / "index.json").write_bytes(content)
    opening = cpu_ms({"open": lambda: 1 if open_shards(folder) else 0}, 3)["open"]
    tracemalloc.start()
    sequences = open_shards(folder)
    memory = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    if len(sequences) != shards * PER_GIB:
        raise ValueError(f"{len(sequences)} sequences in an index of {shards} shards")
    return IndexCost(shards, len(content), opening, memory)


def _index(shards: int) -> ShardIndex:
    """Return an index as `seqsynth generate` writes it, with the hashes of nothing."""
    ids = [f"{2007 + number % 6}_{number:06d}" for number in range(VOC_PHOTOS)]
    half = len(ids) // 2
    pools = {
        "train": {"transmission": ids[:half], "reflection": ids[half : 2 * half]},
        "val": {"transmission": [], "reflection": []},
        "unused": ids[2 * half :],
    }
    details = {"redraws": 20, "rejections": {}, "unusable": {ids[7]: "is 500x191 px, too small"}}
    entries = tuple(
        ShardEntry(
            f"train-{number:05d}.h5",
            "train",
            PER_GIB,
            2**30,
            hashlib.sha256(bytes(number % 256)).hexdigest(),
            details,
        )
        for number in range(shards)
    )
    settings = SynthesisConfig(sequences=PER_GIB * shards).resolved()
    return ShardIndex(
        "synthetic", "layers", settings, "0" * 64, "0", True, {"pools": pools}, entries
    )


def measure_readings(source: Path, many: Path, reads: int = 30_000) -> tuple[Reading, ...]:
    """Read a set of one shard under many names in several orders."""
    multiply(source, many)
    counts = [SEQUENCES] * SHARDS
    rng = np.random.default_rng(0)
    everything = rng.permutation(SHARDS * SEQUENCES).tolist()
    orders = {"in order": range(SHARDS * SEQUENCES), "random over all": everything}
    orders |= {
        f"windows of {width} shards": list(windowed_order(counts, width, rng)) for width in WINDOWS
    }
    entropies = {"in order": 0.0, "random over all": 1.0}
    entropies |= {f"windows of {width} shards": entropy_share(width) for width in WINDOWS}
    return tuple(
        Reading(
            name,
            *_time_order(many, order[:reads]),
            hit_rate(order[:reads]),
            shared_share(order[: 200 * reads]),
            entropies[name],
        )
        for name, order in orders.items()
    )


def multiply(source: Path, many: Path) -> None:
    """Make a set of `SHARDS` shards that are one file under many names."""
    index = read_index(source)
    (entry,) = index.shards
    many.mkdir()
    entries = [replace(entry, file=f"train-{number:05d}.h5") for number in range(SHARDS)]
    for one in entries:
        os.link(source / entry.file, many / one.file)
    (many / "index.json").write_bytes(render(index.with_shards(entries, complete=True)))


def _time_order(many: Path, order: Sequence[int]) -> tuple[float, float]:
    """Return CPU ms a sequence of reading an order for the first time, and again."""
    sequences = open_shards(many)
    times = []
    for _ in range(2):
        arrays = None
        started = time.process_time()
        for first in range(0, len(order), BATCH):
            arrays = sequences.batch(order[first : first + BATCH], out=arrays)
        times.append((time.process_time() - started) / len(order) * 1e3)
    return times[0], times[1]


def measure_opening(many: Path, shards: int = 300) -> tuple[float, float]:
    """Return CPU ms of opening a shard for the first time, and again after it was let go."""
    sequences = open_shards(many)
    times = []
    for _ in range(2):
        started = time.process_time()
        for number in range(shards):
            sequences.shapes(number * SEQUENCES)
        times.append((time.process_time() - started) / shards * 1e3)
        sequences.close()
    return times[0], times[1]


def installed_engines() -> tuple[str, ...]:
    """Return the engines there are here; Ray is large and often left out."""
    return ("loky", "dask", "ray") if importlib.util.find_spec("ray") else ("loky", "dask")


def task_ms(engine: str, few: int = 20, many: int = 420) -> float:
    """Return wall milliseconds an empty task takes on an engine, its start left out."""
    run = RunConfig(jobs=2, backend=engine)

    def seconds(tasks: int) -> float:
        started = time.perf_counter()
        list(run_tasks([delayed(abs)(number) for number in range(tasks)], run))
        return time.perf_counter() - started

    seconds(few)
    return (seconds(many) - seconds(few)) / (many - few) * 1e3


def measure_hashing(source: Path) -> float:
    """Return MB of a shard hashed in a second of CPU time."""
    (path,) = source.glob("*.h5")
    ms = cpu_ms({"hash": lambda: hash_file(path)[0]}, 3)["hash"]
    return 1 / ms / 1000


def measure_fetching(source: Path, cache: Path) -> float:
    """Return MB a second of wall time that are fetched, hashed and stored over HTTP from here."""
    (entry,) = read_index(source).shards
    with _served(source) as url:
        best = math.inf
        for turn in range(3):
            folder = replace(RemoteFolder.at(url), cache=cache / str(turn))
            started = time.perf_counter()
            folder.fetch(entry.file, nbytes=entry.bytes, sha256=entry.sha256)
            best = min(best, time.perf_counter() - started)
    return entry.bytes / best / 1e6


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def describe(photos: Path) -> str:
    """Return which photos these are, and their weight."""
    sizes = [path.stat().st_size for path in photos.rglob("*.jpg")]
    kind = "photos of VOC2012" if (photos / "VOC2012").is_dir() else "drawn JPEGs of 500x375 px"
    return f"{len(sizes)} {kind}, {np.mean(sizes) / 1000:.0f} kB in the mean"


def measure_packing(photos: Path) -> float:
    """Return CPU ms that a task spends on a plan of VOC's photos, once its worker knows it."""
    plan = plan_generation(photos, SynthesisConfig(image_set="all"))
    ids = [f"{2007 + number % 6}_{number:06d}" for number in range(VOC_PHOTOS)]
    files = {photo_id: f"{photo_id}.jpg" for photo_id in ids}
    pools = split_pools(ids, 0, 0.05)
    packed = replace(plan, photos=replace(plan.photos, files=files), pools=pools).packed()

    def pass_on() -> int:
        for _ in range(50):
            unpack(pickle.loads(pickle.dumps(packed)))
        return 50

    return cpu_ms({"pass on": pass_on}, 3)["pass on"]
