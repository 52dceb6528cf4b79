"""``seqsynth compare``: what it prints, and what it refuses."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seqsynth.comparison import fit_page
from seqsynth.config import load_configs
from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import ingest_pairs
from tests.conftest import draw_photo
from tests.waiting import HANG_S, wait_until

MakeShards = Callable[..., Path]
Seqsynth = Callable[..., Any]


def test_comparison_is_a_table_with_a_suggestion_for_a_synthetic_set(
    seqsynth: Seqsynth, make_shards: MakeShards, tiny_voc: Path, tmp_path: Path
) -> None:
    settings = {"window": (24, 24), "sequences": 6}
    strong = make_shards(tmp_path / "strong", **settings)
    weak = make_shards(tmp_path / "weak", seed=3, reflection_strength=(0.2, 0.4), **settings)
    out = tmp_path / "out"
    options = ("--samples", "6", "--voc", tiny_voc, "--out", out, "--rounds", "1")
    told = seqsynth("compare", strong, weak, *options)
    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[0].split() == ["strong", "weak"]
    assert sum(line.startswith("mean distance") for line in lines) == 2
    assert sum(line.startswith("suggested: seqsynth generate --refl") for line in lines) == 2
    assert f"making 6 sequences in {out / 'round-1'}" in lines
    assert lines[-1] == f"{out}: comparison.json, comparison.png"


def test_photos_without_a_folder_are_a_usage_error(
    seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path
) -> None:
    told = seqsynth("compare", tiny_shards, tiny_shards, "--voc", tmp_path)
    assert told.code == 2
    assert told.error_lines == ["--voc makes shard sets: name a folder for them, --out DIR"]


# --fit


@pytest.fixture
def linear(make_shards: MakeShards, tmp_path: Path) -> Path:
    return make_shards(tmp_path / "linear", blend="linear", window=(24, 32), sequences=8)


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """24 pairs of eight scenes, T under glass that takes a third of its light."""
    (tmp_path / "pairs").mkdir()
    lines = ["blended,transmission,subset"]
    for number in range(24):
        truth = draw_photo(800 + number)
        blended = np.rint(255 * (0.67 * (truth / 255) ** 2.2 + 0.04) ** (1 / 2.2))
        for name, picture in ((f"i{number}", blended.astype(np.uint8)), (f"t{number}", truth)):
            Image.fromarray(picture).save(tmp_path / "pairs" / f"{name}.png")
        lines.append(f"i{number}.png,t{number}.png,scene {number // 3}")
    (tmp_path / "pairs/list.csv").write_text("\n".join(lines))
    ingest_pairs(find_pairs("list", tmp_path / "pairs/list.csv", {}), tmp_path / "real")
    return tmp_path / "real"


def test_a_fit_tells_what_it_found_and_writes_settings_and_a_page(
    seqsynth: Seqsynth, linear: Path, real: Path, tmp_path: Path
) -> None:
    out = tmp_path / "fitted.toml"
    options = ("--trials", "48", "--samples", "8", "--by", "subset", "--seed", "3")
    told = seqsynth("compare", linear, real, "--fit", "--out", out, *options)
    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[0].startswith(f"held back: 12 of 24 pairs of {real}; mean distance")
    assert [line.split("  ")[1] for line in lines[1:5]] == [
        "the set as it stands",
        "its photos blended anew",
        "blended by the settings found",
        "the real pairs fitted to",
    ]
    assert lines[-1] == f"{out}: for seqsynth generate --config; fitted.html: to look at"
    assert "fit: 48 of 48 trials" in told.err
    assert load_configs(out, {})[0].blend == "linear"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_fit_that_is_stopped_goes_on(
    program: Callable[..., subprocess.Popen[str]],
    seqsynth: Seqsynth,
    linear: Path,
    real: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    # The sheet takes longest and is tested in test_sheet.
    monkeypatch.setattr(fit_page, "draw_sheet", lambda _: b"")
    out = tmp_path / "fitted.toml"
    words = ("compare", linear, real, "--fit", "--out", out, "--samples", "4", "--trials")
    run = program(*words, "100000")
    journal = tmp_path / "fitted.toml.journal"
    wait_until(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 16, run)
    run.send_signal(number)
    _, printed = run.communicate(timeout=HANG_S)
    if number != signal.SIGKILL:
        assert run.returncode == 130
        assert printed.splitlines()[-1] == (
            "Error: stopped; what was tried is kept, and the same command again goes on"
        )
    kept = journal.read_text().splitlines()
    assert json.loads(kept[-1]).keys() == {"point", "distance"}
    # As if the same command had been stopped later: it is too long for a test.
    head = json.loads(kept[0])
    head["search"]["trials"] = 48
    journal.write_text("\n".join([json.dumps(head), *kept[1:]][:17]) + "\n")
    told = seqsynth(*words, "48")
    assert told.code == 0
    assert "fit: 48 of 48 trials" in told.err
    assert not journal.exists()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ((), "--fit writes a file of settings: name it, --out FILE.toml"),
        (
            ("--out", "x.toml", "--voc", "photos"),
            "--fit makes no sets, so it takes no --voc: generate by the file",
        ),
    ],
)
def test_options_that_do_not_go_with_a_fit_are_a_usage_error(
    seqsynth: Seqsynth, tiny_shards: Path, options: tuple[str, ...], line: str
) -> None:
    told = seqsynth("compare", tiny_shards, tiny_shards, "--fit", *options)
    assert (told.code, told.error_lines) == (2, [line])


def test_a_file_is_no_folder_for_a_comparison(
    seqsynth: Seqsynth, tiny_shards: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    told = seqsynth("compare", tiny_shards, tiny_shards, "--out", tmp_path / "file")
    assert told.code == 2
    assert told.error_lines == [
        f"--out {tmp_path / 'file'} is a file; name a folder, or --fit settings into it"
    ]


def test_too_few_pairs_are_one_line(seqsynth: Seqsynth, linear: Path, tmp_path: Path) -> None:
    told = seqsynth("compare", linear, linear, "--fit", "--out", tmp_path / "fitted.toml")
    assert told.code == 2
    assert told.error_lines == [
        f"{linear} holds 8 pairs, and 20 are the least to fit to, half of them held back: add "
        "some, or name a larger set"
    ]
    assert not list(tmp_path.glob("fitted*"))
