from pathlib import Path

import numpy as np
import pytest

from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import PairConfig, ingest_pairs
from seqsynth.metrics import score
from tests.trainer.evaluation.pictures import cell, draw, read_pair, save, tally_of
from trainer.evaluation.examples import open_examples


def test_subsets_are_columns_of_their_own(files: Path, shards: Path) -> None:
    tally = tally_of(shards)
    assert tally.benchmark.columns == ["SIR2", "SIR2-Postcard", "SIR2-Wild"]
    expected = np.mean([score(*read_pair(files, name)).ssim for name in "cd"])
    assert cell(tally, "identity", "SIR2-Wild", "ssim") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("benchmark", "subsets", "columns"),
    [
        ("Real20", ("real20", "real20"), ["Real20"]),
        ("Own", ("day", "night"), ["Own", "Own-day", "Own-night"]),
        ("Own", ("day", ""), ["Own", "Own-day"]),
        # The paper's table has a column of it.
        ("SIR2", ("Postcard", "Postcard"), ["SIR2", "SIR2-Postcard"]),
    ],
)
def test_a_subset_that_is_all_of_its_benchmark_is_no_second_column(
    tmp_path: Path, benchmark: str, subsets: tuple[str, ...], columns: list[str]
) -> None:
    lines = ["blended,transmission,subset"]
    for number, subset in enumerate(subsets):
        save(tmp_path / f"i{number}.png", draw(number))
        save(tmp_path / f"t{number}.png", draw(number + 9))
        lines.append(f"i{number}.png,t{number}.png,{subset}")
    (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
    found = find_pairs("list", tmp_path / "pairs.csv", {})
    ingest_pairs(found, tmp_path / "s", PairConfig(benchmark=benchmark))
    assert open_examples([("", tmp_path / "s")]).columns == columns


def test_photo_without_truth_is_skipped_and_counted(files: Path, tmp_path: Path) -> None:
    save(tmp_path / "a" / "x.png", draw(1))
    save(tmp_path / "a" / "y.png", draw(2))
    save(tmp_path / "b" / "x.png", draw(3))
    folders = {"blended": tmp_path / "a", "transmission": tmp_path / "b"}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "s", PairConfig(benchmark="Own"))
    benchmark = open_examples([("", tmp_path / "s")])
    assert [one.name for one in benchmark.examples] == ["x"]
    assert benchmark.notes == ("Own: 1 photo of split test, 1 without ground truth skipped",)
