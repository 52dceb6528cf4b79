"""Histograms as geometry: where each bar stands, ready for the page's SVG template."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsynth.description.figures import significant

WIDTH, HEIGHT = 320, 112
"""Size of the plotted area, in units of the drawing."""

MOST_BINS, LEAST_BINS = 24, 6
MOST_WHOLE_BINS = 41

WIDEST = 40
"""Width of a bar at most."""

Range = tuple[float, float]


@dataclass(frozen=True)
class Variable:
    """A number measured in many sequences.

    Attributes
    ----------
    label, unit : what it is
    values : at least one, finite
    tone : "blended", "transmission", "reflection" or "plain": the colour
    drawn : the range the values were drawn from evenly, or None
    """

    label: str
    unit: str
    values: tuple[float, ...]
    tone: str = "plain"
    drawn: Range | None = None


@dataclass(frozen=True)
class Bar:
    """A bar: its rectangle and what a pointer resting on it is told."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Even:
    """What an even draw from a range would look like: its ends, and the height of its bars."""

    left: float
    right: float
    y: float


@dataclass(frozen=True)
class Histogram:
    """A histogram, in units of the drawing (x right, y down from 0 to ``height``).

    Attributes
    ----------
    variable : what is counted
    bars, ticks : from left to right
    top : largest count
    even : what ``variable.drawn`` leads to expect, or None
    median : place of the median
    median_text : the median in words
    """

    variable: Variable
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    top: int
    even: Even | None
    median: float
    median_text: str
    height: int
    width: int = WIDTH


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` laid over ``width`` units."""

    low: float
    high: float
    width: float = WIDTH

    def place(self, value: float) -> float:
        """Return where a value stands, to a hundredth of a unit."""
        return round((value - self.low) / (self.high - self.low) * self.width, 2)

    def ticks(self, step: float) -> tuple[Tick, ...]:
        """Return marks at the multiples of ``step``."""
        first = math.ceil(round(self.low / step, 6))
        last = math.floor(round(self.high / step, 6))
        values = [number * step for number in range(first, last + 1)]
        return tuple(Tick(self.place(value), _plain(value)) for value in values)


def draw_histogram(
    variable: Variable, *, span: Range | None = None, height: int = HEIGHT
) -> Histogram:
    """Count values into bins; whole numbers over a short range get a bin each.

    Parameters
    ----------
    variable : what to count
    span : range of the axis; by default that of the values and of the range they were drawn from
    height : of the drawing
    """
    numbers = np.asarray(variable.values, np.float64)
    if not numbers.size or not np.isfinite(numbers).all():
        raise ValueError(f"{variable.label}: a histogram is drawn of finite values, one at least")
    edges = _edges(numbers, variable.drawn, span)
    counts = np.histogram(numbers, edges)[0].tolist()
    scale = Scale(float(edges[0]), float(edges[-1]))
    least_step = 1.0 if _is_whole(edges) else 0.0
    median = float(np.median(numbers))
    return Histogram(
        variable=variable,
        bars=_bars(variable, edges, counts, height),
        ticks=scale.ticks(round_step(max((scale.high - scale.low) / 6, least_step))),
        top=max(counts),
        even=_even(variable, edges, len(numbers) / max(counts), height),
        median=scale.place(median),
        median_text=f"median {significant(median)}{_after(variable.unit)}",
        height=height,
    )


def round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * 0.999999)


def _edges(
    numbers: NDArray[np.float64], drawn: Range | None, span: Range | None
) -> NDArray[np.float64]:
    ends = [float(numbers.min()), float(numbers.max()), *(drawn or ())]
    low, high = span or (min(ends), max(ends))
    if span is None and (numbers == np.floor(numbers)).all() and high - low < MOST_WHOLE_BINS:
        return np.arange(math.floor(low), math.ceil(high) + 2) - 0.5
    if low == high:
        low, high = low - 0.5, high + 0.5
    bins = min(MOST_BINS, max(LEAST_BINS, round(1.5 * math.sqrt(len(numbers)))))
    return np.linspace(low, high, bins + 1)


def _is_whole(edges: NDArray[np.float64]) -> bool:
    return bool(edges[1] - edges[0] == 1 and edges[0] % 1 == 0.5)


def _bars(
    variable: Variable, edges: NDArray[np.float64], counts: list[int], height: int
) -> tuple[Bar, ...]:
    room = WIDTH / len(counts)
    width = min(room - 1.2, WIDEST)
    scale = height / max(counts)
    return tuple(
        Bar(
            x=round(room * place + (room - width) / 2, 2),
            y=round(height - scale * number, 2),
            width=round(width, 2),
            height=round(scale * number, 2),
            title=f"{_between(edges, place)}{_after(variable.unit)}: {number:,}",
        )
        for place, number in enumerate(counts)
        if number
    )


def _between(edges: NDArray[np.float64], place: int) -> str:
    """Name a bin: the whole number in its middle, or its two ends."""
    low, high = edges[place : place + 2].tolist()
    return f"{low + 0.5:g}" if _is_whole(edges) else f"{significant(low)} to {significant(high)}"


def _even(variable: Variable, edges: NDArray[np.float64], full: float, height: int) -> Even | None:
    """Return what an even draw leads to expect; ``full`` is all values over the largest count."""
    if variable.drawn is None or variable.drawn[0] == variable.drawn[1]:
        return None
    low, high = variable.drawn
    if _is_whole(edges):
        low, high = low - 0.5, high + 0.5
    scale = Scale(float(edges[0]), float(edges[-1]))
    part = float(edges[1] - edges[0]) / (high - low)
    return Even(scale.place(low), scale.place(high), round(height * (1 - full * part), 2))


def _after(unit: str) -> str:
    return f" {unit}" if unit else ""


def _plain(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")
