"""The page of figures: a table of checks, one of times, and the scores as they were printed."""

import html
from collections.abc import Mapping
from typing import Any

STYLE = (
    "body{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "td,th{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid #ddd}"
    "pre{background:#f5f7f9;padding:1rem;overflow-x:auto}"
)

TIMES = {
    "step_ms": "ms a step",
    "samples_s": "samples/s",
    "mfu": "share of peak",
    "memory_gib": "GiB",
    "waiting": "waiting for data",
}


SHARES = ("mfu", "waiting")


def render(figures: Mapping[str, Any]) -> str:
    """Return the page of a run's figures."""
    machine = ", ".join(f"{key} {value}" for key, value in figures.get("machine", {}).items())
    parts = [
        "<h1>trainer fit on a GPU</h1>",
        f"<p>{html.escape(machine)}</p>",
        "<h2>What needs a device</h2>",
        _table(("check", "holds", "said"), _checks(figures)),
        "<h2>Speed</h2>",
        _table(("network, batch", *TIMES.values(), "said"), _times(figures)),
        "<h2>A training in the time left</h2>",
    ]
    training = figures.get("training", {})
    for name, table in training.get("scores", {}).items():
        parts.append(f"<h3>{html.escape(name)}</h3><pre>{html.escape(table)}</pre>")
    rest = {key: value for key, value in training.items() if key != "scores"}
    parts.append(f"<pre>{html.escape(str(rest))}</pre>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>trainer fit on a GPU</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</html>"
    )


def _checks(figures: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = []
    for key, found in figures.items():
        if key.startswith("check "):
            word = {True: "yes", False: "no"}.get(found.get("ok"), "not here")
            said = str(found.get("fault") or found.get("said") or "")
            rows.append((key.removeprefix("check "), word, said))
    return rows


def _times(figures: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = []
    for key, found in figures.items():
        if key.startswith("speed "):
            cells = [_shown(name, found.get(name)) for name in TIMES]
            rows.append((key.removeprefix("speed "), *cells, str(found.get("fault", ""))))
    return rows


def _shown(name: str, value: Any) -> str:
    """Return a figure in three digits, or more where it is large; shares in percent."""
    if not isinstance(value, float):
        return "unknown"
    if name in SHARES:
        return f"{value:.1%}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, *rows]
    cells = [
        "".join(f"<{'td' if number else 'th'}>{html.escape(cell)}" for cell in line)
        for number, line in enumerate(lines)
    ]
    return f"<table>{''.join(f'<tr>{line}' for line in cells)}</table>"
