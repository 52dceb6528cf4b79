"""How fast sequences are made: against the naive pipeline and against decoding alone.

All figures are CPU time of one process, writing and hashing included where a shard is made.
"""

import io
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy.signal import convolve2d

from benchmarks.photos import write_photos
from benchmarks.timing import cpu_ms, machine, table
from seqsynth.synthesis import RunConfig, SynthesisConfig, generate, plan_generation
from seqsynth.synthesis.generate import synthesise_shard
from seqsynth.synthesis.integers import reference
from seqsynth.synthesis.integers.arithmetic import arithmetic_for

PHOTOS = 60
SEQUENCES = 1200


def naive_sequence(transmission: bytes, reflection: bytes, rng: np.random.Generator) -> None:
    """Make one sequence as the field's loaders do: Pillow, a dense float blur of every crop."""
    photos = [
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32) / 255
        for data in (transmission, reflection)
    ]
    sigma = rng.uniform(2, 5)
    line = np.exp(-((np.arange(11) - 5) ** 2) / (2 * sigma**2))
    kernel = np.outer(line, line) / line.sum() ** 2
    places = np.array([rng.integers(0, 100, 2), rng.integers(0, 100, 2)])
    for _ in range(3):
        crops = [p[r : r + 224, c : c + 224] for p, (r, c) in zip(photos, places, strict=True)]
        blurred = np.stack(
            [convolve2d(crops[1][..., channel], kernel, mode="same") for channel in range(3)], 2
        )
        blend = crops[0] + blurred
        if blend.max() > 1:
            blurred = np.clip(blurred - 1.3 * (blend[blend > 1].mean() - 1), 0, 1)
        for picture in (np.clip(crops[0] + blurred, 0, 1), crops[0], blurred):
            (picture * 255).astype(np.uint8)
        places += rng.integers(((0, 0), (10, 10)), ((3, 3), (21, 21)))


def measure(rounds: int = 5) -> str:
    """Return the table of generation speeds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_photos(folder / "photos", PHOTOS)
        photos = [path.read_bytes() for path in paths]
        config = SynthesisConfig(sequences=SEQUENCES, val_fraction=0)
        plan = plan_generation(folder / "photos", config)
        (folder / "out").mkdir()

        def ours(cache_bytes: int) -> int:
            for task in plan.tasks:
                synthesise_shard(plan, task, folder / "out", cache_bytes)
            return plan.sequences

        def decoding() -> int:
            for data in photos:
                cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
            return len(photos) // 2

        def naive() -> int:
            rng = np.random.default_rng(0)
            for number in range(0, 8, 2):
                naive_sequence(photos[number], photos[number + 1], rng)
            return 4

        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        times = cpu_ms(
            {
                "decoding alone (two photos)": decoding,
                "naive pipeline, in memory": naive,
                "seqsynth generate": lambda: ours(0),
                "seqsynth generate --image-cache": lambda: ours(2**30),
            },
            rounds,
        )
        cv2.setNumThreads(threads)
        workers = _scaling(folder)
    weight = sum(map(len, photos)) / len(photos) / 1000
    return _report(times, workers, weight)


def _scaling(folder: Path, rounds: int = 3) -> float:
    """Return how many times faster two workers are than one, wall clock, best of some rounds."""
    config = SynthesisConfig(sequences=1200, val_fraction=0, shard_size=32 * 2**20)
    best = {1: float("inf"), 2: float("inf")}
    for turn in range(rounds):
        for jobs in (1, 2):
            started = time.perf_counter()
            out = folder / f"scaling-{turn}-{jobs}"
            generate(folder / "photos", out, config, RunConfig(jobs=jobs))
            best[jobs] = min(best[jobs], time.perf_counter() - started)
    return best[1] / best[2]


def _report(times: dict[str, float], workers: float, weight: float) -> str:
    decode, naive = times["decoding alone (two photos)"], times["naive pipeline, in memory"]
    rows = [
        (name, f"{ms:.2f}", f"{1000 / ms:.0f}", f"{naive / ms:.1f}", f"{decode / ms:.2f}")
        for name, ms in times.items()
    ]
    header = ("one worker", "CPU ms a sequence", "per second", "x naive", "of decoding")
    return (
        f"{machine()}\n\nJPEGs of 500x375, {weight:.0f} kB in the mean; three 224x224 views; "
        f"writing, hashing and syncing included in seqsynth's rows, {_extra()}.\n\n"
        f"{table(header, rows)}\n\n"
        f"Two workers make {workers:.2f} times the sequences of one (wall clock, loky, its start "
        "left in)."
    )


def _extra() -> str:
    if arithmetic_for(SEQUENCES) is reference:
        return "without the extra `fast`"
    return "with the extra `fast`, its start left out"


if __name__ == "__main__":
    print(measure())
