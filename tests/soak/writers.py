"""The commands that write, struck at a step and run again: they come out as if never struck."""

import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.soak.programs import BrokenPromiseError
from tests.soak.stage import SETTINGS, Stage
from tests.soak.strikes import Ending, Strike, run, tree

EXPORTS = ("errnet", "dsrnet", "ibcln", "ceilnet", "bdn", "folders", "webdataset", "hf", "views")
CHANGING = ("run.txt", "metrics.csv", "validation.csv", "curves.png", "panels", "last.pt")
"""What tells times, or is drawn anew, in a run of the trainer."""


@dataclass(frozen=True)
class Writer:
    """A command that writes.

    Attributes
    ----------
    words : program and arguments but --out
    is_exact : the same bytes come out after any stop
    pictures : beginnings of names of what a failing disk may cost, with a warning
    """

    words: tuple[object, ...]
    is_exact: bool = True
    pictures: tuple[str, ...] = ()

    def to(self, out: Path) -> list[object]:
        """Return the whole command."""
        return [*self.words, "--out", out]


def writers(stage: Stage, scenes: Path, pairs: Path) -> Mapping[str, Writer]:
    """Return every command that writes, on inputs of a stage."""
    layers, gzip = stage.sets["layers"], stage.sets["gzip"]
    one = ("--jobs", "1")
    generate = (
        *("seqsynth", "generate", "--voc", stage.photos, "--window", "24", *one),
        *("--transmission-step", "0", "2", "--reflection-step", "2", "4"),
        *("--sequences", "8", "--val-fraction", "0.25", "--shard-size", SETTINGS["shard_size"]),
    )
    small = ["net.width=0.03125", "net.d_layers=1", "net.context_blocks=2", "perceptual=none"]
    small += ["teacher.batch=1", "teacher.crop=24", "teacher.steps=2", "tensorboard=false"]
    small += ["teacher.validate_steps=1"]
    fit = (
        *("trainer", "fit", layers, "--preset", "small", "--stage", "teacher", "--device", "cpu"),
        *(word for pair in small for word in ("--set", pair)),
    )
    exports = {
        f"export {layout}": Writer(("seqsynth", "export", layers, "--to", layout, *one))
        for layout in EXPORTS
    }
    return {
        "generate": Writer(generate),
        "ingest-captures": Writer(("seqsynth", "ingest-captures", scenes, *one)),
        "ingest-pairs": Writer(("seqsynth", "ingest-pairs", "real20", pairs)),
        **exports,
        "merge": Writer(
            (
                "seqsynth",
                "merge",
                layers,
                stage.sets["merged"],
                "--drop-leaks",
                "--drop-duplicates",
                *one,
            )
        ),
        "subset": Writer(("seqsynth", "subset", gzip, "--count", "6", *one)),
        "fit": Writer(fit, is_exact=False, pictures=("teacher/panels/step-", "teacher/curves.png")),
    }


def whole(writer: Writer, folder: Path) -> tuple[dict[str, str], Ending]:
    """Run a command undisturbed; return what it writes, and how it went."""
    out = folder / "whole"
    ending = run(writer.to(out), folder, Strike(10**9, "kill", out))
    if ending.code:
        raise BrokenPromiseError(f"{writer.words}: {ending.said}")
    found = tree(out)
    shutil.rmtree(out)
    return found, ending


def strike(writer: Writer, folder: Path, wanted: Mapping[str, str], *, at: int, kind: str) -> bool:
    """Strike a command, run it again, and hold what it wrote against what it writes undisturbed.

    Returns
    -------
    whether the strike came to pass: a full disk may come after all that takes room

    Raises
    ------
    BrokenPromiseError
        It was not struck, said nothing or a traceback, or came out otherwise.
    """
    out = folder / "struck"
    shutil.rmtree(out, ignore_errors=True)
    ending = run(writer.to(out), folder, Strike(at, kind, out))
    place = f"{writer.words[:3]} {kind} at step {at}"
    if kind == "kill" and ending.code != -signal.SIGKILL:
        raise BrokenPromiseError(f"{place}: not struck, code {ending.code}: {ending.said[-500:]}")
    if kind == "kill" and at not in ending.half_written:
        raise BrokenPromiseError(f"{place}: no data was being written")
    if kind != "kill" and ending.code == 1 and "Error: " not in ending.said:
        raise BrokenPromiseError(f"{place}: failed without a word: {ending.said[-500:]}")
    if kind != "kill" and ending.code not in (0, 1):
        raise BrokenPromiseError(f"{place}: code {ending.code}: {ending.said[-500:]}")
    again = run(writer.to(out), folder)
    if again.code:
        raise BrokenPromiseError(f"{place}: cannot go on: {again.said[-800:]}")
    spared = writer.pictures if kind != "kill" and "WARNING" in ending.said else ()
    wanted = {name: digest for name, digest in wanted.items() if not name.startswith(spared)}
    _compare(place, writer, wanted, tree(out))
    return ending.steps >= at


def _compare(
    place: str, writer: Writer, wanted: Mapping[str, str], found: Mapping[str, str]
) -> None:
    if writer.is_exact:
        if found != wanted:
            other = sorted({n for n in {*found, *wanted} if found.get(n) != wanted.get(n)})
            raise BrokenPromiseError(f"{place}: came out otherwise: {other[:5]}")
        return
    left = [name for name in found if ".partial" in name]
    missing = wanted.keys() - found.keys()
    if left or missing:
        raise BrokenPromiseError(f"{place}: left {left}, lacks {sorted(missing)}")


def two_at_once(writer: Writer, folder: Path, wanted: Mapping[str, str]) -> bool:
    """Start a command twice at once: one writes, the other does, too, later, or says why not."""
    out = folder / "both"
    shutil.rmtree(out, ignore_errors=True)
    children = []
    for number in range(2):
        child = os.fork()
        if child == 0:
            ending = run(writer.to(out), folder / f"writer-{number}")
            is_well = ending.code == 0 or "in use by another run" in ending.said
            (folder / f"code-{number}").write_text(f"{ending.code}\n{ending.said}")
            os._exit(0 if is_well else 1)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    said = [(folder / f"code-{number}").read_text() for number in range(2)]
    if any(codes) or not any(text.startswith("0\n") for text in said):
        raise BrokenPromiseError(f"{writer.words[:3]} twice at once: {said}")
    _compare(f"{writer.words[:3]} twice at once", writer, wanted, tree(out))
    return True


def spread(steps: Sequence[int], count: int) -> list[int]:
    """Return ``count`` of the steps, spread evenly, each once; all if there are fewer."""
    count = min(len(steps), count)
    return sorted({steps[place * (len(steps) - 1) // max(1, count - 1)] for place in range(count)})
