"""What threads beside a step cost it: ``python -m benchmarks.sharing``.

At batch 1 a fast GPU waits for Python, which launches one small kernel after the other and holds
the interpreter's lock meanwhile. A loader's thread, and those that score a validation, want that
lock too. Here a student of the paper's depth with one channel in 64 stands for such a step: on maps
of 32 px nearly all of it is Python and dispatch, on a CPU as well. Alternatives take turns, so that
other work on the machine weighs on all.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import torch

from benchmarks.photos import write_photos
from benchmarks.timing import machine, table
from seqsynth.synthesis import RunConfig, SynthesisConfig, generate
from trainer.data.batch import Batch
from trainer.data.batch import count as count_known
from trainer.data.mixture import Augmentation, Mixture
from trainer.data.prefetch import Portion, read_ahead
from trainer.data.reading import BatchLayout
from trainer.data.sources import open_sources
from trainer.nets import StudentNet
from trainer.nets.config import NetConfig
from trainer.training.losses import student_losses, weighted_sum
from trainer.training.watching.validation import SCORERS, ScoreTally

WINDOW, MAP = 224, 32
SEQUENCES = 100

Step = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One alternative: what is done before each step, and what runs beside a turn of steps."""

    before: Step
    beside: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True)
class Turn:
    """Seconds of a block of steps: by the clock, of the step's own thread, waiting for data."""

    clock: float
    own: float
    waiting: float


def measure(rounds: int, block: int) -> str:
    """Return the table: a step alone, and beside what else runs.

    Parameters
    ----------
    rounds : how often every alternative has its turn; one more, first, is not counted
    block : steps of a turn
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        shards = _make_shards(Path(name))
        step = _student_step(_mixture(shards, MAP).batch(range(1)).to("cpu"))
        loaded, read = (_samples(_mixture(shards, WINDOW), ahead=ahead) for ahead in (3, 0))
        cases = {
            "alone": Case(lambda: None),
            "a thread loads its sample ahead": Case(lambda: next(loaded)),
            "its sample is loaded before it": Case(lambda: next(read)),
            f"{SCORERS} threads score pictures": Case(lambda: None, _scoring),
        }
        turns: dict[str, list[Turn]] = {case: [] for case in cases}
        for number in range(rounds + 1):
            for case, how in cases.items():
                turn = _take_turn(step, how, block)
                if number:
                    turns[case].append(turn)
    return f"{machine()}, torch {torch.__version__}\n\n{_table(turns, block)}"


def _take_turn(step: Step, case: Case, block: int) -> Turn:
    with case.beside():
        waiting = 0.0
        started, own = time.perf_counter(), time.thread_time()
        for _ in range(block):
            asked = time.perf_counter()
            case.before()
            waiting += time.perf_counter() - asked
            step()
        return Turn(time.perf_counter() - started, time.thread_time() - own, waiting)


def _table(turns: dict[str, list[Turn]], block: int) -> str:
    alone = turns["alone"]
    rows = []
    for case, taken in turns.items():
        ratios = [one.clock / other.clock for one, other in zip(taken, alone, strict=True)]
        rows.append(
            (
                case,
                f"{statistics.median(turn.clock for turn in taken) / block * 1e3:.2f}",
                f"{statistics.median(ratios):.3f}",
                f"{min(ratios):.3f} to {max(ratios):.3f}",
                f"{statistics.median(turn.waiting / turn.clock for turn in taken):.1%}",
            )
        )
    head = ("a step of Python and dispatch", "ms", "over alone, median", "of all turns")
    return table((*head, "waiting for data"), rows)


def _make_shards(folder: Path) -> Path:
    write_photos(folder / "photos", 40)
    config = SynthesisConfig(sequences=SEQUENCES, val_fraction=0, window=(WINDOW, WINDOW))
    generate(folder / "photos", folder / "shards", config, RunConfig(jobs=1))
    return folder / "shards"


def _mixture(shards: Path, crop: int) -> Mixture:
    return Mixture(
        open_sources([shards], "train", {}),
        layout=BatchLayout(3, crop, reflections=False),
        augmentation=Augmentation(flip_horizontal=True),
        seed=0,
    )


def _samples(mixture: Mixture, *, ahead: int) -> Iterator[Batch]:
    """Yield samples for ever, as a student's loop at batch 1 is given them."""
    for epoch in count():
        steps = range(epoch * SEQUENCES, (epoch + 1) * SEQUENCES)
        yield from read_ahead(mixture, Portion(1), steps, ahead=ahead)


def _student_step(batch: Batch) -> Step:
    """Return forward, losses, backward and Adam of a narrow student on one resident sample."""
    net = StudentNet(NetConfig(width=1 / 64, kt=False))
    optimiser = torch.optim.Adam(net.parameters(), 1e-4, fused=True)

    def step() -> None:
        losses = student_losses(net(batch.centre_blended), batch, count_known(batch))
        optimiser.zero_grad()
        weighted_sum(losses, {"reconstruction": 1.0}).backward()
        optimiser.step()

    return step


@contextmanager
def _scoring() -> Iterator[None]:
    """Keep as many threads scoring pictures as a validation does."""
    pair = np.random.default_rng(0).integers(0, 256, (2, WINDOW, WINDOW, 3), np.uint8)
    with ThreadPoolExecutor(SCORERS) as pool:
        tally = ScoreTally(pool)
        for _ in range(2000):
            tally.add(*pair)
        yield
        pool.shutdown(cancel_futures=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--block", type=int, default=30)
    given = parser.parse_args()
    print(measure(given.rounds, given.block))


if __name__ == "__main__":
    main()
