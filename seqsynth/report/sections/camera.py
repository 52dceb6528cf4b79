"""How a camera moved: what it looked at from view to view, and the sizes of its steps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsynth.description.figures import count
from seqsynth.motion import LayerMotion, Motion
from seqsynth.motion.figures import MotionFigures, figures_of
from seqsynth.report.histogram import Histogram, Variable, draw_histogram
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey, spread
from seqsynth.report.trajectories import draw_travels

MOST_DRAWN = 6
LAYERS = ("transmission", "reflection")


@dataclass(frozen=True)
class Outlines:
    """The frames of one sequence as they lie in its centre view, as SVG path data, px."""

    title: str
    transmission: tuple[str, ...]
    reflection: tuple[str, ...]


def camera_section(survey: Survey) -> Section | None:
    """Return the cameras of the sample, or None where none moved."""
    moving = [
        observation
        for observation in survey.sample
        if observation.camera is not None and observation.shape[0] > 1
    ]
    motions = [one.camera.motion for one in moving if one.camera is not None]
    if not motions:
        return None
    chosen = spread(len(moving), MOST_DRAWN)
    corners = [_corners(motions[place]) for place in chosen]
    names = [survey.sequences.name(moving[place].number) for place in chosen]
    return render_section(
        "camera",
        "Motion of the camera",
        "camera.html",
        fan=draw_travels([_travels(motion) for motion in motions]),
        outlines=[_outlines(*one) for one in zip(names, corners, strict=True)],
        covering=_covering(corners),
        steps=step_charts(motions),
        sampled=count(len(moving), "sequence"),
        parallax=any(motion.transmission.second is not None for motion in motions),
    )


def step_charts(motions: list[Motion]) -> list[Histogram]:
    """Return histograms of the motion from view to view: of T, and of R against T."""
    steps = [figures for motion in motions for figures in _steps(motion.transmission)]
    apart = [share for motion in motions for share in _relative(motion)]
    shown = {
        "T across": ("% of width", [abs(one.across) for one in steps], "transmission"),
        "T down": ("% of width", [abs(one.down) for one in steps], "transmission"),
        "turn": ("degrees", [abs(one.turn) for one in steps], "plain"),
        "change of scale": ("%", [abs(one.scale) for one in steps], "plain"),
        "left by the best shift": ("per mille", [one.residual for one in steps], "plain"),
        "R against T": ("% of width", apart, "reflection"),
    }
    return [
        draw_histogram(Variable(label, unit, tuple(values), tone))
        for label, (unit, values, tone) in shown.items()
    ]


def _steps(layer: LayerMotion) -> list[MotionFigures]:
    between = layer.homographies[1:] @ np.linalg.inv(layer.homographies[:-1])
    return [figures_of(one / one[2, 2], layer.size) for one in between]


def _relative(motion: Motion) -> list[float]:
    """Return how far the middle of R moves against that of T, % of the width."""
    apart = np.subtract(*(_middles(getattr(motion, layer)) for layer in LAYERS))
    lengths = np.linalg.norm(np.diff(apart, axis=0), axis=1)
    return [100 * float(length) / motion.transmission.size[1] for length in lengths]


def _middles(layer: LayerMotion) -> NDArray[np.float64]:
    """Return where each view's middle lies in the centre view, float64 (V, 2): row, column."""
    height, width = layer.size
    return _seen(layer, np.array([[(width - 1) / 2, (height - 1) / 2, 1]]))[:, 0, ::-1]


def _travels(motion: Motion) -> dict[str, NDArray[np.float64]]:
    """Return each layer's middle relative to its first view's, as windows would have moved."""
    middles = {layer: _middles(getattr(motion, layer)) for layer in LAYERS}
    return {layer: places - places[0] for layer, places in middles.items()}


def _corners(motion: Motion) -> dict[str, NDArray[np.float64]]:
    """Return where the corners of each view lie in the centre view, (V, 4, 2): x, y."""
    height, width = motion.transmission.size
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]])
    return {layer: _seen(getattr(motion, layer), corners) for layer in LAYERS}


def _seen(layer: LayerMotion, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where places (n, 3) of the views lie in the centre view, (V, n, 2)."""
    mapped = np.einsum("vij,nj->vni", np.linalg.inv(layer.homographies), places)
    seen: NDArray[np.float64] = mapped[..., :2] / mapped[..., 2:]
    return seen


def _outlines(title: str, corners: dict[str, NDArray[np.float64]]) -> Outlines:
    paths = {
        layer: tuple(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in view) + "Z" for view in corners[layer]
        )
        for layer in LAYERS
    }
    return Outlines(title, paths["transmission"], paths["reflection"])


def _covering(corners: list[dict[str, NDArray[np.float64]]], *, margin: int = 4) -> str:
    """Return the SVG view box that covers every drawing, so that all are of one scale."""
    places = np.concatenate([one[layer].reshape(-1, 2) for one in corners for layer in LAYERS])
    left, top = places.min(axis=0) - margin
    right, bottom = places.max(axis=0) + margin
    return f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"
