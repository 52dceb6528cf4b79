"""What threads beside a step cost it: ``python -m benchmarks.sharing``.

At batch 1 a fast GPU waits for Python, which launches one small kernel after the other and holds
the interpreter's lock meanwhile. A loader's thread, and those that score a validation, want that
lock too; and they want a core, which on a machine with few or busy ones costs a step far more. So
each stands beside a control: threads that need as much of a core, and never the lock.

Here a student of the paper's depth with one channel in 64 stands for such a step: on maps of 32 px
nearly all of it is Python and dispatch, on a CPU as well. Alternatives take turns, so that other
work on the machine weighs on all.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections import deque
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
from seqsynth.metrics import score
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
from trainer.training.watching.validation import SCORERS

WINDOW, MAP = 224, 32
SEQUENCES = 100

SORTED = "a thread sorts numbers ahead, as long as a sample takes"
PICTURES = np.random.default_rng(0).integers(0, 256, (2, WINDOW, WINDOW, 3), np.uint8)

Step = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One alternative.

    Attributes
    ----------
    before : what is done before each step
    beside : what runs beside a turn of steps
    control : name of the case that needs the same cores, and no lock
    """

    before: Step
    beside: Callable[[], AbstractContextManager[object]] = nullcontext
    control: str = "alone"


@dataclass(frozen=True)
class Turn:
    """Seconds of a block of steps: in all, and waiting for data."""

    clock: float
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
        samples = _mixture(shards, WINDOW)
        loaded, read = (_endless(samples, ahead=ahead) for ahead in (3, 0))
        sample_s, score_s = _seconds(lambda: samples.batch(range(1))), _seconds(_score)
        sorted_ahead = _ahead(_sorter(sample_s), 3)
        sorting, scoring = (f"threads that {do}: {SCORERS}" for do in ("sort", "score pictures"))
        cases = {
            "alone": Case(_nothing),
            SORTED: Case(lambda: next(sorted_ahead)),
            "a thread loads its sample ahead": Case(lambda: next(loaded), control=SORTED),
            "its sample is loaded before it": Case(lambda: next(read)),
            sorting: Case(_nothing, lambda: _busy(_sorter(score_s))),
            scoring: Case(_nothing, lambda: _busy(_score), control=sorting),
        }
        turns: dict[str, list[Turn]] = {case: [] for case in cases}
        for number in range(rounds + 1):
            for case, how in cases.items():
                turn = _take_turn(step, how, block)
                if number:
                    turns[case].append(turn)
        controls = {case: how.control for case, how in cases.items()}
    took = (
        f"{sample_s * 1e3:.1f} ms of CPU a sample, {score_s * 1e3:.1f} ms the scores of a picture"
    )
    return f"{machine()}, torch {torch.__version__}; {took}\n\n{_table(turns, controls, block)}"


def _take_turn(step: Step, case: Case, block: int) -> Turn:
    with case.beside():
        waiting = 0.0
        started = time.perf_counter()
        for _ in range(block):
            asked = time.perf_counter()
            case.before()
            waiting += time.perf_counter() - asked
            step()
        return Turn(time.perf_counter() - started, waiting)


def _table(turns: dict[str, list[Turn]], controls: dict[str, str], block: int) -> str:
    rows = []
    for case, taken in turns.items():
        over_alone = _ratios(taken, turns["alone"])
        over_control = _ratios(taken, turns[controls[case]])
        rows.append(
            (
                case,
                f"{statistics.median(turn.clock for turn in taken) / block * 1e3:.1f}",
                f"{statistics.median(over_alone):.2f}",
                f"{statistics.median(over_control):.2f}",
                f"{statistics.median(turn.waiting / turn.clock for turn in taken):.0%}",
            )
        )
    head = ("a step of Python and dispatch", "ms", "over alone", "over its control")
    return table((*head, "waiting for data"), rows)


def _ratios(taken: list[Turn], others: list[Turn]) -> list[float]:
    return [one.clock / other.clock for one, other in zip(taken, others, strict=True)]


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


def _endless(mixture: Mixture, *, ahead: int) -> Iterator[Batch]:
    """Yield samples for ever, as a student's loop at batch 1 is given them."""
    for epoch in count():
        steps = range(epoch * SEQUENCES, (epoch + 1) * SEQUENCES)
        yield from read_ahead(mixture, Portion(1), steps, ahead=ahead)


def _ahead(job: Step, number: int) -> Iterator[object]:
    """Yield what a thread makes ahead, as `read_ahead` does."""
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(job) for _ in range(number))
        while True:
            waiting.append(pool.submit(job))
            yield waiting.popleft().result()


def _seconds(job: Step) -> float:
    """Return the CPU time of a job, in the median."""
    times = []
    for _ in range(30):
        started = time.thread_time()
        job()
        times.append(time.thread_time() - started)
    return statistics.median(times)


def _sorter(seconds: float) -> Step:
    """Return a job of that length which lets others have the interpreter: numpy sorts without."""
    numbers = np.random.default_rng(0).random(100_000)
    whole = _seconds(lambda: np.sort(numbers))
    part = numbers[: max(1, round(len(numbers) * seconds / whole))]
    repeats = max(1, round(seconds / whole))

    def sort() -> None:
        for _ in range(repeats):
            np.sort(part)

    return sort


def _nothing() -> None:
    """Do nothing."""


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


def _score() -> object:
    return score(*PICTURES)


@contextmanager
def _busy(job: Step) -> Iterator[None]:
    """Keep as many threads at a job as score a validation."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            job()

    threads = [threading.Thread(target=work) for _ in range(SCORERS)]
    for thread in threads:
        thread.start()
    yield
    ended.set()
    for thread in threads:
        thread.join()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--block", type=int, default=30)
    given = parser.parse_args()
    print(measure(given.rounds, given.block))


if __name__ == "__main__":
    main()
