"""Statistics of the pixels: brightness of I, T and R, saturation, distance of I from T."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from seqsynth.description import figures
from seqsynth.report.histogram import Histogram, Variable, draw_histogram
from seqsynth.report.levels import WHITE, Levels
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey

_SYMBOLS = {"blended": "I", "transmission": "T", "reflection": "R"}
RIDGE_HEIGHT = 56

Measure = Callable[[Levels], float | None]
"""Reads one number of a sequence's levels; None where it is unknown."""


@dataclass(frozen=True)
class Quantiles:
    """A row of the table: what was measured, and its 10, 50 and 90 % quantiles in words."""

    label: str
    unit: str
    low: str
    median: str
    high: str


def levels_section(survey: Survey) -> Section | None:
    """Return the pixel statistics of the sample, or None where it is empty."""
    if not survey.sample:
        return None
    measured = [observation.levels for observation in survey.sample]
    distances = _known(measured, _finite_psnr_db)
    distance = Variable("PSNR of I against T", "dB", tuple(distances), "blended")
    return render_section(
        "levels",
        "Image statistics",
        "levels.html",
        ridges=brightness_charts(measured),
        psnr=draw_histogram(distance) if distances else None,
        identical=sum(levels.psnr_db == math.inf for levels in measured),
        rows=quantile_rows(measured),
        is_synthetic=survey.index.kind == "synthetic",
        is_whole=survey.is_whole,
        sampled=figures.count(len(measured), "sequence"),
        total=len(survey.sequences),
    )


def brightness_charts(measured: Sequence[Levels]) -> list[Histogram]:
    """Return the histograms of the mean level of I, T and R, on one axis from 0 to 255."""
    variables = (
        Variable(symbol, "levels", tuple(_known(measured, attrgetter(name))), name)
        for name, symbol in _SYMBOLS.items()
    )
    return [
        draw_histogram(variable, span=(0, WHITE), height=RIDGE_HEIGHT)
        for variable in variables
        if variable.values
    ]


def quantile_rows(measured: Sequence[Levels]) -> list[Quantiles]:
    """Return the table of quantiles over sequences; what is unknown has no row."""
    rows: list[tuple[str, str, Measure]] = [
        ("Mean of I", "levels", attrgetter("blended")),
        ("Mean of T", "levels", attrgetter("transmission")),
        ("Mean of R", "levels", attrgetter("reflection")),
        ("Mean of I − T", "levels", _excess),
        ("Saturated values of I", "%", lambda levels: _percent(levels.blended_saturated)),
        ("Saturated values of T", "%", lambda levels: _percent(levels.transmission_saturated)),
        ("PSNR of I against T", "dB", _finite_psnr_db),
    ]
    known = ((label, unit, _known(measured, measure)) for label, unit, measure in rows)
    return [_quantiles(label, unit, values) for label, unit, values in known if values]


def _excess(levels: Levels) -> float | None:
    return None if levels.transmission is None else levels.blended - levels.transmission


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _finite_psnr_db(levels: Levels) -> float | None:
    return None if levels.psnr_db == math.inf else levels.psnr_db


def _known(measured: Sequence[Levels], measure: Measure) -> list[float]:
    return [value for levels in measured if (value := measure(levels)) is not None]


def _quantiles(label: str, unit: str, values: list[float]) -> Quantiles:
    low, median, high = np.percentile(values, [10, 50, 90]).tolist()
    return Quantiles(label, unit, *(figures.significant(value) for value in (low, median, high)))
