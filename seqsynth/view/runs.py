"""Training runs as the browser sees them: curves of their logs, and panels of pictures by step."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqsynth.errors import SourceError
from seqsynth.files import real_path

LOGS = ("validation.csv", "metrics.csv")
MOST_POINTS = 400
"""Points of a curve: the mean of as many equal stretches of a longer one."""


@dataclass(frozen=True)
class ShownStage:
    """One stage of a run: teacher, student, or a method.

    Attributes
    ----------
    name : "RUN teacher"
    folder : where its logs lie
    panels : pictures of its validations, in the order of their steps
    """

    name: str
    folder: Path
    panels: tuple[Path, ...]

    def head(self) -> dict[str, Any]:
        """Return its name, its columns and the steps of its panels."""
        columns = {log: _columns(self.folder / log) for log in LOGS}
        return {
            "name": self.name,
            "columns": {log: names for log, names in columns.items() if names},
            "panels": [panel.stem for panel in self.panels],
        }

    def curves(self, log: str) -> dict[str, list[list[float]]]:
        """Return every column of a log as points (step, value), thinned to `MOST_POINTS`."""
        if log not in LOGS:
            return {}
        columns: dict[str, list[tuple[float, float]]] = {}
        for row in _rows(self.folder / log):
            step = _number(row.pop("step", ""))
            for name, text in row.items():
                value = _number(text)
                if step is not None and value is not None:
                    columns.setdefault(name, []).append((step, value))
        return {name: thin(points) for name, points in columns.items()}


def find_stages(run: Path) -> list[ShownStage]:
    """Return the stages of a run: its folder and those below it that hold a log.

    Raises
    ------
    SourceError
        There is none.
    """
    if not run.is_dir():
        raise SourceError(f"{run}: no such folder; name the --out of trainer fit")
    logs = {path.parent for name in LOGS for path in run.rglob(name)}
    if not logs:
        raise SourceError(f"{run} holds no log of a training; name the --out of trainer fit")
    stages = []
    for folder in sorted(logs):
        inside = folder.relative_to(run).as_posix()
        name = real_path(run).name if inside == "." else f"{real_path(run).name} {inside}"
        panels = tuple(sorted((folder / "panels").glob("[!.]*.png")))
        stages.append(ShownStage(name, folder, panels))
    return stages


def thin(points: list[tuple[float, float]]) -> list[list[float]]:
    """Return the means of at most `MOST_POINTS` equal stretches of a curve."""
    parts = min(MOST_POINTS, len(points))
    thinned = []
    for part in range(parts):
        stretch = points[part * len(points) // parts : (part + 1) * len(points) // parts]
        steps, values = zip(*stretch, strict=True)
        thinned.append([sum(steps) / len(steps), sum(values) / len(values)])
    return thinned


def _columns(file: Path) -> list[str]:
    first = next(_rows(file), None)
    return [] if first is None else [name for name in first if name != "step"]


def _rows(file: Path) -> Any:
    if not file.is_file():
        return
    with file.open(newline="", encoding="utf-8", errors="replace") as source:
        # A run that goes on may be in the middle of its last row.
        yield from (row for row in csv.DictReader(source) if None not in row.values())


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
