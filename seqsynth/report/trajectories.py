"""How windows travel, drawn to scale: all sequences at once, and a few one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.report.histogram import Scale, Tick, round_step
from seqsynth.sequence import Trajectory

FAN_SIDE = 340
LAYERS = ("transmission", "reflection")


@dataclass(frozen=True)
class Box:
    """A rectangle of the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Trace:
    """One layer's travel as SVG path data: the lines, and a dot at each view."""

    tone: str
    lines: str
    dots: str


@dataclass(frozen=True)
class Fan:
    """Displacements of every window from its first, equal scales on both axes.

    Attributes
    ----------
    width, height : of the drawing
    columns, rows : marks of the two axes, px
    origin : where the first views stand
    traces : of T and R
    reach : where the configured steps can lead the last view of R
    """

    width: float
    height: float
    columns: tuple[Tick, ...]
    rows: tuple[Tick, ...]
    origin: tuple[float, float]
    traces: tuple[Trace, ...]
    reach: tuple[Box, ...]


@dataclass(frozen=True)
class Windows:
    """The windows of one sequence, first windows laid over each other, in px."""

    title: str
    transmission: tuple[Box, ...]
    reflection: tuple[Box, ...]
    arrows: tuple[Trace, ...]


def displacements(trajectory: Trajectory) -> dict[str, NDArray[np.int64]]:
    """Return each layer's window relative to its first view's, int (V, 2): row, column."""
    origins = {"transmission": trajectory.transmission, "reflection": trajectory.reflection}
    return {name: places.astype(np.int64) - places[0] for name, places in origins.items()}


def step_sizes(trajectories: Sequence[Trajectory], layer: str) -> NDArray[np.int64]:
    """Return how far a layer's windows move per view and axis, px, without sign, flat."""
    steps = [np.abs(np.diff(displacements(path)[layer], axis=0)).ravel() for path in trajectories]
    return np.concatenate(steps)


def draw_fan(trajectories: Sequence[Trajectory], configuration: dict[str, Any]) -> Fan:
    """Lay all trajectories over each other.

    Parameters
    ----------
    trajectories : at least one
    configuration : of a synthetic set, for the reach; may be empty
    """
    corners = _reach_corners(configuration, len(trajectories[0].transmission))
    return draw_travels([displacements(path) for path in trajectories], corners)


def draw_travels(
    moved: Sequence[Mapping[str, NDArray[Any]]], corners: Sequence[NDArray[Any]] = ()
) -> Fan:
    """Lay all displacements over each other.

    Parameters
    ----------
    moved : of each sequence, layer -> (V, 2), row and column from the first view
    corners : opposite corners (2, 2) of where the last view of R may stand
    """
    places = np.concatenate([path[layer] for path in moved for layer in LAYERS] + [*corners])
    low, high = places.min(axis=0), places.max(axis=0)
    pad = max(1.0, 0.06 * float((high - low).max()))
    low, high = low - pad, high + pad
    unit = FAN_SIDE / float((high - low).max())
    rows, columns = (
        Scale(float(low[k]), float(high[k]), float(high[k] - low[k]) * unit) for k in (0, 1)
    )
    step = round_step(float((high - low).max()) / 7)
    return Fan(
        width=round(columns.width, 2),
        height=round(rows.width, 2),
        columns=columns.ticks(step),
        rows=rows.ticks(step),
        origin=(columns.place(0), rows.place(0)),
        traces=tuple(
            _trace(layer, [path[layer] for path in moved], rows, columns) for layer in LAYERS
        ),
        reach=tuple(_box(corner, rows, columns) for corner in corners),
    )


def draw_windows(trajectory: Trajectory, window: tuple[int, int], title: str) -> Windows:
    """Draw the windows of one sequence to scale; one unit of the drawing is a pixel."""
    moved = displacements(trajectory)
    boxes = {
        layer: tuple(Box(x, y, window[1], window[0]) for y, x in moved[layer].tolist())
        for layer in LAYERS
    }
    arrows = tuple(_travel(layer, moved[layer], window) for layer in LAYERS)
    return Windows(title, boxes["transmission"], boxes["reflection"], arrows)


def covering_view(drawings: Sequence[Windows], *, margin: int = 4) -> str:
    """Return the SVG view box that covers every drawing, so that all are of one scale."""
    boxes = [box for drawing in drawings for box in drawing.transmission + drawing.reflection]
    left, top = min(box.x for box in boxes) - margin, min(box.y for box in boxes) - margin
    right = max(box.x + box.width for box in boxes) + margin
    bottom = max(box.y + box.height for box in boxes) + margin
    return f"{left:g} {top:g} {right - left:g} {bottom - top:g}"


def _travel(layer: str, moved: NDArray[np.int64], window: tuple[int, int]) -> Trace:
    """Return the line that joins the centres of a layer's windows."""
    centres = (moved + np.array(window) / 2).tolist()
    return Trace(layer, "M" + "L".join(f"{x:g} {y:g}" for y, x in centres), "")


def _reach_corners(configuration: dict[str, Any], views: int) -> list[NDArray[np.int64]]:
    """Return opposite corners, int (2, 2), of where the last window of R may stand."""
    steps = configuration.get("reflection_step")
    if steps is None or views < 2:
        return []
    ends = np.array(steps) * (views - 1)
    signs = (1,) if configuration.get("direction") == "forward" else (1, -1)
    return [
        np.stack([ends * down, ends * right], axis=1).astype(np.int64)
        for down in signs
        for right in signs
    ]


def _box(corners: NDArray[Any], rows: Scale, columns: Scale) -> Box:
    (top, left), (bottom, right) = np.sort(corners, axis=0).tolist()
    x, y = columns.place(left), rows.place(top)
    return Box(x, y, round(columns.place(right) - x, 2), round(rows.place(bottom) - y, 2))


def _trace(tone: str, paths: list[NDArray[Any]], rows: Scale, columns: Scale) -> Trace:
    placed = [
        [(columns.place(column), rows.place(row)) for row, column in path.tolist()]
        for path in paths
    ]
    lines = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in path) for path in placed)
    stops = sorted({place for path in placed for place in path[1:]})
    # A line of no length with round ends is a dot, at a tenth of a circle's bytes.
    return Trace(tone, lines, "".join(f"M{x:g} {y:g}h0" for x, y in stops))
