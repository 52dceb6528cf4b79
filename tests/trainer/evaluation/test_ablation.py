"""Table 2: eight rows trained and scored, and nothing done twice."""

from collections.abc import Callable
from pathlib import Path

import torch
from click.testing import CliRunner, Result

from seqsynth.errors import ConfigError
from trainer.checkpoint import load_checkpoint
from trainer.cli.ablate import command
from trainer.evaluation.ablation import ROWS, plan_variants, train_variant
from trainer.evaluation.ablation import ablate as train_and_score
from trainer.nets.config import ABLATIONS
from trainer.recipe import FitConfig

KT = {"kt": ABLATIONS["kt"]}

SETTINGS = [
    "perceptual=none",
    "tensorboard=false",
    "device=cpu",
    "net.width=0.03125",
    "net.d_layers=1",
    "net.context_blocks=1",
    "teacher.steps=2",
    "teacher.batch=1",
    "teacher.crop=32",
    "student.steps=2",
    "student.batch=1",
    "student.crop=32",
]


def ablate(shards: Path, out: Path, *arguments: str) -> Result:
    pairs = [text for setting in SETTINGS for text in ("--set", setting)]
    return CliRunner().invoke(command, [str(shards), "--out", str(out), *pairs, *arguments])


def test_every_row_of_table_2_is_known() -> None:
    assert ROWS.keys() == {*ABLATIONS, ""}


def test_rows_are_trained_and_printed_in_the_papers_order(synthetic: Path, tmp_path: Path) -> None:
    rows = [text for part in ("all", "mkl", "kt") for text in ("--rows", part)]
    result = ablate(synthetic, tmp_path / "out", "--quoted", *rows)
    assert result.exit_code == 0, result.output
    places = [result.output.index(f"\n{name}  ") for name in ("w/o MKL", "w/o KT", "all parts")]
    assert places == sorted(places)
    assert "w/o MKL (quoted)" in result.output
    assert "identity (learns nothing)" in result.output
    assert (tmp_path / "out/table.tex").exists()


def test_finished_rows_are_not_done_again(synthetic: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = ablate(synthetic, out, "--rows", "kt")
    assert first.exit_code == 0, first.output
    files = [out / "no-kt/student/best.pt", out / "no-kt/scores.json"]
    before = [file.stat().st_mtime_ns for file in files]
    table = (out / "table.txt").read_text()
    second = ablate(synthetic, out, "--rows", "kt")
    assert second.exit_code == 0, second.output
    assert [file.stat().st_mtime_ns for file in files] == before
    assert (out / "table.txt").read_text() == table


def test_unknown_row_is_one_sentence(synthetic: Path, tmp_path: Path) -> None:
    result = ablate(synthetic, tmp_path / "out", "--rows", "wings")
    assert isinstance(result.exception, ConfigError)


def test_rows_that_would_begin_unlike_are_refused_before_one_trains(
    synthetic: Path, tmp_path: Path
) -> None:
    told = ("--set", f"init_from={tmp_path / 'run/teacher/best.pt'}")
    result = ablate(synthetic, tmp_path / "out", "--rows", "all", *told)
    assert isinstance(result.exception, ConfigError)
    assert "leave it out, or fine-tune one network with trainer fit" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_row_of_another_checkpoint_is_scored_again(synthetic: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ablate(synthetic, out, "--rows", "kt")
    file = out / "no-kt/student/best.pt"
    document = torch.load(file, weights_only=True)
    for weight in document["weights"].values():
        weight.mul_(0)
    torch.save(document, file)
    table = (out / "table.txt").read_text()
    again = ablate(synthetic, out, "--rows", "kt")
    assert again.exit_code == 0, again.output
    assert (out / "table.txt").read_text() != table


def test_rows_with_a_whole_teacher_share_one(
    synthetic: Path, tmp_path: Path, tiny: Callable[..., FitConfig]
) -> None:
    parts = {part: ABLATIONS[part] for part in ("hallucination", "encoder", "mkl")}
    recipes = {part: tiny({"net": {name: False}, "max_steps": 1}) for part, name in parts.items()}
    recipes[""] = tiny({"max_steps": 1})
    seen = [
        (variant.part, report.stage)
        for variant in plan_variants(recipes, tmp_path)
        for report in train_variant(variant, [synthetic])
    ]
    assert seen == [
        ("hallucination", "teacher"),
        ("hallucination", "student"),
        ("encoder", "student"),
        ("mkl", "teacher"),
        ("mkl", "student"),
        ("", "student"),
    ]
    taught = {
        load_checkpoint(tmp_path / run / "student" / "last.pt").training["taught_by"]
        for run in ("no-hallucination", "no-encoder", "all-parts")
    }
    assert len(taught) == 1


def test_python_trains_and_scores_the_rows_of_the_command(
    synthetic: Path, tmp_path: Path, tiny: Callable[..., FitConfig]
) -> None:
    recipes = {part: tiny({"net": {switch: False}, "max_steps": 1}) for part, switch in KT.items()}
    steps = train_and_score(recipes, [synthetic], tmp_path / "out")
    reports = []
    while True:
        try:
            reports.append(next(steps))
        except StopIteration as end:
            tally = end.value
            break
    assert [(report.stage, report.step) for report in reports] == [("student", 1)]
    assert "w/o KT" in [row.name for row in tally.table().rows]
    assert (tmp_path / "out" / "no-kt" / "student" / "best.pt").exists()
