"""How fast training is fed and how much the loop costs: ``python -m benchmarks.training``."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import torch

from benchmarks.photos import write_photos
from benchmarks.timing import cpu_ms, machine, table
from seqsynth.synthesis import RunConfig, SynthesisConfig, generate
from trainer.data.batch import Batch, count
from trainer.data.mixture import Augmentation, Mixture
from trainer.data.prefetch import Portion, read_ahead
from trainer.data.reading import BatchLayout
from trainer.data.sources import open_sources
from trainer.machine import keep_freed_memory
from trainer.nets import StudentNet, TeacherNet
from trainer.recipe import FitConfig, load_recipe
from trainer.training.fit import fit
from trainer.training.losses import student_losses, teacher_losses, weighted_sum
from trainer.training.watching.csv_log import read_column

SEQUENCES = 200
STEPS = 40
QUIET = {"device": "cpu", "tensorboard": False, "save_steps": 0}


def measure() -> str:
    """Return the tables of loading and stepping."""
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_photos(folder / "photos", 40)
        for window in (224, 112):
            config = SynthesisConfig(sequences=SEQUENCES, val_fraction=0, window=(window, window))
            generate(folder / "photos", folder / str(window), config, RunConfig(jobs=1))
        return f"{machine()}\n\n{_loading(folder / '224')}\n\n{_stepping(folder)}"


def _loading(shards: Path) -> str:
    """Measure the loader alone, on sequences of 224x224x3 views, in batches of 10."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    flips = Augmentation(flip_horizontal=True)
    everything = Augmentation(flip_horizontal=True, flip_vertical=True, reverse_time=0.5)
    times = cpu_ms(
        {
            "teacher's batches, mirrored": _reader(shards, flips, reflections=True),
            "teacher's batches, mirrored, turned, reversed": _reader(
                shards, everything, reflections=True
            ),
            "student's batches (no reflections), mirrored": _reader(
                shards, flips, reflections=False
            ),
        }
    )
    cv2.setNumThreads(threads)
    rows = [(name, f"{ms:.2f}", f"{1000 / ms:.0f}") for name, ms in times.items()]
    return table(("loader alone, one core", "CPU ms a sequence", "sequences/s"), rows)


def _reader(shards: Path, augmentation: Augmentation, *, reflections: bool) -> Callable[[], int]:
    mixture = Mixture(
        open_sources([shards], "train", {}),
        layout=BatchLayout(3, 224, reflections),
        augmentation=augmentation,
        seed=0,
    )

    def read() -> int:
        steps = range(SEQUENCES // 10)
        return sum(len(b.blended) for b in read_ahead(mixture, Portion(10), steps, ahead=0))

    return read


def _stepping(folder: Path) -> str:
    """Measure the steps of preset small: the loop's beside bare ones, in turn."""
    rows = []
    for stage in ("teacher", "student"):
        overrides = QUIET | {"stage": stage, "net": {"kt": stage == "teacher"}}
        config = load_recipe("small", overrides=overrides)
        loop = fit(config, [folder / "112"], folder / "run")
        bare = _bare_steps(config, stage, folder / "112")
        pairs = [(_timed(bare), _timed(loop)) for _ in range(STEPS)][3:]
        loop.close()
        alone, whole = (statistics.median(times) for times in zip(*pairs, strict=True))
        _, waiting = read_column(folder / "run" / stage / "metrics.csv", "waiting")
        rows.append(
            (
                stage,
                f"{alone * 1e3:.0f}",
                f"{whole * 1e3:.0f}",
                f"{whole / alone:.3f}",
                f"{statistics.mean(waiting[3:]):.2%}",
            )
        )
    return table(
        (
            "step of preset small",
            "networks called bare, ms",
            "trainer fit, ms",
            "ratio",
            "waiting for data",
        ),
        rows,
    )


def _timed(steps: Iterator[object]) -> float:
    started = time.perf_counter()
    next(steps)
    return time.perf_counter() - started


def _bare_steps(config: FitConfig, stage: str, shards: Path) -> Iterator[None]:
    """Yield after forward, losses, backward and Adam on one resident batch, and nothing else."""
    plan = config.teacher if stage == "teacher" else config.student
    mixture = Mixture(
        open_sources([shards], "train", {}),
        layout=BatchLayout(3, plan.crop),
        augmentation=Augmentation(),
        seed=0,
    )
    batch: Batch = mixture.batch(range(plan.batch)).to("cpu")
    net: TeacherNet | StudentNet
    net = TeacherNet(config.net) if stage == "teacher" else StudentNet(config.net)
    net.to(memory_format=torch.channels_last)
    weights = plan.model_dump()["weights"]
    optimiser = torch.optim.Adam(net.parameters(), plan.learning_rate, fused=True)
    while True:
        if isinstance(net, TeacherNet):
            losses = teacher_losses(net(batch.blended), batch, count(batch))
        else:
            losses = student_losses(net(batch.centre_blended), batch, count(batch))
        optimiser.zero_grad()
        weighted_sum(losses, weights).backward()
        optimiser.step()
        yield


if __name__ == "__main__":
    print(measure())
