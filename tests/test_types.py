"""The whole project's types, checked beside the other tests: alone it would keep a core waiting."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_mypy_finds_no_fault() -> None:
    command = (sys.executable, "-m", "mypy")
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
