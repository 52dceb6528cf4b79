"""``make soak``: thousands of random inputs, and strikes at every kind of writer.

``python -m tests.soak --inputs 10000 --kills 200 --faults 200`` prints a line a reader and writer,
and what broke with the seed that breaks it again; the exit code is 1 if anything did.
"""

import argparse
import os
import pickle
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from tests.soak import stage as drawn
from tests.soak.attacks import ATTACKS
from tests.soak.programs import BrokenPromiseError
from tests.soak.scenery import draw_pairs, draw_scenes
from tests.soak.stage import Stage
from tests.soak.writers import Writer, spread, strike, two_at_once, whole, writers

T = TypeVar("T")


def main() -> int:
    """Attack and strike; return 1 if anything broke."""
    asked = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    asked.add_argument("--inputs", type=int, default=10_000, help="random inputs, all readers")
    asked.add_argument("--kills", type=int, default=200, help="kills, all writers")
    asked.add_argument("--faults", type=int, default=200, help="full disks and failures of disks")
    asked.add_argument("--only", default="", help="writers that are struck, by name; all")
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    root = Path(tempfile.mkdtemp(prefix="soak-"))
    try:
        stage = in_a_child(lambda: drawn.build(root / "stage"), root / "stage.pickle")
        # First: whoever forks must not have computed, for OpenCV's threads would be lost.
        broken = strike_all(stage, root, given=given)
        broken += attack(stage, root, inputs=given.inputs, seed=given.seed)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    sys.stdout.write(f"{broken} broken promises\n")
    return int(broken > 0)


def in_a_child(work: Callable[[], T], note: Path) -> T:
    """Do some work in a forked process, and return what it returns.

    Raises
    ------
    ChildProcessError
        It failed, aloud.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            note.write_bytes(pickle.dumps(work()))
            code = 0
        finally:
            if code:
                traceback.print_exc()
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        raise ChildProcessError("the inputs could not be drawn")
    found: T = pickle.loads(note.read_bytes())  # what this very program wrote
    return found


def attack(stage: Stage, root: Path, *, inputs: int, seed: int) -> int:
    """Share the inputs out over the readers; return how many broke a promise."""
    broken = 0
    each = inputs // len(ATTACKS)
    for name, attempt in ATTACKS.items():
        started, failed = time.monotonic(), 0
        for number in range(each):
            folder = root / "input"
            folder.mkdir()
            try:
                attempt(stage, folder, random.Random(f"{name} {seed} {number}"))
            except BrokenPromiseError as error:
                failed += 1
                _say(f"BROKEN {name} {seed} {number}: {error}")
            shutil.rmtree(folder)
        broken += failed
        took_s = time.monotonic() - started
        _say(f"reader {name}: {each} inputs, {failed} broken, {took_s:.0f} s")
    return broken


def strike_all(stage: Stage, root: Path, *, given: argparse.Namespace) -> int:
    """Share the strikes out over the writers; return how many broke a promise."""
    if not given.kills + given.faults:
        return 0
    scenes = in_a_child(lambda: draw_scenes(root / "scenes"), root / "scenes.pickle")
    pairs = in_a_child(lambda: draw_pairs(root / "real20"), root / "pairs.pickle")
    names = given.only.split(",") if given.only else ()
    every = writers(stage, scenes, pairs)
    chosen = {name: one for name, one in every.items() if name in (names or every)}
    each = {
        "kill": -(-given.kills // len(chosen)),
        "full": -(-given.faults // (2 * len(chosen))),
        "fault": -(-given.faults // (2 * len(chosen))),
    }
    return sum(_strike_one(name, writer, root, each) for name, writer in chosen.items())


def _strike_one(name: str, writer: Writer, root: Path, each: Mapping[str, int]) -> int:
    """Strike one writer, and start it twice at once; return how often it broke a promise."""
    folder = root / "writing"
    folder.mkdir()
    told: Counter[str] = Counter()
    started = time.monotonic()
    steps = 0
    try:
        wanted, ending = whole(writer, folder)
        steps = ending.steps
        for kind, number in each.items():
            places = ending.half_written if kind == "kill" else range(1, steps + 1)
            for at in spread(places, number):
                told += _counted(
                    kind, lambda at=at, kind=kind: strike(writer, folder, wanted, at=at, kind=kind)
                )
        told += _counted("two at once", lambda: two_at_once(writer, folder, wanted))
    except BrokenPromiseError as error:
        told["broken"] += 1
        _say(f"BROKEN {name}: {error}")
    counts = ", ".join(f"{number} {kind}" for kind, number in told.items() if number)
    _say(f"writer {name}: {steps} steps; {counts}; {time.monotonic() - started:.0f} s")
    shutil.rmtree(folder)
    return told["broken"]


def _counted(kind: str, attempt: Callable[[], bool]) -> Counter[str]:
    """Make an attempt and count it, where it came to pass, or what it broke."""
    try:
        return Counter({kind: int(attempt())})
    except BrokenPromiseError as error:
        _say(f"BROKEN {error}")
        return Counter(broken=1)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
