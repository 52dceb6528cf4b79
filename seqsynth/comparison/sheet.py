"""Show a comparison of two shard sets: lines for a terminal, JSON, and a sheet of histograms."""

import io
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqsynth.comparison.differences import SetComparison
from seqsynth.comparison.measuring import COLOUR_BINS, QUANTITIES, SetSample

COLOURS = ("#3b6ea8", "#c8742c", "#3f8f5b", "#8a5fa8", "#777777")
"""First set, second set, and sets made to be nearer."""

BINS = 20


def describe(comparison: SetComparison, names: Sequence[str]) -> list[str]:
    """Return a line for each quantity: quantiles in both sets, and their distance."""
    lines = [
        f"{'':<44}{names[0]:^32.32}{names[1]:^32.32}",
        f"{'10, 50 and 90 % of the sequences':<108} distance",
    ]
    for one in comparison.differences:
        unit = f" [{one.quantity.unit}]" if one.quantity.unit else ""
        numbers = "".join(f"{value:>10.3g}" for value in one.first)
        numbers += "  " + "".join(f"{value:>10.3g}" for value in one.second)
        lines.append(f"{one.quantity.label + unit:<46.46}{numbers}{one.distance:>9.2f}")
    lines.append(f"{'colour histograms':<108}{comparison.colour_distance:>9.2f}")
    lines.append(f"{'mean distance (0 alike, 1 apart)':<108}{comparison.distance:>9.2f}")
    return lines


def describe_settings(settings: Mapping[str, Any]) -> str:
    """Return settings as options of `seqsynth generate`."""
    parts = []
    for name, value in settings.items():
        if isinstance(value, Mapping):
            parts.append(describe_settings({f"{name}_{key}": each for key, each in value.items()}))
            continue
        text = " ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else str(value)
        parts.append(f"--{name.replace('_', '-')} {text}")
    return " ".join(parts)


def describe_suggestion(
    settings: Mapping[str, Any], comparison: SetComparison, names: Sequence[str]
) -> list[str]:
    """Return what would bring the first set nearer: options, and photos for the brightness."""
    lines = [f"suggested: seqsynth generate {describe_settings(settings)}"]
    brightness = comparison.of("transmission")
    if brightness is not None:
        low, _, high = brightness.second
        lines.append(
            f"brightness: photos with a mean level of {low:.0f} to {high:.0f} would be as "
            f"bright as those of {names[1]}; here they have {brightness.first[0]:.0f} to "
            f"{brightness.first[2]:.0f}"
        )
    return lines


def as_json(comparison: SetComparison, names: Sequence[str]) -> dict[str, Any]:
    """Return a comparison in JSON types."""
    return {
        "first": names[0],
        "second": names[1],
        "distance": comparison.distance,
        "colour_distance": comparison.colour_distance,
        "quantities": {
            one.quantity.key: {
                "label": one.quantity.label,
                "unit": one.quantity.unit,
                "first": list(one.first),
                "second": list(one.second),
                "distance": one.distance,
            }
            for one in comparison.differences
        },
    }


def draw_sheet(samples: Mapping[str, SetSample]) -> bytes:
    """Return a PNG with a histogram of every quantity in every set, and of the colours.

    Parameters
    ----------
    samples : name of the set -> its sample
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  # heavy

    shown = [
        one
        for one in QUANTITIES
        if sum(one.key in sample.values for sample in samples.values()) > 1
    ]
    rows = -(-(len(shown) + 3) // 4)
    height = 2.6 * rows
    figure = Figure(figsize=(16, height))
    # Room in inches, told and not measured: a layout that fits itself draws all of it twice.
    figure.subplots_adjust(0.03, 0.3 / height, 0.99, 1 - 0.3 / height, 0.14, 0.35)
    axes = list(figure.subplots(rows, 4).flat)
    palette = dict(zip(samples, itertools.cycle(COLOURS), strict=False))
    for axis, one in zip(axes, shown, strict=False):
        known = {n: s.values[one.key] for n, s in samples.items() if one.key in s.values}
        every = np.concatenate(list(known.values()))
        low, high = np.percentile(every, [0.5, 99.5]).tolist()
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
        for name, values in known.items():
            weights = np.full(values.size, 1 / values.size)
            axis.hist(
                values.clip(edges[0], edges[-1]),
                edges,
                weights=weights,
                histtype="stepfilled",
                alpha=0.45,
                color=palette[name],
                label=_as_label(name),
            )
        axis.set_title(one.label + (f" [{one.unit}]" if one.unit else ""), fontsize=9)
    for channel, word in enumerate(("red", "green", "blue")):
        axis = axes[len(shown) + channel]
        for name, sample in samples.items():
            axis.stairs(
                sample.colours[channel],
                np.linspace(0, 256, COLOUR_BINS + 1),
                color=palette[name],
                label=_as_label(name),
                linewidth=1.6,
            )
        axis.set_title(f"{word} of I", fontsize=9)
    for axis in axes[len(shown) + 3 :]:
        axis.set_axis_off()
    for axis in axes:
        axis.tick_params(labelsize=7)
        if axis.axison:
            axis.locator_params(nbins=5)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].legend(fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90)
    return buffer.getvalue()


def _as_label(name: str) -> str:
    """Return a name as it is drawn: dollars would begin a formula, and not every name is text."""
    return name.encode(errors="replace").decode().replace("$", r"\$")
