"""Benchmarks, drawn small in every layout the field hands around, into shards and out again."""

import os
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pillow_heif
import pytest
from click.testing import CliRunner
from PIL import Image

from seqsynth.cli.ingest_pairs import command
from seqsynth.config import RunConfig
from seqsynth.errors import ConfigError, OutputError, ShardError, SourceError
from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairing import RoleFile, match_files
from seqsynth.ingest.pairs import PairConfig, ingest_pairs, inspect_pairs, plan_pairs
from seqsynth.reshape import SplitConfig, plan_split, reshape
from seqsynth.shards import Fault, open_shards, verify_shards
from tests.drawing.files import png_of

Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draw a picture of its own at each path; the same ``like`` draws the same picture."""

    def write(path: str, *, size: tuple[int, int] = (12, 16), like: str = "") -> Path:
        rng = np.random.default_rng(sum(map(ord, like or path)) + 1000 * len(like or path))
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(file)
        return file

    return write


def draw_real20(draw: Draw, *numbers: int) -> None:
    for number in numbers:
        draw(f"real/blended/{number}.png")
        draw(f"real/transmission_layer/{number}.png")


def ingest(layout: str, folder: Path, out: Path, **settings: object) -> list[str]:
    plan = ingest_pairs(find_pairs(layout, folder, {}), out, PairConfig.model_validate(settings))
    return [str(finding) for finding in plan.findings]


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_stored_pictures_are_the_files(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    ingest("real20", tmp_path / "real", tmp_path / "out")
    pair = open_shards(tmp_path / "out")[0]
    np.testing.assert_array_equal(pair.blended[0], read(tmp_path / "real/blended/3.png"))
    assert pair.transmission is not None
    truth = read(tmp_path / "real/transmission_layer/3.png")
    np.testing.assert_array_equal(pair.transmission[0], truth)


def test_real20_is_split_by_the_published_numbers(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 1, 3, 5, 110)
    ingest("zhang", tmp_path / "real", tmp_path / "out")
    shards = open_shards(tmp_path / "out")
    assert [s.name for s in shards.split("test")] == ["3", "110"]
    assert [s.name for s in shards.split("train")] == ["1", "5"]


def test_split_can_be_told(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 1, 3)
    ingest("real20", tmp_path / "real", tmp_path / "out", split="train")
    assert open_shards(tmp_path / "out").counts() == {"train": 2}


def test_every_size_is_kept_and_the_set_is_whole(draw: Draw, tmp_path: Path) -> None:
    for number, size in enumerate([(12, 16), (20, 9), (12, 16)]):
        draw(f"a/{number}.png", size=size)
        draw(f"b/{number}.png", size=size)
    folders = {"blended": tmp_path / "a", "transmission": tmp_path / "b"}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "out")
    sizes = {s.name: s.blended.shape[1:3] for s in open_shards(tmp_path / "out")}
    assert sizes == {"0": (12, 16), "1": (20, 9), "2": (12, 16)}
    assert [f for f in verify_shards(tmp_path / "out") if isinstance(f, Fault)] == []


def test_reflections_are_stored_where_they_exist(draw: Draw, tmp_path: Path) -> None:
    for word in ("input", "label1", "label2"):
        draw(f"ceil/2007_000027-{word}.png")
    draw("ceil/2007_000032-input.png")
    draw("ceil/2007_000032-label1.png")
    ingest("ceilnet", tmp_path / "ceil", tmp_path / "out")
    known = {s.name: s.reflection is not None for s in open_shards(tmp_path / "out")}
    assert known == {"2007_000027": True, "2007_000032": False}


def test_photo_without_truth_is_stored_without_one(draw: Draw, tmp_path: Path) -> None:
    draw("ceil/45-input.png")
    findings = ingest("ceilnet", tmp_path / "ceil", tmp_path / "out")
    assert open_shards(tmp_path / "out")[0].transmission is None
    assert "no ground truth" in findings[0]


def test_nature_has_both_of_its_parts(draw: Draw, tmp_path: Path) -> None:
    for folder in ("natural_I", "natural_T", "testA1", "testB"):
        draw(f"nature/{folder}/7.png")
    draw("nature/trainA1/9.png")
    findings = ingest("nature", tmp_path / "nature", tmp_path / "out")
    shards = open_shards(tmp_path / "out")
    assert [(s.name, s.split) for s in shards] == [("train/7", "train"), ("test/7", "test")]
    np.testing.assert_array_equal(shards[1].blended[0], read(tmp_path / "nature/testB/7.png"))
    assert findings == ["trainA1: is left out: layers to be blended, without a photo"]


RAW = [
    ("Postcard Dataset/Postcard Dataset/Focus/ab/11/ab-5-{}-11.png", "Postcard"),
    ("Postcard Dataset/Postcard Dataset/Focus/ab/3/ab-5-{}-3.png", "Postcard"),
    ("SolidObjectDataset/SolidObjectDataset/8/Focus/13/{}.png", "Objects"),
    ("Wildscene/7s/{}.png", "Wild"),
    ("Wildscene/8/{}.png", "Wild"),
]
SCENES = [
    (f"{a}/{b}/{{}}.png", c)
    for a, b, c in [
        ("postcard", "ab-10-m-3", "Postcard"),
        ("objects", "1-Focus-11-m", "Objects"),
        ("wild", "1-m", "Wild"),
        ("wild", "61-m", "Wild"),
    ]
]


@pytest.mark.parametrize("layout", [RAW, SCENES], ids=["archive", "scene folders"])
def test_sir2_pairs_by_role_and_knows_its_subsets(
    layout: list[tuple[str, str]], draw: Draw, tmp_path: Path
) -> None:
    for path, _ in layout:
        draw("sir2/" + path.format("m"))
        draw("sir2/" + path.format("g"))
    assert ingest("sir2", tmp_path / "sir2", tmp_path / "out") == []
    shards = open_shards(tmp_path / "out")
    assert sorted(s.metadata["subset"] for s in shards) == sorted(subset for _, subset in layout)
    for sequence in shards:
        blended, truth = (sequence.metadata["files"][k] for k in ("blended", "transmission"))
        np.testing.assert_array_equal(sequence.blended[0], read(tmp_path / "sir2" / blended))
        assert truth in [path.format("g") for path, _ in layout]
        assert Path(truth).parent == Path(blended).parent


def test_flattened_sir2_pairs_by_folder(draw: Draw, tmp_path: Path) -> None:
    draw("sir2/PostcardDataset/blended/ab-5-m-11.png")
    draw("sir2/PostcardDataset/transmission_layer/ab-5-m-11.png")
    draw("sir2/WildSceneDataset/blended/7-m.png")
    draw("sir2/WildSceneDataset/transmission_layer/7-g.png")
    assert ingest("sir2", tmp_path / "sir2", tmp_path / "out") == []
    truths = {s.metadata["files"]["transmission"] for s in open_shards(tmp_path / "out")}
    assert truths == {
        "PostcardDataset/transmission_layer/ab-5-m-11.png",
        "WildSceneDataset/transmission_layer/7-g.png",
    }


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((199, 200, 101), "full release"),
        ((199, 200, 55), "older protocol"),
        ((179, 200, 52), "ERRNet"),
        ((3, 2, 1), "none of the published"),
    ],
)
def test_sir2_release_is_recognised_by_its_counts(
    counts: tuple[int, ...], words: str, tmp_path: Path
) -> None:
    for subset, count in zip(("postcard", "solidobject", "wild"), counts, strict=True):
        for number in range(count):
            scene = tmp_path / "sir2" / subset / str(number)
            scene.mkdir(parents=True)
            (scene / "m.png").touch()
            (scene / "g.png").touch()
    (remark,) = find_pairs("sir2", tmp_path / "sir2", {}).remarks
    assert words in remark


def test_list_names_files_splits_and_subsets(draw: Draw, tmp_path: Path) -> None:
    draw("photos/x.png")
    draw("truth/y.png")
    listed = tmp_path / "pairs.csv"
    listed.write_text(
        "blended,transmission,name,subset,split\nphotos/x.png,truth/y.png,first,Indoor,train\n"
    )
    ingest("list", listed, tmp_path / "out")
    pair = open_shards(tmp_path / "out")[0]
    assert (pair.name, pair.split, pair.metadata["subset"]) == ("first", "train", "Indoor")


def test_pairs_of_one_scene_stay_on_one_side_of_a_split(draw: Draw, tmp_path: Path) -> None:
    lines = ["blended,transmission,scene"]
    for number in range(9):
        draw(f"{number}.png")
        draw(f"{number}-t.png")
        lines.append(f"{number}.png,{number}-t.png,{'attic' if number in (2, 5, 8) else ''}")
    (tmp_path / "list.csv").write_text("\n".join(lines))
    ingest("list", tmp_path / "list.csv", tmp_path / "out", split="train")
    scenes = {one.name: one.metadata.get("scene") for one in open_shards(tmp_path / "out")}
    assert scenes == {str(n): "attic" if n in (2, 5, 8) else None for n in range(9)}
    for seed in range(6):
        out = tmp_path / f"split-{seed}"
        config = SplitConfig(val_fraction=0.4, seed=seed)
        reshape(plan_split(tmp_path / "out", config), out, RunConfig(jobs=1))
        sides = {sequence.name: sequence.split for sequence in open_shards(out)}
        assert sides["2"] == sides["5"] == sides["8"]


@pytest.mark.parametrize("folder", ["inside", "outside", "absolute"])
def test_list_may_state_any_path_and_its_pair_has_a_name(
    draw: Draw, tmp_path: Path, folder: str
) -> None:
    draw("lists/inside/deep/x.png")
    draw("outside/x.png")
    stated = {
        "inside": f"{tmp_path}/lists/inside/deep/x.png",
        "outside": "../outside/x.png",
        "absolute": f"{tmp_path}/outside/x.png",
    }
    named = {
        "inside": "inside/deep/x",
        "outside": "outside/x",
        "absolute": f"{tmp_path}/outside/x".lstrip("/"),
    }
    (tmp_path / "lists" / "list.csv").write_text(f"blended\n{stated[folder]}\n")
    ingest("list", tmp_path / "lists" / "list.csv", tmp_path / "out")
    assert [one.name for one in open_shards(tmp_path / "out")] == [named[folder]]
    assert not [f for f in verify_shards(tmp_path / "out") if isinstance(f, Fault)]


@pytest.mark.parametrize("name", ["..", "/x", "a/", "a//b", "./a"])
def test_pair_whose_name_is_no_path_is_left_out_and_named(
    draw: Draw, tmp_path: Path, name: str
) -> None:
    draw("x.png")
    draw("y.png")
    (tmp_path / "list.csv").write_text(f"blended,name\nx.png,{name}\ny.png,good\n")
    found = ingest("list", tmp_path / "list.csv", tmp_path / "out")
    advice = "is no path within a folder; give another in column name"
    assert f"x.png: is left out: its name {name!r} {advice}" in found
    assert [one.name for one in open_shards(tmp_path / "out")] == ["good"]


def test_pair_whose_file_name_is_not_utf8_is_left_out_and_named(draw: Draw, tmp_path: Path) -> None:
    odd = os.fsdecode(b"lat\xe9.png")
    for folder in ("blended", "transmission_layer"):
        for name in ("3.png", odd):
            draw(f"real/{folder}/{name}")
    draw(f"real/transmission_layer/other-{odd}")
    found = ingest("real20", tmp_path / "real", tmp_path / "out")
    assert (
        f"blended/{odd}: is left out: the name of one of its files is not UTF-8; rename the file"
        in found
    )
    assert [one.name for one in open_shards(tmp_path / "out")] == ["3"]
    assert not [f for f in verify_shards(tmp_path / "out") if isinstance(f, Fault)]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_list_and_disk_may_store_accents_differently(
    draw: Draw, tmp_path: Path, form: Literal["NFC", "NFD"]
) -> None:
    other = "NFD" if form == "NFC" else "NFC"
    draw(unicodedata.normalize(other, "café/nuit d'été.png"))
    listed = unicodedata.normalize(form, "blended\ncafé/nuit d'été.png\n")
    (tmp_path / "list.csv").write_text(listed)
    ingest("list", tmp_path / "list.csv", tmp_path / "out")
    assert len(open_shards(tmp_path / "out")) == 1


def test_fault_is_named_where_no_pair_is_left_not_a_note(draw: Draw, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("blended\ngone.png\n")
    with pytest.raises(SourceError, match=r"first, gone\.png: cannot be read"):
        ingest("list", tmp_path / "list.csv", tmp_path / "out")


def test_list_with_unknown_column_is_refused(tmp_path: Path) -> None:
    listed = tmp_path / "pairs.csv"
    listed.write_text("blended,truth\na.png,b.png\n")
    with pytest.raises(SourceError, match="truth"):
        find_pairs("list", listed, {})


def test_unmatched_files_are_named(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    draw("real/transmission_layer/4.png")
    findings = ingest("real20", tmp_path / "real", tmp_path / "out")
    assert findings == ["transmission_layer/4.png: is left out: no blended photo of the name '4'"]


def test_pair_of_two_sizes_is_left_out_with_its_numbers(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    draw("real/blended/4.png", size=(12, 16))
    draw("real/transmission_layer/4.png", size=(12, 15))
    (finding,) = ingest("real20", tmp_path / "real", tmp_path / "out")
    assert "16x12" in finding
    assert "15x12" in finding
    assert len(open_shards(tmp_path / "out")) == 1


def test_unreadable_file_is_named_and_the_others_stored(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3, 4)
    torn = tmp_path / "real/blended/4.png"
    torn.write_bytes(torn.read_bytes()[:60])
    (finding,) = ingest("real20", tmp_path / "real", tmp_path / "out")
    assert finding.startswith("blended/4.png: ")
    assert len(open_shards(tmp_path / "out")) == 1


def draw_twins(draw: Draw) -> None:
    """Draw a benchmark whose pairs 3 and 5 show one photo, in files of two kinds."""
    draw_real20(draw, 3, 4)
    draw("real/blended/5.bmp", like="real/blended/3.png")
    draw("real/transmission_layer/5.png")


def test_photo_that_occurs_twice_is_kept_twice_and_named(draw: Draw, tmp_path: Path) -> None:
    draw_twins(draw)
    findings = ingest("zhang", tmp_path / "real", tmp_path / "out", split="test")
    assert findings == ["5: its photo is that of 3; both are kept, and stay in one split"]
    stored = {sequence.name: sequence for sequence in open_shards(tmp_path / "out")}
    assert list(stored) == ["3", "4", "5"]
    np.testing.assert_array_equal(stored["3"].blended, stored["5"].blended)
    truth = read(tmp_path / "real/transmission_layer/5.png")
    np.testing.assert_array_equal(stored["5"].transmission[0], truth)


def test_photo_of_two_pairs_stays_on_one_side_of_a_split(draw: Draw, tmp_path: Path) -> None:
    draw_twins(draw)
    draw_real20(draw, 6, 7, 8, 9)
    ingest("zhang", tmp_path / "real", tmp_path / "out", split="train")
    for seed in range(6):
        config = SplitConfig(val_fraction=0.3, test_fraction=0.3, seed=seed)
        out = tmp_path / f"split-{seed}"
        reshape(plan_split(tmp_path / "out", config), out, RunConfig(jobs=1))
        sides = {sequence.name: sequence.split for sequence in open_shards(out)}
        assert sides["3"] == sides["5"]
        assert len(sides) == 7


def test_photo_that_is_held_out_is_not_trained_on(draw: Draw, tmp_path: Path) -> None:
    for name in "abc":
        draw(f"{name}.png", like="a.png" if name == "c" else "")
        draw(f"{name}-t.png")
    (tmp_path / "list.csv").write_text(
        "blended,transmission,split\na.png,a-t.png,train\nb.png,b-t.png,train\nc.png,c-t.png,test\n"
    )
    findings = ingest("list", tmp_path / "list.csv", tmp_path / "out")
    assert findings == ["a: is left out: its photo is that of c, which is held out"]
    sides = {sequence.name: sequence.split for sequence in open_shards(tmp_path / "out")}
    assert sides == {"b": "train", "c": "test"}


def test_truth_that_is_held_out_is_not_trained_on(draw: Draw, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png", "d.png", "t.png", "u.png"):
        draw(name)
    (tmp_path / "list.csv").write_text(
        "blended,transmission,split\n"
        "a.png,t.png,train\nb.png,t.png,test\nc.png,u.png,train\nd.png,u.png,train\n"
    )
    findings = ingest("list", tmp_path / "list.csv", tmp_path / "out")
    assert findings == ["a: is left out: its truth is that of b, which is held out"]
    sides = {sequence.name: sequence.split for sequence in open_shards(tmp_path / "out")}
    assert sides == {"b": "test", "c": "train", "d": "train"}


def test_workers_store_the_same_bytes(draw: Draw, tmp_path: Path) -> None:
    draw_twins(draw)
    draw_real20(draw, *range(10, 16))
    draw("real/blended/99.png", size=(6, 6))
    contents = []
    for jobs in (1, 3):
        out = tmp_path / f"out-{jobs}"
        words = ["zhang", tmp_path / "real", "--out", out, "--split", "test", "--jobs", jobs]
        words += ["--shard-size", "2KB"]
        result = CliRunner().invoke(command, [str(word) for word in words])
        assert result.exit_code == 0, result.output
        contents.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert contents[0] == contents[1]
    assert len(contents[0]) > 3


def test_nothing_usable_is_one_sentence(draw: Draw, tmp_path: Path) -> None:
    draw("real/blended/4.png", size=(12, 16))
    draw("real/transmission_layer/4.png", size=(12, 15))
    pairing = find_pairs("real20", tmp_path / "real", {})
    with pytest.raises(SourceError, match="no pair of 1"):
        plan_pairs(pairing, list(inspect_pairs(pairing)), PairConfig())


def test_same_command_again_writes_nothing(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    ingest("real20", tmp_path / "real", tmp_path / "out")
    before = (tmp_path / "out/test-00000.h5").stat().st_mtime_ns
    ingest("real20", tmp_path / "real", tmp_path / "out")
    assert (tmp_path / "out/test-00000.h5").stat().st_mtime_ns == before


def test_other_pairs_are_not_written_over(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    ingest("real20", tmp_path / "real", tmp_path / "out")
    draw_real20(draw, 4)
    with pytest.raises(ShardError, match="another"):
        ingest("real20", tmp_path / "real", tmp_path / "out")


@pytest.mark.parametrize(
    ("layout", "path", "folders"),
    [("real20", None, {}), ("folders", Path("x"), {}), ("folders", None, {})],
)
def test_arguments_must_fit_the_layout(
    layout: str, path: Path | None, folders: dict[str, Path]
) -> None:
    with pytest.raises(ConfigError):
        find_pairs(layout, path, folders)


def test_command_exits_1_where_something_was_left_out(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    draw("real/transmission_layer/4.png")
    arguments = ["real20", str(tmp_path / "real"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 1
    assert "4.png" in result.output
    assert len(open_shards(tmp_path / "out")) == 1


def test_command_exits_0_where_all_is_well(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    arguments = ["real20", str(tmp_path / "real"), "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(command, arguments).exit_code == 0


def test_too_little_room_is_told_before_work_begins(
    draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_real20(draw, 3)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(OutputError, match="are free; make room, or choose --compression zstd"):
        ingest("real20", tmp_path / "real", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("where", ["blended", "transmission_layer"])
def test_names_match_however_their_accents_are_stored(
    where: str, draw: Draw, tmp_path: Path
) -> None:
    for folder in ("blended", "transmission_layer"):
        form = "NFD" if folder == where else "NFC"
        draw(f"real/{folder}/{unicodedata.normalize(form, 'été')}.png")
    assert ingest("real20", tmp_path / "real", tmp_path / "out") == []
    (pair,) = open_shards(tmp_path / "out")
    # The name is the photo's own, byte by byte.
    assert pair.name == unicodedata.normalize("NFD" if where == "blended" else "NFC", "été")
    assert pair.transmission is not None


def test_heic_is_paired_with_its_truth(draw: Draw, tmp_path: Path) -> None:
    draw("real/transmission_layer/3.png", size=(32, 48))
    (tmp_path / "real/blended").mkdir()
    flat = Image.fromarray(np.full((32, 48, 3), (200, 60, 90), np.uint8))
    pillow_heif.from_pillow(flat).save(tmp_path / "real/blended/3.heic", quality=95)
    assert ingest("real20", tmp_path / "real", tmp_path / "out") == []
    blended = open_shards(tmp_path / "out")[0].blended[0]
    assert np.abs(blended.astype(int) - (200, 60, 90)).max() <= 6


def test_files_of_other_kinds_are_counted_and_no_fault(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    for name in ("a.mat", "._3.png", "Thumbs.db", "notes.txt"):
        (tmp_path / "real/blended" / name).write_bytes(b"?")
    pairing = find_pairs("real20", tmp_path / "real", {})
    (finding,) = pairing.findings
    assert str(finding) == "real: 2 files of other kinds left out: .mat, .txt"
    assert not finding.is_fault


def test_what_lies_below_the_output_is_not_paired(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    for role in ("blended", "transmission_layer"):
        draw(f"real/out/{role}/4.png")
    pairing = find_pairs("real20", tmp_path / "real", {}, outside=[tmp_path / "real/out"])
    assert [pair.name for pair in pairing.pairs] == ["3"]


def test_shallow_pair_is_named_and_scaled_on_request(draw: Draw, tmp_path: Path) -> None:
    draw_real20(draw, 3)
    for role in ("blended", "transmission_layer"):
        file = tmp_path / f"real/{role}/3.png"
        file.write_bytes(png_of(np.full((12, 16, 3), 3000, np.uint16)))
    (finding,) = ingest("real20", tmp_path / "real", tmp_path / "dark")
    assert finding.startswith("3: transmission_layer/3.png has 16 bits and no level above 4095")
    assert (open_shards(tmp_path / "dark")[0].blended == 12).all()
    assert ingest("real20", tmp_path / "real", tmp_path / "light", bits=12) == []
    # 3000 / 4095 * 255 = 186.8
    assert (open_shards(tmp_path / "light")[0].blended == 187).all()


def test_pair_is_named_as_its_photo_whichever_file_comes_first() -> None:
    spelt = {
        role: unicodedata.normalize(form, "été")
        for role, form in (("transmission", "NFC"), ("blended", "NFD"))
    }
    files = [RoleFile(Path(key), role, key, key) for role, key in spelt.items()]
    (pair,), findings = match_files(files)
    assert (pair.name, findings) == (spelt["blended"], [])


def test_bits_are_recorded_only_where_they_are_not_all(draw: Draw, tmp_path: Path) -> None:
    # A set from before there was this setting must not look as if it had another.
    draw_real20(draw, 3)
    pairing = find_pairs("real20", tmp_path / "real", {})
    inspected = list(inspect_pairs(pairing))
    plain, scaled = (plan_pairs(pairing, inspected, PairConfig(bits=bits)) for bits in (16, 12))
    assert "bits" not in plain.index.configuration
    assert scaled.index.configuration["bits"] == 12
