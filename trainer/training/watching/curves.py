"""Draw a stage's logs as curves.png."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from trainer.files import open_file
from trainer.training.watching.csv_log import Curve
from trainer.training.watching.step_log import TIMINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BANDS = {
    "": {"color": "C0", "linewidth": 2.0},
    "_identity": {"color": "grey", "linestyle": ":"},
    "_stretch": {"color": "grey", "linestyle": "-."},
    "_linear": {"color": "black", "linestyle": "--"},
    "_repeated": {"color": "C3"},
}
"""How the network and what it is compared with are drawn."""

SCORES = ("psnr", "structure_psnr", "ssim", "lmse")
"""The scores that are drawn."""

MEASURES = {
    "spread within an image, levels": ("residual_std", "residual_std_true"),
    "flow error, px": (
        "epe_transmission",
        "epe_zero_transmission",
        "epe_reflection",
        "epe_zero_reflection",
        "epe_constant_reflection",
    ),
    "representation, dead channels": (
        "transfer_ratio",
        "dead_channels",
        "dead_everywhere",
        "semantic_std_transmission",
        "semantic_std_reflection",
    ),
}
"""Title -> columns of what else is drawn."""

MARGINS = {"left": 0.04, "right": 0.99, "bottom": 0.07, "top": 0.95, "wspace": 0.18, "hspace": 0.26}
"""Room for titles and ticks: shares of the sheet, and of a place between two."""


def draw_curves(folder: Path, metrics: Curve, validation: Curve) -> None:
    """Draw what the logs of steps and of validations hold into curves.png of ``folder``.

    However long the logs are, the curves have a bounded number of points.

    Raises
    ------
    OutputError
        There is no room, or no permission.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  # heavy, and a training begins without

    # A layout that measures its texts would draw all of them twice more.
    figure = Figure(figsize=(16, 7))
    places = figure.subplots(2, 4, gridspec_kw=MARGINS).flat
    _draw_losses(places[0], metrics)
    for place, score in zip(places[1:5], SCORES, strict=True):
        _draw_score(place, validation, score)
    for place, (title, columns) in zip(places[5:], MEASURES.items(), strict=True):
        _draw_columns(place, validation, title, columns)
    with open_file(folder / "curves.png") as sink:
        figure.savefig(sink, format="png", dpi=100)


def _draw_losses(place: "Axes", curve: Curve) -> None:
    """Draw each loss term, smoothed over fiftieths of the run."""
    for term in loss_terms(curve):
        steps, values = curve.points(term)
        if not steps or not any(values):
            continue
        parts = min(50, len(steps))
        means = [float(np.mean(part)) for part in np.array_split(values, parts)]
        ends = [int(part[-1]) for part in np.array_split(steps, parts)]
        place.plot(ends, means, label=term)
    place.set(yscale="log")
    _caption(place, "losses")


def loss_terms(curve: Curve) -> list[str]:
    """Return the columns of a log of steps that are losses."""
    others = {"step", "epoch", "learning_rate", "knowledge_mean", *TIMINGS}
    beside = ("gradient_norm", "discriminator_")
    return [
        name
        for name in curve.names
        if name not in others and not name.endswith(beside[0]) and not name.startswith(beside[1])
    ]


def _draw_score(place: "Axes", curve: Curve, score: str) -> None:
    """Draw a score of the network beside its baselines."""
    for suffix, style in BANDS.items():
        steps, values = curve.points(score + suffix)
        if steps:
            label = suffix.lstrip("_") or "network"
            place.plot(steps, values, label=label, **style)  # type: ignore[arg-type]  # plot's stubs want one type for all keywords
    _caption(place, score)


def _draw_columns(place: "Axes", curve: Curve, title: str, columns: tuple[str, ...]) -> None:
    """Draw the columns that have values."""
    for column in columns:
        steps, values = curve.points(column)
        if steps:
            place.plot(steps, values, label=column)
    _caption(place, title)


def _caption(place: "Axes", title: str) -> None:
    """Name what was drawn; a place where nothing was is left empty."""
    if not place.lines:
        place.set_axis_off()
        return
    place.set(title=title, xlabel="step")
    place.legend(fontsize="x-small")
