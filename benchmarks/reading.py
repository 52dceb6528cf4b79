"""How fast shards are read: against a raw memory map of every frame and a folder of PNGs.

Warm (all files in the page cache), random order, one process, CPU time.
"""

import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.photos import write_photos
from benchmarks.timing import cpu_ms, machine, table
from seqsynth.images import encode
from seqsynth.shards import ShardIndex, ShardSet, open_shards
from seqsynth.shards.index import ShardEntry, render
from seqsynth.synthesis import RunConfig, SynthesisConfig, generate

SEQUENCES = 200
PNGS = 12


def measure(rounds: int = 9) -> str:
    """Return the tables of reading speeds and sizes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_photos(folder / "photos", 40)
        sets = {layout: _make(folder, layout) for layout in ("layers", "views")}
        frames = _raw_frames(folder, sets["layers"])
        pngs = _png_folder(folder, sets["layers"])
        times = _times(frames, sets, pngs, rounds)
        opening = _opening(folder / "many")
        sizes = {layout: _bytes(folder / layout) for layout in sets}
    return _report(times, sizes, frames.nbytes, opening)


def _times(
    frames: NDArray[np.uint8], sets: dict[str, ShardSet], pngs: list[list[Path]], rounds: int
) -> dict[str, float]:
    """Return CPU ms a sequence of every way of reading, each in the same random order."""
    order = np.random.default_rng(0).permutation(SEQUENCES).tolist()

    def raw() -> int:
        return len([np.array(frames[number]).size for number in order])

    def single(layout: str) -> int:
        return len([sets[layout][number].views for number in order])

    def stacked() -> int:
        sequences = sets["layers"]
        for start in range(0, len(order), 10):
            read = [sequences[number] for number in order[start : start + 10]]
            for layer in ("blended", "transmission", "reflection"):
                np.stack([getattr(sequence, layer) for sequence in read])
        return len(order)

    def batches() -> int:
        arrays = None
        for start in range(0, len(order), 10):
            arrays = sets["layers"].batch(order[start : start + 10], out=arrays)
        return len(order)

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    times = cpu_ms(
        {
            "raw memory map of all frames": raw,
            "layout layers, rebuilt": lambda: single("layers"),
            "layout layers, batches of 10 stacked by the caller": stacked,
            "layout layers, batches of 10 into one array": batches,
            "layout views": lambda: single("views"),
            "folder of PNGs": lambda: _read_pngs(pngs),
        },
        rounds,
    )
    cv2.setNumThreads(threads)
    return times


def _read_pngs(pngs: list[list[Path]]) -> int:
    return len([[cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) for path in row] for row in pngs])


def _make(folder: Path, layout: str) -> ShardSet:
    config = SynthesisConfig(sequences=SEQUENCES, val_fraction=0, layout=layout)
    generate(folder / "photos", folder / layout, config, RunConfig(jobs=1))
    return open_shards(folder / layout)


def _raw_frames(folder: Path, sequences: ShardSet) -> NDArray[np.uint8]:
    """Write I, T and R of every sequence as one flat file and map it."""
    shape = (SEQUENCES, 3, 3, 224, 224, 3)
    frames = np.memmap(folder / "frames.raw", np.uint8, "w+", shape=shape)
    for number, sequence in enumerate(sequences):
        for place, layer in enumerate(("blended", "transmission", "reflection")):
            frames[number, place] = getattr(sequence, layer)
    frames.flush()
    return np.memmap(folder / "frames.raw", np.uint8, "r", shape=shape)


def _png_folder(folder: Path, sequences: ShardSet) -> list[list[Path]]:
    paths = []
    for number in range(PNGS):
        sequence = sequences[number]
        layers = (sequence.blended, sequence.transmission, sequence.reflection)
        pictures = [view for layer in layers if layer is not None for view in layer]
        files = [folder / f"{number}-{place}.png" for place in range(len(pictures))]
        for path, picture in zip(files, pictures, strict=True):
            path.write_bytes(encode(picture, ".png"))
        paths.append(files)
    return paths


def _opening(folder: Path, shards: int = 1000) -> float:
    """Return the seconds to open an index of many shards, whose files stay closed."""
    folder.mkdir()
    entries = tuple(
        ShardEntry(f"train-{number:05d}.h5", "train", 350, 1, "0" * 64) for number in range(shards)
    )
    index = ShardIndex("synthetic", "layers", {}, "0" * 64, "0", True, {}, entries)
    (folder / "index.json").write_bytes(render(index))
    started = time.perf_counter()
    open_shards(folder)
    return time.perf_counter() - started


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.h5"))


def _report(times: dict[str, float], sizes: dict[str, int], raw_bytes: int, opening: float) -> str:
    raw = times["raw memory map of all frames"]
    rows = [
        (name, f"{ms:.3f}", f"{1000 / ms:.0f}", f"{raw / ms:.2f}") for name, ms in times.items()
    ]
    header = ("warm, random order", "CPU ms a sequence", "per second", "x raw map")
    share = ", ".join(f"{layout} {size / raw_bytes:.2f}" for layout, size in sizes.items())
    return (
        f"{machine()}\n\n{table(header, rows)}\n\nBytes against the raw frames: {share}. "
        f"`open_shards` on 1,000 shards: {opening * 1000:.0f} ms."
    )


if __name__ == "__main__":
    print(measure())
