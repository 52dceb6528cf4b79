"""A few strikes at a writer, in a process of their own; ``make soak`` strikes at all of them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_writers_struck_at_a_step_come_out_as_if_never_struck() -> None:
    """A fork must come before OpenCV has threads, so the soak runs as a program of its own."""
    few = ("--inputs", "0", "--kills", "3", "--faults", "2", "--only", "generate,subset,export hf")
    told = subprocess.run(
        [sys.executable, "-m", "tests.soak", *few],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=600,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    lines = [line for line in told.stdout.splitlines() if line.startswith("writer ")]
    assert [line.partition(":")[0] for line in lines] == [
        "writer generate",
        "writer export hf",
        "writer subset",
    ]
    assert all("1 kill" in line and "1 two at once" in line for line in lines)
