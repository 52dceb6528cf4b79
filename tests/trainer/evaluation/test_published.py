"""The paper's numbers, digit by digit."""

import pytest

from trainer.evaluation import published
from trainer.evaluation.tables import Kind, Row


def test_all_rows_of_table_1_are_whole() -> None:
    assert len(published.TABLE_1) == 14
    for quoted in published.TABLE_1:
        assert quoted.kind is Kind.QUOTED
        assert len(quoted.cells) == 14
        for (_, key), value in quoted.cells.items():
            assert (0.7 < value < 0.92) if key == "ssim" else (0.003 <= value < 0.031)


@pytest.mark.parametrize(
    ("name", "benchmark", "key", "value"),
    [
        ("CEILNet", "Real20", "ssim", 0.7185),
        ("CEILNet", "Seq1K", "lmse", 0.0179),
        ("CEILNet (F)", "SIR2", "ssim", 0.8689),
        ("Yang", "Nature", "lmse", 0.0162),
        ("ERRNet (F)", "SIR2-Wild", "ssim", 0.9090),
        ("IBCLN (F)", "SIR2-Postcard", "ssim", 0.880),
        (published.OWN, "SIR2-Objects", "lmse", 0.0031),
        (published.OWN, "Seq1K", "ssim", 0.9015),
    ],
)
def test_table_1_says_what_is_printed(name: str, benchmark: str, key: str, value: float) -> None:
    (quoted,) = (one for one in published.TABLE_1 if one.name == name)
    assert quoted.cells[benchmark, key] == value


# Sums of the printed columns, SSIM and LMSE in turn, and of the printed rows, from top to bottom:
# any digit that slips, and any two that change places, show in one or the other.
SUMS = [
    (
        published.TABLE_1,
        "10.6823 .3437 10.6671 .2089 12.2033 .0823 12.3300 .0674 12.0974 .0816 12.0981 .1377 "
        "11.8945 .1754",
        "5.7209 5.8480 5.8281 5.7342 6.0237 5.6742 5.7547 6.0861 5.8624 6.1333 6.0062 6.1443 "
        "6.0478 6.2058",
    ),
    (
        published.TABLE_2,
        "6.4520 .1615 6.5012 .8910 7.1350 .0376 7.1615 .0608",
        "3.4223 3.4452 3.4536 3.4658 3.4130 4.2544 3.4626 3.4837",
    ),
]


@pytest.mark.parametrize(("quoted", "columns", "rows"), SUMS, ids=["table 1", "table 2"])
def test_columns_and_rows_add_up_as_printed(
    quoted: tuple[Row, ...], columns: str, rows: str
) -> None:
    cells = [list(one.cells.values()) for one in quoted]
    for lines, sums in ((zip(*cells, strict=True), columns), (cells, rows)):
        wanted = [float(digits) for digits in sums.split()]
        assert [sum(values) for values in lines] == pytest.approx(wanted, abs=1e-6)


def test_both_tables_agree_on_the_papers_method() -> None:
    ours, ablated = published.TABLE_1[-1], published.TABLE_2[-1]
    assert ours.name == ablated.name == published.OWN
    assert ablated.cells.items() <= ours.cells.items()


def test_table_2_has_the_seven_ablations_and_the_whole() -> None:
    assert [one.name for one in published.TABLE_2] == [
        "w/o MKL",
        "w/o Decouple Net",
        "w/o Flow Net",
        "w/o Fusion Net",
        "w/o KT",
        "w/o Hallucination",
        "w/o Encoder",
        published.OWN,
    ]
