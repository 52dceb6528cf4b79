"""Tables of methods by benchmarks, as the paper's Table 1, in text, CSV, Markdown and LaTeX.

A table is data: rows of numbers by (benchmark, measure). What is best and second in a column is
decided on the digits shown, so that two cells which look alike are marked alike; rows quoted from
a publication stand beside the others but do not compete, unless asked to: they were measured by
other hands, often on other pictures.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import product
from statistics import median

from seqsynth.tables import csv_text
from trainer.metrics import Scores


class Kind(Enum):
    """What a row rests on; the value is said beside the row's name."""

    MEASURED = ""
    LEARNS_NOTHING = "learns nothing"
    QUOTED = "quoted"


class Mark(Enum):
    """The place of a cell in its column."""

    NONE = 0
    BEST = 1
    SECOND = 2


@dataclass(frozen=True)
class Measure:
    """One column below a benchmark.

    Attributes
    ----------
    key : under which a row's cells hold it
    title : at the head of the column
    higher_is_better : turns the arrow, and the marks
    decimals : shown; ranks are those of the shown digits
    """

    key: str
    title: str
    higher_is_better: bool
    decimals: int = 4

    @property
    def median(self) -> "Measure":
        """The same over images by its median, which one hopeless photo does not move."""
        return replace(self, key=f"{self.key}_median", title=f"{self.title} median")


SSIM = Measure("ssim", "SSIM", higher_is_better=True)
LMSE = Measure("lmse", "LMSE", higher_is_better=False)
PSNR = Measure("psnr_pooled", "PSNR", higher_is_better=True, decimals=2)
CHANNEL_PSNR = Measure("psnr", "PSNR by channel", higher_is_better=True, decimals=2)
STRUCTURE = Measure("structure_psnr", "structure", higher_is_better=True, decimals=2)
NCC = Measure("ncc", "NCC", higher_is_better=True)
WORSE = Measure("worse", "worse by 1 dB", higher_is_better=False, decimals=2)
"""Share of images that end more than 1 dB of pooled PSNR below the photo they began with."""

AVERAGED = (SSIM, LMSE, PSNR, CHANNEL_PSNR, STRUCTURE, NCC)

Cells = Mapping[tuple[str, str], float]
"""Number by (benchmark, key of the measure); what is not known is absent or NaN."""


@dataclass(frozen=True)
class Row:
    """One method."""

    name: str
    cells: Cells
    kind: Kind = Kind.MEASURED

    @property
    def label(self) -> str:
        """The name on one line, with what the row rests on where that must be said."""
        name = " ".join(self.name.split())
        return f"{name} ({self.kind.value})" if self.kind.value else name


@dataclass(frozen=True)
class Table:
    """Methods by benchmarks by measures, all in the order they are shown.

    Attributes
    ----------
    notes : sentences below the table: the protocol, what was left out
    rank_quoted : whether quoted rows compete for best and second
    """

    benchmarks: Sequence[str]
    measures: Sequence[Measure]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    rank_quoted: bool = False

    @property
    def columns(self) -> list[tuple[str, Measure]]:
        """Every (benchmark, measure), from left to right."""
        return list(product(self.benchmarks, self.measures))


def average_scores(
    benchmark: str, scores: Sequence[Scores], given: Sequence[Scores] = ()
) -> dict[tuple[str, str], float]:
    """Return a row's cells for one benchmark: means and medians over its images.

    Infinite values count in medians but not in means, unless all are infinite.

    Parameters
    ----------
    scores : of the method, one an image
    given : of the photos themselves, in the same order; where given, `WORSE` is a cell too
    """
    cells = {}
    for measure in AVERAGED:
        values = [float(getattr(one, measure.key)) for one in scores]
        finite = [value for value in values if math.isfinite(value)] or values
        cells[benchmark, measure.key] = sum(finite) / len(finite)
        cells[benchmark, measure.median.key] = median(values)
    if given:
        pairs = zip(scores, given, strict=True)
        lost = [one.psnr_pooled < photo.psnr_pooled - 1 for one, photo in pairs]
        cells[benchmark, WORSE.key] = sum(lost) / len(lost)
    return cells


def rank_column(table: Table, benchmark: str, measure: Measure) -> list[Mark]:
    """Return the mark of every row in one column; equal digits share a place."""
    values = [_shown_value(row, benchmark, measure) for row in table.rows]
    competing = {
        value
        for value, row in zip(values, table.rows, strict=True)
        if value is not None and (table.rank_quoted or row.kind is not Kind.QUOTED)
    }
    places = sorted(competing, reverse=measure.higher_is_better)[:2]
    marks = dict(zip(places, (Mark.BEST, Mark.SECOND), strict=False))
    return [
        Mark.NONE
        if value is None or (row.kind is Kind.QUOTED and not table.rank_quoted)
        else marks.get(value, Mark.NONE)
        for value, row in zip(values, table.rows, strict=True)
    ]


def render_text(table: Table) -> str:
    """Return the table for a terminal: ``*`` behind the best, ``+`` behind the second."""
    signs = {Mark.NONE: " ", Mark.BEST: "*", Mark.SECOND: "+"}
    body = _body(table, lambda text, mark: text + signs[mark], missing="- ")
    heads = [f"{measure.title} {_arrow(measure)} " for _, measure in table.columns]
    labels = [row.label for row in table.rows]
    widths = _text_widths(table, [heads, *body])
    first = max(map(len, ["method", *labels]))

    def line(label: str, cells: Sequence[str]) -> str:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        return "  ".join([label.ljust(first), *padded]).rstrip()

    rule = "-" * (first + sum(widths) + 2 * len(widths))
    lines = [_text_benchmarks(table, first, widths), line("method", heads), rule]
    lines += map(line, labels, body)
    return "\n".join([*lines, rule, "* best, + second", *table.notes]) + "\n"


def render_csv(table: Table) -> str:
    """Return the table for programs: every digit, no marks, nothing where nothing is known."""
    lines: list[list[str]] = [
        ["method", "kind", *(f"{name} {one.key}" for name, one in table.columns)]
    ]
    for row in table.rows:
        values = [row.cells.get((name, one.key), math.nan) for name, one in table.columns]
        shown = ["" if math.isnan(value) else repr(float(value)) for value in values]
        lines.append([row.name, row.kind.name.lower(), *shown])
    return csv_text(lines)


def render_markdown(table: Table) -> str:
    """Return a pipe table: the best in bold, the second in italics."""
    signs = {Mark.NONE: "", Mark.BEST: "**", Mark.SECOND: "*"}
    body = _body(table, lambda text, mark: signs[mark] + text + signs[mark], missing="")
    heads = [
        f"{_escape_markdown(name)} {_escape_markdown(measure.title)} {_arrow(measure)}"
        for name, measure in table.columns
    ]
    lines = [["method", *heads], ["---", *("--:" for _ in heads)]]
    lines += [
        [_escape_markdown(row.label), *cells] for row, cells in zip(table.rows, body, strict=True)
    ]
    notes = ["**best**, *second*", *map(_escape_markdown, table.notes)]
    rendered = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return rendered + "\n\n" + "  \n".join(notes) + "\n"


def render_latex(table: Table) -> str:
    r"""Return a ``tabular`` for the package booktabs: ``\textbf`` best, ``\underline`` second."""
    signs = {Mark.NONE: "{}", Mark.BEST: r"\textbf{{{}}}", Mark.SECOND: r"\underline{{{}}}"}
    body = _body(
        table,
        lambda text, mark: signs[mark].format(text.replace("inf", r"$\infty$")),
        missing="--",
    )
    arrows = {True: r"$\uparrow$", False: r"$\downarrow$"}
    heads = [
        f"{_escape_latex(one.title)} {arrows[one.higher_is_better]}" for _, one in table.columns
    ]
    lines = [r"\begin{tabular}{l" + "r" * len(heads) + "}", r"\toprule", *_latex_benchmarks(table)]
    lines += [_latex_line(["Method", *heads]), r"\midrule"]
    for index, (row, cells) in enumerate(zip(table.rows, body, strict=True)):
        if index and row.kind is not table.rows[index - 1].kind:
            lines.append(r"\midrule")
        lines.append(_latex_line([_escape_latex(row.label), *cells]))
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par {{\footnotesize {_escape_latex(note)}}}" for note in table.notes]
    return "\n".join(lines) + "\n"


def _body(table: Table, decorate: Callable[[str, Mark], str], *, missing: str) -> list[list[str]]:
    """Return the cells row by row, numbers shown and marked."""
    columns = []
    for benchmark, measure in table.columns:
        marks = rank_column(table, benchmark, measure)
        shown = [_shown(row, benchmark, measure) for row in table.rows]
        columns.append(
            [
                decorate(text, mark) if text else missing
                for text, mark in zip(shown, marks, strict=True)
            ]
        )
    return [list(cells) for cells in zip(*columns, strict=True)]


def _shown(row: Row, benchmark: str, measure: Measure) -> str:
    """Return a cell's digits, nothing where it is unknown."""
    value = row.cells.get((benchmark, measure.key), math.nan)
    # Adding 0 turns the -0.00 of a small loss into 0.00.
    shown = round(value, measure.decimals) + 0.0
    return "" if math.isnan(value) else f"{shown:.{measure.decimals}f}"


def _shown_value(row: Row, benchmark: str, measure: Measure) -> float | None:
    """Return what the shown digits say; None where the cell is unknown."""
    shown = _shown(row, benchmark, measure)
    return float(shown) if shown else None


def _arrow(measure: Measure) -> str:
    return "↑" if measure.higher_is_better else "↓"


def _text_widths(table: Table, lines: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of every column, the last of a benchmark widened to fit its name."""
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    count = len(table.measures)
    for index, name in enumerate(table.benchmarks):
        own = widths[index * count : (index + 1) * count]
        widths[(index + 1) * count - 1] += max(0, len(name) - sum(own) - 2 * (count - 1))
    return widths


def _text_benchmarks(table: Table, first: int, widths: Sequence[int]) -> str:
    """Return the line that sets each benchmark's name over its columns."""
    count = len(table.measures)
    parts = [" " * first]
    for index, name in enumerate(table.benchmarks):
        own = widths[index * count : (index + 1) * count]
        parts.append(name.center(sum(own) + 2 * (count - 1)))
    return "  ".join(parts).rstrip()


def _latex_benchmarks(table: Table) -> list[str]:
    """Return the line of benchmarks and the rules below it."""
    count = len(table.measures)
    names = [rf"\multicolumn{{{count}}}{{c}}{{{_escape_latex(one)}}}" for one in table.benchmarks]
    starts = range(2, 2 + count * len(table.benchmarks), count)
    rules = [rf"\cmidrule(lr){{{start}-{start + count - 1}}}" for start in starts]
    return [_latex_line(["", *names]), " ".join(rules)]


def _latex_line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "²": "$^2$",
}


def _escape_latex(text: str) -> str:
    return "".join(LATEX.get(letter, letter) for letter in text)


def _escape_markdown(text: str) -> str:
    """Escape what Markdown would take for markup, the pipe of a table above all."""
    return "".join("\\" + letter if letter in r"\`*_[]<>|~" else letter for letter in text)
