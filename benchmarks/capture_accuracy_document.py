"""The page that tells how accurately captures are measured."""

from collections.abc import Iterable, Sequence

import numpy as np

Row = Sequence[str]

OFFSETS_PX = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Shifts forced on true alignments, to see whether the patches measure them."""


def table(heads: Row, rows: Iterable[Row]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def document(rows: dict[str, list[Row]], pooled: Sequence[float], scenes: int, normal: int) -> str:
    """Return the whole document.

    Parameters
    ----------
    rows : of every table, by its name; the condition first
    pooled : errors of the camera's motion over the normal-light conditions
    scenes : per condition
    normal : how many of the rows are normal-light conditions, the first ones
    """
    heads = {
        "alignment": (
            "condition",
            "transmission photo: error in px, median / p90 / worst",
            "camera motion: error in px, median / p90 / worst",
            "told",
            "agreement",
            "residual px",
        ),
        "offsets": ("condition", *(f"{offset:g} px" for offset in OFFSETS_PX)),
        "light": (
            "condition",
            "gain: error, median / worst",
            "reflection ratio read",
            "area",
            "darker, worst share",
        ),
        "movers": ("condition", "views judged", "false alarms", "objects found"),
        "reflection": ("condition", "told", "right within 3 px", "median error px"),
        "focus": ("fault of the first view", "variance of Laplacian", "band ratio", "direction"),
    }
    split = {
        name: table(heads[name], rows[name][:normal])
        + "\n\nReported apart:\n\n"
        + table(heads[name], rows[name][normal:])
        for name in ("alignment", "offsets", "light", "movers", "reflection")
    }
    pooled_line = (
        f"Camera motion pooled over the normal-light conditions ({len(pooled)} motions): median "
        f"{np.median(pooled):.3f} px, 90th percentile {np.quantile(pooled, 0.9):.3f} px, worst "
        f"{max(pooled):.3f} px."
    )
    return TEXT.format(
        scenes=scenes, pooled=pooled_line, focus=table(heads["focus"], rows["focus"]), **split
    )


TEXT = """# How accurately captures are measured

Written by `python -m benchmarks.capture_accuracy`; do not edit. {scenes} drawn scenes a condition,
three views and a transmission photo of 880x580 pixels each (1760x1160 where it says so; errors are
in pixels of the photo). In linear light a view is gain x T + R: the camera moves 4 to 20 px a view
with 0.3 degrees and some perspective, R moves 8 to 40 px more, blurred by 2 to 5 px unless sharp;
the transmission photo lies 0 to 5 px off with 0.2 degrees and 0.05 % of scale; gain 0.8 to 1.1,
defocus up to 0.7 px, Poisson-Gaussian noise, JPEG quality 90. The number in brackets is the mean
of R over the mean of gain x T. Low light has a mean of 0.015 of full scale and ten times the shot
noise; low texture is blurred by 3 px and has 0.3 of the contrast. In one condition R is T's own
picture moved, the hardest case: where smooth gradients of both run alike, as in a sky before a sky,
part of R passes for gain. Scenes are dead leaves and
enlarged public-domain photos; they hold no lens distortion, rolling shutter or tone mapping.

## Alignment

An error is the mean distance over the picture between the measured and the true place.
"Told" counts the scenes whose alignment is trusted; agreement and residual are medians.

{alignment}

{pooled}

## Residual

What the patches measure (median, px) where the true alignment is shifted by a known length:

{offsets}

## Light

{light}

## Movers

A false alarm is a component of more than 200 working pixels in a view where nothing moved; objects
are squares of 44 working pixels at 0.15 of the scene's mean level, not darker than everything they
cover.

{movers}

## Motion of the reflection

Told where the light, the amount of reflection and the lead of the best match allow it.

{reflection}

## Focus

Ratio of the first view to the others, median and extremes:

{focus}
"""
