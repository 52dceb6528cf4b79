"""How fast shards are read: against a raw memory map of every frame and a folder of PNGs.

Warm (all files in the page cache), random order, one process, CPU time; beside it, making the same
sequences anew.
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.photos import write_photos
from benchmarks.timing import cpu_ms, machine, table
from seqsynth.config import BlendName
from seqsynth.pictures import encode
from seqsynth.shards import ShardIndex, ShardSet, open_shards, rebuild
from seqsynth.shards.index import ShardEntry, render
from seqsynth.synthesis import RunConfig, SequenceStream, SynthesisConfig, generate

SEQUENCES = 200
BLENDS = ("ceilnet", "linear", "zhang")
"""A sum of layers, a table of levels, and that with a vignette."""
PNGS = 12
STREAMED = 60


def measure(rounds: int = 9) -> str:
    """Return the tables of reading speeds and sizes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_photos(folder / "photos", 40)
        sets = {blend: _make(folder, "layers", blend) for blend in BLENDS}
        sets["views"] = _make(folder, "views", BLENDS[0])
        frames = _raw_frames(folder, sets[BLENDS[0]])
        pngs = _png_folder(folder, sets[BLENDS[0]])
        times = _times(frames, sets, pngs, rounds) | _stream_times(folder / "photos", rounds)
        opening = _opening(folder / "many")
        shares = {blend: _layers_share(folder, blend) for blend in get_args(BlendName)}
    return _report(times, opening) + _shares_report(shares)


def _times(
    frames: NDArray[np.uint8], sets: dict[str, ShardSet], pngs: list[list[Path]], rounds: int
) -> dict[str, float]:
    """Return CPU ms a sequence of every way of reading, each in the same random order."""
    order = np.random.default_rng(0).permutation(SEQUENCES).tolist()
    tens = [order[start : start + 10] for start in range(0, len(order), 10)]
    raw = np.empty((10, *frames.shape[1:]), np.uint8)
    arrays = sets["views"].batch(tens[0])
    layers = sets[BLENDS[0]]

    def singly(sequences: ShardSet) -> object:
        return [sequences[number].views for number in order]

    def batched(sequences: ShardSet) -> object:
        return [sequences.batch(ten, out=arrays) for ten in tens]

    ways: dict[str, Callable[[], object]] = {
        "raw memory map of all frames": lambda: [np.array(frames[n]).size for n in order],
        "raw memory map, ten kept at a time": lambda: [
            len([np.array(frames[n]) for n in ten]) for ten in tens
        ],
        "raw memory map, batches of 10 into one array": lambda: [
            np.copyto(raw[place], frames[n]) for ten in tens for place, n in enumerate(ten)
        ],
        "layers, ten kept at a time, `fast`": _fast(lambda: [_views(layers, t) for t in tens]),
        "layers, batches of 10 stacked by the caller, `fast`": _fast(
            lambda: [_stack(layers, ten) for ten in tens]
        ),
        "layout views": partial(singly, sets["views"]),
        "layout views, batches of 10 into one array": partial(batched, sets["views"]),
    }
    for blend in BLENDS:
        name = "layers, rebuilt" if blend == BLENDS[0] else f"layers of {blend}, rebuilt"
        for how, read in (("", singly), (", batches of 10 into one array", batched)):
            ways[f"{name}{how}"] = _plain(partial(read, sets[blend]))
            ways[f"{name}{how}, `fast`"] = _fast(partial(read, sets[blend]))

    def counted(way: Callable[[], object]) -> int:
        way()
        return len(order)

    return _on_one_thread(
        {name: partial(counted, way) for name, way in ways.items()}
        | {"folder of PNGs": lambda: _read_pngs(pngs)},
        rounds,
    )


def _fast(way: Callable[[], object]) -> Callable[[], object]:
    """Have a way rebuild by compiled code, as it does by itself after some sequences."""
    return partial(_from, 0, way)


def _plain(way: Callable[[], object]) -> Callable[[], object]:
    """Have a way rebuild with numpy and OpenCV."""
    return partial(_from, 2**62, way)


def _from(sequences: int, way: Callable[[], object]) -> object:
    usual = dict(rebuild.WORTHWHILE)
    rebuild.WORTHWHILE.update(dict.fromkeys(usual, sequences))
    try:
        return way()
    finally:
        rebuild.WORTHWHILE.update(usual)


def _views(sequences: ShardSet, numbers: list[int]) -> int:
    """Read sequences one by one and let go of none before the last is there."""
    return len([sequences[number] for number in numbers])


def _stack(sequences: ShardSet, numbers: list[int]) -> None:
    read = [sequences[number] for number in numbers]
    for layer in ("blended", "transmission", "reflection"):
        np.stack([getattr(sequence, layer) for sequence in read])


def _on_one_thread(ways: Mapping[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    times = cpu_ms(ways, rounds)
    cv2.setNumThreads(threads)
    return times


def _stream_times(photos: Path, rounds: int) -> dict[str, float]:
    """Return CPU ms a sequence of making the sequences anew instead of reading them."""
    config = SynthesisConfig(val_fraction=0)
    streams = {
        "synthesised on the fly (SequenceStream)": SequenceStream(photos, config),
        "on the fly, decoded photos in memory": SequenceStream(photos, config, cache_bytes=2**30),
    }

    def make(stream: SequenceStream) -> int:
        return len([stream[number].views for number in range(STREAMED)])

    return _on_one_thread({name: partial(make, stream) for name, stream in streams.items()}, rounds)


def _read_pngs(pngs: list[list[Path]]) -> int:
    return len([[cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) for path in row] for row in pngs])


def _make(folder: Path, layout: str, blend: str) -> ShardSet:
    config = SynthesisConfig(sequences=SEQUENCES, val_fraction=0, layout=layout, blend=blend)
    out = folder / f"{blend}-{layout}"
    generate(folder / "photos", out, config, RunConfig(jobs=1))
    return open_shards(out)


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
        ShardEntry(f"train-{number:05d}.h5", "train", 350, 2**27, "0" * 64)
        for number in range(shards)
    )
    index = ShardIndex("synthetic", "layers", {}, "0" * 64, "0", True, {}, entries)
    (folder / "index.json").write_bytes(render(index))
    started = time.perf_counter()
    open_shards(folder)
    return time.perf_counter() - started


def _layers_share(folder: Path, blend: str) -> tuple[float, float]:
    """Return the bytes of layout layers by those of views, of three and of five default views."""
    shares = []
    for views in (3, 5):
        sizes = []
        for layout in ("layers", "views"):
            out = folder / f"{blend}-{views}-{layout}"
            config = SynthesisConfig(
                sequences=20, val_fraction=0, blend=blend, views=views, layout=layout
            )
            generate(folder / "photos", out, config, RunConfig(jobs=1))
            sizes.append(_bytes(out))
        shares.append(sizes[0] / sizes[1])
    return shares[0], shares[1]


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.h5"))


def _report(times: dict[str, float], opening: float) -> str:
    raw = times["raw memory map of all frames"]
    rows = [
        (name, f"{ms:.3f}", f"{1000 / ms:.0f}", f"{raw / ms:.2f}") for name, ms in times.items()
    ]
    header = ("warm, random order", "CPU ms a sequence", "per second", "x raw map")
    return (
        f"{machine()}\n\n{table(header, rows)}\n\n"
        "`fast`: by compiled code, which the extra of that name brings, and which begins by itself "
        "after some sequences; its start left out. Without it: numpy and OpenCV.\n\n"
        f"`open_shards` on 1,000 shards: {opening * 1000:.0f} ms.\n\n"
        "Single reads that are let go at once use the same memory again and again, which stays in "
        "the processor's cache. Ten sequences do not fit there, kept one by one or as a batch."
    )


def _shares_report(shares: Mapping[str, tuple[float, float]]) -> str:
    rows = [(blend, *(f"{share:.3f}" for share in both)) for blend, both in shares.items()]
    header = ("blend", "three views", "five views")
    return f"\n\nBytes of `layers` by those of `views`, 224x224 px:\n\n{table(header, rows)}"


if __name__ == "__main__":
    print(measure())
