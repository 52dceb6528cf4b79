"""Waiting for what is sure to come: the limit ends what hangs, and never judges how fast it was."""

import subprocess
import time
from collections.abc import Callable

HANG_S = 600
"""Seconds after which a test gives up; no test needs to be as fast as this."""


def wait_until(is_so: Callable[[], bool], command: "subprocess.Popen[str] | None" = None) -> None:
    """Return once something is so, however slow the machine; fail if the command ends before."""
    patience = time.monotonic() + HANG_S
    while not is_so():
        assert command is None or command.poll() is None, "the command ended before"
        assert time.monotonic() < patience, f"nothing came in {HANG_S} s"
        time.sleep(0.01)
