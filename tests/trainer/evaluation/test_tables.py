"""Tables: what is marked, what each format escapes, and the paper's rows as printed."""

import csv
import io
import math

import pytest

from trainer.evaluation import tables
from trainer.evaluation.tables import LMSE, PSNR, SSIM, WORSE, Kind, Mark, Measure, Row, Table
from trainer.metrics import Scores

NONE, BEST, SECOND = Mark.NONE, Mark.BEST, Mark.SECOND


def row(name: str, ssim: float, lmse: float | None = None, kind: Kind = Kind.MEASURED) -> Row:
    cells = {("A", "ssim"): ssim}
    if lmse is not None:
        cells["A", "lmse"] = lmse
    return Row(name, cells, kind)


def small_table() -> Table:
    return Table(
        ["A"],
        [SSIM, LMSE],
        [
            row("input", 0.75, 0.0211, Kind.LEARNS_NOTHING),
            row("ours", 0.8123, 0.0104),
            row("theirs", 0.9),
            row("Yang", 0.95, 0.001, Kind.QUOTED),
        ],
        notes=["Protocol: native."],
    )


def rank(values: list[float], measure: Measure = SSIM) -> list[Mark]:
    rows = [Row(str(i), {("A", measure.key): value}) for i, value in enumerate(values)]
    return tables.rank_column(Table(["A"], [measure], rows), "A", measure)


def test_the_highest_ssim_is_best() -> None:
    assert rank([0.7, 0.9, 0.8, 0.6]) == [NONE, BEST, SECOND, NONE]


def test_the_lowest_lmse_is_best() -> None:
    assert rank([0.02, 0.01, 0.03], LMSE) == [SECOND, BEST, NONE]


def test_equal_cells_share_a_place() -> None:
    assert rank([0.9, 0.8, 0.9, 0.8, 0.7]) == [BEST, SECOND, BEST, SECOND, NONE]


def test_cells_that_show_the_same_digits_share_a_place() -> None:
    assert rank([0.90001, 0.90004, 0.89]) == [BEST, BEST, SECOND]


def test_one_row_alone_is_best() -> None:
    assert rank([0.9]) == [BEST]


def test_unknown_cells_have_no_place() -> None:
    assert rank([math.nan, 0.9, 0.8]) == [NONE, BEST, SECOND]


def test_an_infinite_psnr_is_best() -> None:
    assert rank([30.0, math.inf, 20.0], PSNR) == [SECOND, BEST, NONE]


def test_methods_that_learn_nothing_compete() -> None:
    rows = [row("input", 0.9, kind=Kind.LEARNS_NOTHING), row("ours", 0.8)]
    assert tables.rank_column(Table(["A"], [SSIM], rows), "A", SSIM) == [BEST, SECOND]


def test_quoted_rows_compete_only_when_asked_to() -> None:
    rows = [row("ours", 0.8), row("Yang", 0.9, kind=Kind.QUOTED), row("theirs", 0.9)]
    table = Table(["A"], [SSIM], rows)
    assert tables.rank_column(table, "A", SSIM) == [SECOND, NONE, BEST]
    table = Table(["A"], [SSIM], rows, rank_quoted=True)
    assert tables.rank_column(table, "A", SSIM) == [SECOND, BEST, BEST]


def test_text_is_aligned_and_marked() -> None:
    assert tables.render_text(small_table()).splitlines() == [
        "                               A",
        "method                  SSIM ↑   LMSE ↓",
        "----------------------------------------",
        "input (learns nothing)  0.7500   0.0211+",
        "ours                    0.8123+  0.0104*",
        "theirs                  0.9000*       -",
        "Yang (quoted)           0.9500   0.0010",
        "----------------------------------------",
        "* best, + second",
        "Protocol: native.",
    ]


def test_text_columns_stay_apart_below_a_long_benchmark() -> None:
    long = "synthetic validation sequences"
    rows = [Row("ours", {(long, "ssim"): 0.8, ("B", "ssim"): 0.7})]
    lines = tables.render_text(Table([long, "B"], [SSIM], rows)).splitlines()
    assert lines[0].split("  ")[-1].strip() == "B"
    assert lines[0].rindex("B") < len(lines[1])
    assert lines[3].index("0.8000") < lines[0].index("B") - 6 < lines[3].index("0.7000")


def test_csv_keeps_every_digit_and_no_mark() -> None:
    rows = [row("ours", 1 / 3, math.inf), row("theirs", math.nan, kind=Kind.QUOTED)]
    read = list(csv.reader(io.StringIO(tables.render_csv(Table(["A"], [SSIM, LMSE], rows)))))
    assert read == [
        ["method", "kind", "A ssim", "A lmse"],
        ["ours", "measured", "0.3333333333333333", "inf"],
        ["theirs", "quoted", "", ""],
    ]


@pytest.mark.parametrize("name", ["a, b", 'say "a"', "two\nlines", "naïve ²"])
def test_csv_names_survive(name: str) -> None:
    rendered = tables.render_csv(Table(["A"], [SSIM], [row(name, 0.5)]))
    assert list(csv.reader(io.StringIO(rendered)))[1][0] == name


def test_markdown_is_a_pipe_table_with_marks() -> None:
    assert tables.render_markdown(small_table()).splitlines() == [
        "| method | A SSIM ↑ | A LMSE ↓ |",
        "| --- | --: | --: |",
        "| input (learns nothing) | 0.7500 | *0.0211* |",
        "| ours | *0.8123* | **0.0104** |",
        "| theirs | **0.9000** |  |",
        "| Yang (quoted) | 0.9500 | 0.0010 |",
        "",
        "**best**, *second*  ",
        "Protocol: native.",
    ]


def test_markdown_markup_in_names_is_escaped() -> None:
    rendered = tables.render_markdown(Table(["A|B"], [SSIM], [row("w/o_*x*|`y`\nz <b>", 0.5)]))
    assert rendered.splitlines()[0].startswith(r"| method | A\|B SSIM")
    assert rendered.splitlines()[2].startswith(r"| w/o\_\*x\*\|\`y\` z \<b\> |")


def test_latex_is_a_booktabs_tabular() -> None:
    assert tables.render_latex(small_table()).splitlines() == [
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r" & \multicolumn{2}{c}{A} \\",
        r"\cmidrule(lr){2-3}",
        r"Method & SSIM $\uparrow$ & LMSE $\downarrow$ \\",
        r"\midrule",
        r"input (learns nothing) & 0.7500 & \underline{0.0211} \\",
        r"\midrule",
        r"ours & \underline{0.8123} & \textbf{0.0104} \\",
        r"theirs & \textbf{0.9000} & -- \\",
        r"\midrule",
        r"Yang (quoted) & 0.9500 & 0.0010 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\par {\footnotesize Protocol: native.}",
    ]


def test_latex_sets_rules_below_each_benchmark() -> None:
    rendered = tables.render_latex(Table(["A", "B", "C"], [SSIM, LMSE, PSNR], []))
    assert r"\cmidrule(lr){2-4} \cmidrule(lr){5-7} \cmidrule(lr){8-10}" in rendered


def test_latex_escapes_every_special_character() -> None:
    rendered = tables.render_latex(Table(["A"], [SSIM], [row(r"50% & $x_1 #{~^\}<>²", 0.5)]))
    expected = (
        r"50\% \& \$x\_1 \#\{\textasciitilde{}\textasciicircum{}\textbackslash{}\}"
        r"\textless{}\textgreater{}$^2$ & \textbf{0.5000} \\"
    )
    assert expected in rendered


def test_latex_escapes_benchmarks_titles_and_notes() -> None:
    measure = Measure("share", "share in %", higher_is_better=True)
    rendered = tables.render_latex(Table(["A_1"], [measure], [], notes=["5 % lost"]))
    assert r"{A\_1}" in rendered
    assert r"share in \% $\uparrow$" in rendered
    assert r"5 \% lost" in rendered


def test_latex_shows_infinity_as_a_symbol() -> None:
    rows = [Row("infinity pool", {("A", PSNR.key): math.inf})]
    rendered = tables.render_latex(Table(["A"], [PSNR], rows))
    assert r"infinity pool & \textbf{$\infty$} \\" in rendered


def test_a_loss_too_small_to_show_is_not_shown_as_minus_zero() -> None:
    rendered = tables.render_text(Table(["A"], [PSNR], [Row("x", {("A", PSNR.key): -0.004})]))
    assert "-0.00" not in rendered


def scores(psnr_pooled: float, ssim: float) -> Scores:
    return Scores(psnr_pooled + 1, psnr_pooled, psnr_pooled + 2, ssim, 0.5, 0.02, 0.9)


def test_a_row_averages_its_images() -> None:
    cells = tables.average_scores("A", [scores(20, 0.5), scores(21, 0.6), scores(28, 0.9)])
    assert cells["A", "psnr_pooled"] == pytest.approx(23)
    assert cells["A", "psnr_pooled_median"] == 21
    assert cells["A", "structure_psnr"] == pytest.approx(25)
    assert cells["A", "ssim"] == pytest.approx(2 / 3)
    assert cells["A", SSIM.median.key] == pytest.approx(0.6)


def test_an_exact_image_is_left_out_of_the_mean_and_kept_in_the_median() -> None:
    cells = tables.average_scores("A", [scores(math.inf, 1), scores(20, 1), scores(22, 1)])
    assert cells["A", "psnr_pooled"] == pytest.approx(21)
    assert cells["A", "psnr_pooled_median"] == 22


def test_the_share_made_worse_counts_losses_of_more_than_one_db() -> None:
    given = [scores(20, 0.5), scores(20, 0.5), scores(20, 0.5), scores(math.inf, 1)]
    ours = [scores(19, 0.5), scores(18.9, 0.5), scores(25, 0.5), scores(40, 1)]
    assert tables.average_scores("A", ours, given)["A", WORSE.key] == 0.5
    assert ("A", WORSE.key) not in tables.average_scores("A", ours)
