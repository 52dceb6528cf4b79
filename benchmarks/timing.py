"""CPU time of alternatives, measured in turn, so that other work on the machine weighs on all."""

import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import h5py
import numpy as np


def cpu_ms(alternatives: Mapping[str, Callable[[], int]], rounds: int = 7) -> dict[str, float]:
    """Return the median CPU milliseconds per item of each alternative.

    Parameters
    ----------
    alternatives : name -> function that does the work and returns its number of items
    rounds : each round runs every alternative once; one more, first, is not counted
    """
    times: dict[str, list[float]] = {name: [] for name in alternatives}
    for turn in range(rounds + 1):
        for name, work in alternatives.items():
            started = time.process_time()
            items = work()
            if turn:
                times[name].append((time.process_time() - started) / items * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def machine() -> str:
    """Return one line that names the machine and the libraries that matter."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = f"{len(names)} x {names[0]}"
    versions = f"numpy {np.__version__}, OpenCV {cv2.__version__}, h5py {h5py.__version__}"
    return f"{model}; Python {platform.python_version()}, {versions}"


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
