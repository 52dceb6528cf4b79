"""The run: shards made on the spot, checks, times, a training in what is left, a page."""

import argparse
import os
import platform
import subprocess
import sys
import time
from typing import Any

from benchmarks.gpu.checks import CHECKS
from benchmarks.gpu.learning import train
from benchmarks.gpu.page import render
from benchmarks.gpu.session import (
    RESERVE_S,
    SEQSYNTH,
    Session,
    call,
    call_json,
    is_small,
    timed_steps,
)
from benchmarks.gpu.speed import speed_recipes

SEQUENCES = 4000


def run(given: argparse.Namespace) -> None:
    """Run everything; whatever fails is noted and the rest goes on."""
    given.out.mkdir(parents=True, exist_ok=True)
    _install(given)
    session = Session(given)
    session.note("machine", describe_machine(given.device))
    session.note("shards", make_shards(session))
    for name, check in CHECKS.items():
        if session.left_s > RESERVE_S + 30:
            session.note(f"check {name}", check(session))
    for name, recipe in speed_recipes(given).items():
        if session.left_s > RESERVE_S + 60:
            session.note(
                f"speed {name}", session.trial(f"speed-{name}", recipe, *timed_steps(given))
            )
    session.note("training", train(session))
    (given.out / "page.html").write_text(render(session.figures))


def describe_machine(device: str) -> dict[str, Any]:
    """Return the machine, the card and the versions that matter."""
    code = (
        "import json, torch; cuda = torch.cuda.is_available(); print(json.dumps({"
        "'torch': torch.__version__, 'card': torch.cuda.get_device_name() if cuda else 'none', "
        "'cuda': torch.version.cuda}))"
    )
    return {"python": platform.python_version(), "device": device, **call_json(["-c", code], 120)}


def make_shards(session: Session) -> dict[str, Any]:
    """Make synthetic shards from the photos, and shards of the pairs; time the making."""
    given, work = session.given, session.given.out / "work"
    started = time.monotonic()
    command = [*SEQSYNTH, "-q", "generate", "--voc", str(given.pack / "photos")]
    command += ["--out", str(work / "shards"), "--sequences", str(_sequences(given))]
    command += ["--blend", "linear", "--window", str(given.crop), "--seed", "0"]
    made = call([*command, "--val-fraction", "0.05"])
    seconds = time.monotonic() - started
    pairs = given.pack / "pairs"
    if made == "" and pairs.exists():
        command = [*SEQSYNTH, "-q", "ingest-pairs", "folders"]
        command += ["--blended", str(pairs / "blended")]
        command += ["--transmission", str(pairs / "transmission"), "--out", str(work / "pairs")]
        made = call(command)
    return {"sequences": _sequences(given), "seconds": seconds, "fault": made}


def _sequences(given: argparse.Namespace) -> int:
    return 60 if is_small(given) else SEQUENCES


def _install(given: argparse.Namespace) -> None:
    """Install the pack's wheels beside the machine's packages, where there are any."""
    wheels = sorted((given.pack / "wheels").glob("*.whl"))
    if wheels:
        target = given.out / "work" / "site"
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
        subprocess.run([*command, "--target", str(target), *map(str, wheels)], check=True)
        # Trials are processes of their own, which inherit it.
        os.environ["PYTHONPATH"] = f"{target}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
