"""Write what an evaluation found: tables in four formats, per-image scores, a page of pictures."""

import math
from collections.abc import Sequence

from seqsynth.tables import csv_text
from trainer.evaluation.examples import Benchmark, Example
from trainer.evaluation.gallery import Album, GalleryRow, render_gallery
from trainer.evaluation.statistics import Comparison
from trainer.evaluation.tables import (
    Measure,
    render_csv,
    render_latex,
    render_markdown,
    render_text,
)
from trainer.evaluation.tally import COMPARED, Tally, learns

RENDERERS = {
    "text": (render_text, "txt"),
    "csv": (render_csv, "csv"),
    "markdown": (render_markdown, "md"),
    "latex": (render_latex, "tex"),
}
"""Format -> how a table is rendered, and the suffix of its file."""


FILES = (
    "images.csv",
    "intervals.csv",
    "comparisons.csv",
    *(f"{name}.{suffix}" for name in ("table", "details") for _, suffix in RENDERERS.values()),
    "index.html",
)
"""Names of all files of an evaluation."""


def render_results(tally: Tally, album: Album, *, quoted: bool, shown: int) -> dict[str, str]:
    """Return every file of an evaluation: name -> text.

    ``table`` and ``details`` come in four formats; images.csv, intervals.csv and comparisons.csv
    hold every digit; index.html shows the worst and best images of each row that learns.
    """
    files = {"images.csv": tally.images(), "intervals.csv": intervals_csv(tally)}
    files["comparisons.csv"] = comparisons_csv(tally)
    table = tally.table(quoted=quoted)
    details = [tally.details(column) for column in tally.benchmark.columns]
    for render, suffix in RENDERERS.values():
        files[f"table.{suffix}"] = render(table)
        files[f"details.{suffix}"] = "\n".join(render(one) for one in details)
    files["index.html"] = render_gallery(
        "Evaluation", table.notes, [one.name for one in tally.methods], _parts(tally, album, shown)
    )
    return files


def render_figure(tally: Tally, album: Album, *, shown: int) -> str:
    """Return index.html as the paper's Figure 5: one row an image, one column a method.

    Of each benchmark ``shown`` images, spread evenly over it, in order.
    """
    methods = [one.name for one in tally.methods]
    parts = {
        column: [album.row((one.benchmark, one.name), methods) for one in examples]
        for column, examples in figure_examples(tally.benchmark, shown).items()
    }
    return render_gallery("Comparison", tally.table().notes, methods, parts)


def figure_examples(benchmark: Benchmark, shown: int) -> dict[str, list[Example]]:
    """Choose so many examples of each benchmark, spread evenly; all where there are no more."""
    chosen = {}
    for column in dict.fromkeys(one.benchmark for one in benchmark.examples):
        examples = benchmark.of(column)
        count = min(shown, len(examples))
        chosen[column] = [examples[place * len(examples) // count] for place in range(count)]
    return chosen


def describe_comparison(first: str, second: str, column: str, key: str, one: Comparison) -> str:
    """Return a paired comparison as a sentence."""
    title, digits = next((m.title, m.decimals) for m in COMPARED if m.key == key)
    between = (
        f" [{one.interval.low:+.{digits}f}, {one.interval.high:+.{digits}f}]"
        if math.isfinite(one.interval.low)
        else ""
    )
    return (
        f"{first} against {second} on {column}, {title}: {one.mean:+.{digits}f}{between}, median "
        f"{one.median:+.{digits}f}; better on {one.better:.0%}, clearly worse on "
        f"{one.worse:.0%} of {one.images}"
    )


def describe_comparisons(
    tally: Tally, pairs: Sequence[tuple[str, str]], measures: Sequence[Measure] = COMPARED
) -> list[str]:
    """Return a sentence for each pair of methods, benchmark and measure."""
    wanted = {measure.key for measure in measures}
    return [
        describe_comparison(first, second, column, key, one)
        for first, second in pairs
        for (column, key), one in tally.compare(first, second).items()
        if key in wanted
    ]


def intervals_csv(tally: Tally) -> str:
    """Return each row's means with their intervals."""
    head = ["method", "benchmark", "measure", "images", "exact", "mean", "low", "high", "median"]
    return csv_text(
        [
            head,
            *(
                [
                    *key,
                    one.images,
                    one.exact,
                    one.mean,
                    one.interval.low,
                    one.interval.high,
                    one.median,
                ]
                for key, one in tally.intervals().items()
            ),
        ]
    )


def comparisons_csv(tally: Tally) -> str:
    """Return every pair of rows, image by image."""
    rows: list[list[object]] = [
        [
            "first",
            "second",
            "benchmark",
            "measure",
            "images",
            "mean",
            "low",
            "high",
            "median",
            "better",
            "worse",
        ]
    ]
    names = [method.name for method in tally.methods]
    for number, second in enumerate(names):
        for first in names[number + 1 :]:
            for (column, key), one in tally.compare(first, second).items():
                rows.append(
                    [
                        first,
                        second,
                        column,
                        key,
                        one.images,
                        one.mean,
                        one.interval.low,
                        one.interval.high,
                        one.median,
                        one.better,
                        one.worse,
                    ]
                )
    return csv_text(rows)


def _parts(tally: Tally, album: Album, shown: int) -> dict[str, list[GalleryRow]]:
    """Return the worst, then the best images of every row that learns, or of the last row."""
    methods = [one.name for one in tally.methods]
    judged = [one.name for one in tally.methods if learns(one)] or methods[-1:]
    parts: dict[str, list[GalleryRow]] = {}
    for name in judged:
        gains = {one: tally.gain(name, one) for one in tally.benchmark.examples}
        known = sorted((one for one in gains if not math.isnan(gains[one])), key=gains.__getitem__)
        # No image twice: of a small benchmark, the worst are all there is to show.
        best = known[max(shown, len(known) - shown) :][::-1]
        ends = {"worst first": known[:shown], "best first": best}
        for title, chosen in ends.items():
            rows = [
                album.row((one.benchmark, one.name), methods, f"{gains[one]:+.2f} dB")
                for one in chosen
            ]
            if rows:
                parts[f"{name}, {title}"] = rows
    return parts
