"""How cameras move: sequences of motion ``camera`` beside real ones, both told from pictures.

    python -m benchmarks.motion PHOTOS [REAL ...] [--preset handheld] [--sequences 60]

PHOTOS is a folder of photos or a VOCdevkit; each REAL a folder whose pictures are, by name, the
views of one sequence. The column of published figures is of 25 sequences of five frames through
glass, registered by robust homographies; those are not at hand here.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.timing import machine, table
from seqsynth.camera import CAMERA_PRESETS, CameraSettings
from seqsynth.comparison.motion import follow_motion
from seqsynth.config import SynthesisConfig
from seqsynth.motion import compiled, resampling
from seqsynth.motion.figures import MotionFigures
from seqsynth.pictures import read_photo
from seqsynth.seeds import Draws, Stream
from seqsynth.sequence import Image, Views, ViewSequence
from seqsynth.synthesis import SequenceStream
from seqsynth.synthesis.camera.views import draw_views
from seqsynth.voc import find_photos

REAL: dict[str, tuple[str, tuple[float, float, float]]] = {
    "across": ("shift across, % of the width", (0.5, 2.3, 5.9)),
    "down": ("shift down, % of the width", (0.1, 0.7, 2.8)),
    "turn": ("turn, degrees", (0.1, 0.5, 1.5)),
    "scale": ("change of scale, %", (0.1, 0.9, 4.3)),
    "perspective": ("perspective at the frame's edge, %", (0.2, 1.6, 8.4)),
    "residual": ("left by the best shift, per mille", (1.8, 6.2, 14.4)),
    "residual_similarity": ("left by the best similarity, per mille", (np.nan, 2.4, np.nan)),
    "residual_affine": ("left by the best affine map, per mille", (np.nan, 1.9, np.nan)),
}
"""Figure -> what it is, and 10, 50 and 90 % of 100 real steps from view to view."""

REAL_RELATIVE = (1.3, 2.7, 7.3)
"""Motion of R against T, % of the width: 51 real steps of 19 sequences."""

WINDOW = (240, 320)
"""As real frames are shaped; motions are measured in widths."""

SLIDE = "slide"


def measure(photos: Path, real: Sequence[Path], preset: str, sequences: int) -> str:
    """Return the tables: motion beside real motion, and the price of a resampled view."""
    settings = CAMERA_PRESETS.get(preset, {})
    motion = "slide" if preset == SLIDE else "camera"
    config = SynthesisConfig(
        motion=motion,
        camera=CameraSettings(**settings),
        blend="linear",
        window=WINDOW,
        val_fraction=0,
        image_set="all",
    )
    stream = SequenceStream(photos, config)
    made = [stream[number] for number in range(sequences)]
    found = [figures for one in made for figures in follow_motion(one.blended)]
    given = [figures for folder in real for figures in follow_motion(_views(folder))]
    steps = sequences * (config.views - 1)
    note = f"{len(found)} of {steps} steps of {sequences} sequences were told, blend linear."
    return "\n\n".join([_motions(preset, made, found, given), note, _prices(photos)])


def _motions(
    preset: str,
    made: Sequence[ViewSequence],
    found: Sequence[MotionFigures],
    given: Sequence[MotionFigures],
) -> str:
    rows = []
    for key, (label, truth) in REAL.items():
        row = [label, _three(truth), _three(_percentiles(abs(getattr(one, key)) for one in found))]
        if given:
            row.append(_three(_percentiles(abs(getattr(one, key)) for one in given)))
        rows.append(tuple(row))
    relative = _percentiles(_relative_steps(made))
    rows.append(
        ("R against T (stored), % of the width", _three(REAL_RELATIVE), _three(relative))
        + (("",) if given else ())
    )
    header = ["10, 50 and 90 % of the steps", "real, published", f"preset {preset}"]
    return table((*header, *(["real, at hand"] if given else [])), rows)


def _relative_steps(made: Iterable[ViewSequence]) -> Iterator[float]:
    """Yield how far R's plane moves against T's from view to view, % of the width."""
    for one in made:
        motion = one.motion
        if motion is None:
            continue
        apart = (motion.reflection.flow() - motion.transmission.flow()).mean(axis=(1, 2))
        for step in np.linalg.norm(np.diff(apart, axis=0), axis=1):
            yield 100 * float(step) / motion.transmission.size[1]


def _prices(photos: Path) -> str:
    """Return what a resampled view costs beside decoding a photo, CPU ms of one thread."""
    folder = find_photos(photos, "all")
    paths = [folder.path(name) for name in list(folder.files)[:20]]
    cv2.setNumThreads(1)
    views = draw_views(CameraSettings(), 3, (224, 224), Draws(0, Stream.TRAIN, 0))
    extent = views.transmission_extent
    rng = np.random.default_rng(0)
    layer = rng.integers(0, 256, (extent.height, extent.width, 3), dtype=np.uint8)
    ways: dict[str, Callable[[], object]] = {
        "decode a photo": lambda: [read_photo(path) for path in paths],
        "resample a view of 224x224 px, compiled": lambda: [
            compiled.resample(layer, views.transmission[0], extent.corner) for _ in paths
        ],
        "resample a view of 224x224 px, numpy": lambda: [
            resampling.resample(layer, views.transmission[0], extent.corner) for _ in paths
        ],
    }
    rows = []
    for name, way in ways.items():
        way()
        best = min(_cpu_seconds(way) for _ in range(5))
        rows.append((name, f"{1000 * best / len(paths):.2f}"))
    return f"{machine()}\n\n{table(('', 'CPU ms'), rows)}"


def _cpu_seconds(way: Callable[[], object]) -> float:
    started = time.process_time()
    way()
    return time.process_time() - started


def _views(folder: Path) -> Views:
    """Return the pictures of a folder, by name, as views (V, H, W, 3)."""
    pictures: list[Image] = [read_photo(path) for path in sorted(folder.iterdir())]
    return np.stack(pictures)


def _percentiles(values: Iterable[float]) -> tuple[float, float, float]:
    low, middle, high = np.percentile(list(values), [10, 50, 90]).tolist()
    return low, middle, high


def _three(values: tuple[float, float, float]) -> str:
    return " / ".join("" if np.isnan(value) else f"{value:.2g}" for value in values)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("real", type=Path, nargs="*")
    parser.add_argument("--preset", choices=[*CAMERA_PRESETS, SLIDE], default="handheld")
    parser.add_argument("--sequences", type=int, default=60)
    given = parser.parse_args()
    print(measure(given.photos, given.real, given.preset, given.sequences))


if __name__ == "__main__":
    main()
