"""``seqsynth export`` says what it wrote and what it left out, and fails in one line."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqsynth.config import RunConfig
from seqsynth.export import ExportConfig
from seqsynth.export.session import ExportSession
from tests.seqsynth.cli.conftest import Outcome, Seqsynth


@pytest.fixture
def export(seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path) -> Callable[..., Outcome]:
    """Export the tiny set into ``tmp_path / "out"`` by one worker."""

    def run(*arguments: str | Path, source: str | Path = tiny_shards) -> Outcome:
        out = ("--out", tmp_path / "out", "--jobs", "1")
        return seqsynth("export", source, *out, *arguments)

    return run


def test_it_says_how_many_samples_lie_where(export, tmp_path):
    answer = export("--to", "errnet")
    assert answer.code == 0
    assert answer.out.splitlines()[0].startswith(f"{tmp_path / 'out'}: 91 files, ")
    assert answer.out.splitlines()[1:] == [
        "  VOCdevkit/VOC2012/PNGImages: 19",
        "  real_train: 19",
        "  testdata_val: 5",
    ]


def test_same_command_again_says_that_nothing_was_missing(export):
    export("--to", "bdn")
    assert "was complete already: 72 files" in export("--to", "bdn").out


def test_dry_run_writes_nothing(export, tmp_path):
    answer = export("--to", "ceilnet", "--dry-run", "--split", "val")
    assert "would get 15 files; 5 sequences" in answer.out
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_out_is_counted(export, tmp_path, make_shards, seqsynth):
    from PIL import Image

    for role in ("blended", "transmission"):
        (tmp_path / role).mkdir()
        Image.new("RGB", (40, 30), "red" if role == "blended" else "blue").save(
            tmp_path / role / "a.png"
        )
    Image.new("RGB", (40, 30), "green").save(tmp_path / "blended/b.png")
    seqsynth(
        "ingest-pairs",
        "folders",
        "--blended",
        tmp_path / "blended",
        "--transmission",
        tmp_path / "transmission",
        "--out",
        tmp_path / "pairs",
    )
    answer = export("--to", "errnet", source=tmp_path / "pairs")
    assert "left out: 1 sample, transmission unknown" in answer.out


def test_quiet_says_nothing(seqsynth, tiny_shards, tmp_path):
    answer = seqsynth(
        "-q", "export", tiny_shards, "--to", "bdn", "--out", tmp_path / "o", "--jobs", "1"
    )
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_interruption_says_how_to_go_on(export, tmp_path, monkeypatch):
    monkeypatch.setattr("seqsynth.export.blocks.BLOCK_BYTES", 1)
    record = ExportSession.record

    def interrupted(self: ExportSession, *arguments: Any) -> None:
        record(self, *arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ExportSession, "record", interrupted)
        answer = export("--to", "bdn")
    assert answer.code == 130
    assert answer.error_lines[0].startswith("stopped with ")
    assert answer.error_lines[0].endswith(
        f"of 24 sequences finished in {tmp_path / 'out'}; run the same command again to go on"
    )
    assert export("--to", "bdn").code == 0
    assert json.loads((tmp_path / "out/MANIFEST.json").read_text())["sequences"] == 24


def test_set_at_a_url_gives_the_same_bytes(export, tiny_shards, tmp_path, monkeypatch, contents):
    monkeypatch.setenv("SEQSYNTH_CACHE", str(tmp_path / "cache"))
    for layout in ("bdn", "views"):
        export("--to", layout, "--overwrite")
        local = contents(tmp_path / "out")
        answer = export("--to", layout, "--overwrite", source=tiny_shards.as_uri())
        assert answer.code == 0, answer.err
        assert contents(tmp_path / "out") == local


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--to", "bdn", "--format", "npy"], "format npy is for layout webdataset, not bdn"),
        (["--to", "bdn", "--where", "sigma"], "is not KEY OPERATOR VALUE"),
        (["--to", "bdn", "--where", "sigma>99"], "no sequence of 24 is left"),
        (["--to", "bdn", "--scheduler", "x:1"], "choose backend dask or ray"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_written(words, line, export, tmp_path):
    answer = export(*words)
    assert answer.code == 2
    assert line in answer.error_lines[0]
    assert list(tmp_path.iterdir()) == []


def test_missing_shards_are_named(export, tmp_path):
    answer = export("--to", "bdn", source=tmp_path / "nowhere")
    assert (answer.code, answer.error_lines) == (1, [f"{tmp_path / 'nowhere'}: no such folder"])


def test_folder_without_permission_is_named(seqsynth, ordinary_user):
    shards, out = ordinary_user / "shards", ordinary_user / "out"
    seqsynth(
        "generate",
        "--voc",
        ordinary_user / "photos",
        "--out",
        shards,
        "--window",
        "16",
        "--reflection-step",
        "2",
        "4",
        "--sequences",
        "4",
        "--jobs",
        "1",
    )
    out.mkdir(mode=0o555)
    os.chmod(out, 0o555)  # noqa: PTH101  # whatever the umask
    answer = seqsynth("export", shards, "--to", "bdn", "--out", out)
    assert (answer.code, answer.error_lines) == (1, [f"{out}: no permission to write there"])


def test_every_setting_has_a_flag(seqsynth):
    text = seqsynth("export", "--help").out
    for name in {*ExportConfig.model_fields, *RunConfig.model_fields} - {"image_cache"}:
        assert f"--{name.replace('_', '-')}" in text
