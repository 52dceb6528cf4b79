"""The page of a fit: distances, settings, distributions, and pairs before, after and real."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from seqsynth.comparison.differences import Difference
from seqsynth.comparison.fitted import Fit, changes_of
from seqsynth.comparison.measuring import SetSample
from seqsynth.comparison.sheet import draw_sheet
from seqsynth.description import figures
from seqsynth.report.film import make_film
from seqsynth.report.page import Section, render_page, render_section
from seqsynth.report.sections.contact_sheet import Reel
from seqsynth.sequence import Image

SYNTHETIC_CAPTIONS = ("T", "I before", "I after")
REAL_CAPTIONS = ("T", "I")


@dataclass(frozen=True)
class FitPictures:
    """Pictures to show.

    Attributes
    ----------
    blended : of each synthetic pair T, I before and I after, uint8 (H, W, 3) of one size
    real : of each real pair held back T and I, uint8 (H, W, 3) of one size
    """

    blended: Sequence[tuple[Image, Image, Image]]
    real: Sequence[tuple[Image, Image]]


@dataclass(frozen=True)
class QuantityRow:
    """A quantity: 10, 50 and 90 % of the real pairs, before and after, and both distances."""

    label: str
    real: str
    before: str
    after: str
    distances: tuple[str, str]


def render_fit(fit: Fit, samples: Mapping[str, SetSample], pictures: FitPictures) -> str:
    """Return the page, an HTML document.

    Parameters
    ----------
    samples : what the distributions are called -> what was measured
    """
    sections = [
        _distance_section(fit),
        _quantity_section(fit),
        _distribution_section(samples),
        _picture_section(pictures),
    ]
    subtitle = f"{fit.names[0]}, blend {fit.after.blend}, fitted to {fit.names[1]}"
    return render_page("Fitted blend", subtitle, sections)


def _distance_section(fit: Fit) -> Section:
    return render_section(
        "distance",
        "Distance",
        "fit_distance.html",
        distances={name: f"{value:.3f}" for name, value in fit.distances().items()},
        fitting=figures.count(len(fit.halves.fitting), "pair"),
        held_back=figures.count(len(fit.halves.held_back), "pair"),
        chosen=[f"{value:.3f}" for value in fit.fitting_distances],
        changes=list(changes_of(fit)),
    )


def _quantity_section(fit: Fit) -> Section:
    after = {one.quantity.key: one for one in fit.fitted.differences}
    rows = [
        _row(one, after[one.quantity.key])
        for one in fit.original.differences
        if one.quantity.key in after
    ]
    colours = [f"{one.colour_distance:.2f}" for one in (fit.original, fit.fitted)]
    return render_section(
        "quantities", "Quantities", "fit_quantities.html", rows=rows, colours=colours
    )


def _row(before: Difference, after: Difference) -> QuantityRow:
    unit = f" [{before.quantity.unit}]" if before.quantity.unit else ""
    return QuantityRow(
        before.quantity.label + unit,
        _quantiles(before.second),
        _quantiles(before.first),
        _quantiles(after.first),
        (f"{before.distance:.2f}", f"{after.distance:.2f}"),
    )


def _quantiles(values: tuple[float, float, float]) -> str:
    return " / ".join(figures.significant(value) for value in values)


def _distribution_section(samples: Mapping[str, SetSample]) -> Section:
    sheet = base64.b64encode(draw_sheet(samples)).decode()
    body = Markup(
        '<img class="sheet-picture" alt="Histograms of {}" src="data:image/png;base64,{}">'
    )
    return Section("distributions", "Distributions", body.format(", ".join(samples), sheet))


def _picture_section(pictures: FitPictures) -> Section:
    blended = [_reel(frames) for frames in pictures.blended]
    real = [_reel(frames) for frames in pictures.real]
    return render_section(
        "pictures",
        "Pictures",
        "fit_pictures.html",
        blended=blended,
        real=real,
        blended_captions=SYNTHETIC_CAPTIONS,
        real_captions=REAL_CAPTIONS,
    )


def _reel(frames: Sequence[Image]) -> Reel:
    return Reel("pair", "", make_film(np.stack(frames)), 0)
