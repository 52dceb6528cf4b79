"""Whatever is wrong with the input, ``seqsynth generate`` says so in one line and loses nothing."""

import errno
import fcntl
import importlib
import json
import os
import resource
import shutil
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from seqsynth.shards import ShardEntry, ShardPlan, open_shards
from seqsynth.shards.session import WriteSession
from seqsynth.shards.writer import Fill, Texts
from tests.seqsynth.cli.conftest import Seqsynth
from tests.waiting import HANG_S

GENERATE = importlib.import_module("seqsynth.synthesis.generate")
MAKING = importlib.import_module("seqsynth.shards.making")
NOWHERE = "/no/such/place"


@pytest.fixture
def fails(seqsynth: Seqsynth, tmp_path: Path) -> Callable[..., str]:
    """Run ``seqsynth generate`` into ``tmp_path / "out"``; return the one line it fails with."""

    def run(*arguments: str | Path, code: int = 1) -> str:
        answer = seqsynth("generate", "--out", tmp_path / "out", *arguments)
        assert answer.code == code
        assert answer.out == ""
        (line,) = answer.err.splitlines()
        return line.removeprefix("Error: ")

    return run


@pytest.fixture
def photos(photo_folder: Path, tmp_path: Path) -> Path:
    """A copy of the plain folder that a test may spoil."""
    return Path(shutil.copytree(photo_folder, tmp_path / "photos"))


# The input


def test_no_such_path(fails):
    assert fails("--voc", NOWHERE).startswith(f"{NOWHERE}: no such folder; give a VOCdevkit")


def test_file_in_place_of_a_folder(fails, photo_folder):
    photo = next(photo_folder.glob("*.jpg"))
    assert fails("--voc", photo).startswith(f"{photo}: is a file, not a folder")


def test_folder_without_images(fails, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    assert "no images; .bmp, .heic, .heif, .hif, .jpe, .jpeg, .jpg" in fails("--voc", tmp_path)


def test_empty_list(fails, tiny_voc, tmp_path):
    (tmp_path / "ids.txt").write_text("\n \n")
    line = fails("--voc", tiny_voc, "--image-set", tmp_path / "ids.txt")
    assert line == f"{tmp_path / 'ids.txt'}: the list is empty"


def test_ids_without_files_are_counted_and_named(fails, tiny_voc, tmp_path):
    listed = (tiny_voc / "VOC2012/ImageSets/Main/train.txt").read_text()
    (tmp_path / "ids.txt").write_text(listed + "2019_000001\n2019_000002\n")
    line = fails("--voc", tiny_voc, "--image-set", tmp_path / "ids.txt")
    assert "2 of 22 ids have no file" in line
    assert line.endswith("2019_000001, 2019_000002")


def test_unknown_image_set(fails, tiny_voc):
    line = fails("--voc", tiny_voc, "--image-set", "tarin")
    assert "no such file tarin; use train, val, trainval, all, a list of" in line
    assert line.endswith("ImageSets by its name, or a file of ids")


def test_list_asked_of_a_plain_folder(fails, photo_folder):
    line = fails("--voc", photo_folder, "--image-set", "train")
    assert "has no list 'train'" in line
    assert "use image set 'all'" in line


def test_two_files_of_one_id(fails, photos):
    shutil.copy(photos / "photo01.jpg", photos / "photo01.png")
    line = fails("--voc", photos)
    assert "photo01.jpg and photo01.png share the id 'photo01'; keep one of them" in line


def test_name_that_is_not_utf8(fails, photos, settings):
    (photos / "photo01.jpg").rename(photos / os.fsdecode(b"gr\xfcn.jpg"))
    assert "is not UTF-8; rename the file" in fails("--voc", photos, *settings)


def test_too_few_photos(fails, photo_folder, tmp_path):
    (tmp_path / "few").mkdir()
    for photo in sorted(photo_folder.glob("*.jpg"))[:3]:
        shutil.copy(photo, tmp_path / "few")
    line = fails("--voc", tmp_path / "few")
    assert "3 photos are too few: 4 are needed" in line


def test_photos_too_small_for_the_window(fails, photo_folder, settings):
    line = fails("--voc", photo_folder, *settings, "--window", "60")
    assert "photos drawn in a row are unusable" in line
    assert "64x64 (height x width) are needed; choose a smaller window or larger photos" in line


def test_failed_run_does_not_claim_the_folder(
    fails, seqsynth, photo_folder, settings, tmp_path, contents
):
    fails("--voc", photo_folder, *settings, "--window", "60")
    assert contents(tmp_path / "out") == {}
    answer = seqsynth("generate", "--voc", photo_folder, "--out", tmp_path / "out", *settings)
    assert answer.code == 0


def test_unusable_photos_are_redrawn_counted_and_listed(
    seqsynth, photos, settings, tmp_path, contents
):
    spoiled = spoil(photos)
    command = ("generate", "--voc", photos, *settings, "--sequences", "60")
    answer = seqsynth(*command, "--out", tmp_path / "out")
    assert answer.code == 0
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    listed = {
        name: reason for shard in index["shards"] for name, reason in shard["unusable"].items()
    }
    assert listed == {name: spoiled[name] for name in listed}
    assert len(listed) > len(spoiled) / 2
    assert sum(shard["redraws"] for shard in index["shards"]) >= len(listed)
    assert f"unusable: {len(listed)} photos, all in index.json" in answer.out
    shards = open_shards(tmp_path / "out")
    used = {name for number in range(len(shards)) for name in shards.metadata(number)["source"]}
    assert not used & spoiled.keys()
    seqsynth(*command, "--out", tmp_path / "again", "--jobs", "2", "--backend", "threading")
    assert contents(tmp_path / "again") == contents(tmp_path / "out")


def spoil(folder: Path) -> dict[str, str]:
    """Add one photo of every kind that cannot be used; return why, by photo id."""
    whole = (folder / "photo01.jpg").read_bytes()
    made = {
        "cut.jpg": (
            whole[: len(whole) // 2],
            "is truncated or corrupt; copy it again from where it came",
        ),
        "empty.jpg": (b"", "is empty"),
        "letter.jpg": (b"Dear reader,\n" * 40, "is no picture, or torn at its head"),
        "bomb.png": (claiming(60_000, 60_000), "claims more than 178,956,970 pixels, the limit"),
    }
    for name, (data, _) in made.items():
        (folder / name).write_bytes(data)
    Image.new("RGB", (20, 17)).save(folder / "stamp.png")
    (folder / "gone.jpg").symlink_to(NOWHERE)
    reasons = {Path(name).stem: reason for name, (_, reason) in made.items()}
    return {
        **reasons,
        "stamp": "is 17x20 px; 20x28 (height x width) are needed",
        "gone": "cannot be read (No such file or directory)",
    }


def claiming(width: int, height: int) -> bytes:
    """Return a PNG of a hundred bytes that claims a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


# The settings


def test_all_faults_of_a_toml_file_are_told_at_once(seqsynth, tiny_voc, tmp_path):
    toml = tmp_path / "settings.toml"
    toml.write_text("veiws = 5\ncolour = true\nviews = 0\nkernel = 4\nsigma = [5, 2]\njobs = -1\n")
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", "--config", toml)
    assert answer.code == 2
    assert len(answer.error_lines) == 5
    assert answer.error_lines[0].startswith(
        "unknown settings 'veiws' (meant views?), 'colour'; known settings: attenuation, "
    )
    assert {line.split(" = ")[0] for line in answer.error_lines[1:]} == {
        "views",
        "kernel",
        "sigma",
        "jobs",
    }
    assert not (tmp_path / "out").exists()


def test_toml_file_that_is_none(fails, tiny_voc, tmp_path):
    (tmp_path / "settings.toml").write_text("views = \n")
    line = fails("--voc", tiny_voc, "--config", tmp_path / "settings.toml", code=2)
    assert "settings.toml is not TOML: " in line
    assert "line 1" in line


def test_toml_file_that_is_missing(fails, tiny_voc):
    line = fails("--voc", tiny_voc, "--config", NOWHERE, code=2)
    assert line == f"cannot read the configuration {NOWHERE}: No such file or directory"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--window", "240x"], "'240x' is no window; write 224 or 240x320 (height x width)"),
        (["--shard-size", "huge"], "'huge' is no size; write it like 512MB or 2GB"),
        (["--reflection-step", "20", "10"], "put the smaller bound first"),
        (["--kernel", "4"], "kernel = 4: it must be odd, so that it has a centre"),
        (["--views", "0"], "views = 0"),
        (["--sequences", "0"], "sequences = 0"),
        (["--scheduler", "tcp://host:1"], "choose backend dask or ray"),
    ],
)
def test_value_out_of_range_is_named_with_what_is_wanted(fails, tiny_voc, flags, told):
    assert told in fails("--voc", tiny_voc, *flags, code=2)


def test_unknown_flag_suggests_the_known_one(seqsynth, tiny_voc, tmp_path):
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", "--veiws", "5")
    assert answer.code == 2
    assert "'--views'" in answer.error_lines[0]


def test_engine_that_is_not_installed(fails, tiny_voc, settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    line = fails("--voc", tiny_voc, *settings, "--backend", "ray", code=2)
    assert line == "backend needs the package ray; install seqsynth[cluster]"


# The output folder


def test_output_that_is_a_file(seqsynth, tiny_voc, tmp_path):
    (tmp_path / "out").write_text("")
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out")
    assert answer.code == 2
    assert "is a file" in answer.error_lines[0]


def test_output_below_a_file_cannot_be_made(seqsynth, tiny_voc, settings, tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", out, *settings)
    assert answer.error_lines == [f"{out}: cannot be made (Not a directory)"]
    assert answer.code == 1


def test_output_folder_of_something_else_is_left_alone(fails, tiny_voc, settings, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    for flags in ([], ["--overwrite"]):
        line = fails("--voc", tiny_voc, *settings, *flags)
        assert "is no shard set: it holds thesis.tex; choose an empty folder" in line
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


def test_other_settings_are_refused_and_the_difference_named(
    fails, seqsynth, tiny_voc, settings, tmp_path, contents
):
    seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings)
    before = contents(tmp_path / "out")
    line = fails("--voc", tiny_voc, *settings, "--seed", "7", "--attenuation", "1.5")
    assert "(attenuation 1.3 there, 1.5 asked for, seed 0 there, 7 asked for)" in line
    assert line.endswith("choose another folder, or --overwrite to replace them")
    assert contents(tmp_path / "out") == before


def test_other_photos_are_refused(fails, seqsynth, tiny_voc, photo_folder, settings, tmp_path):
    photos = tmp_path / "photos"
    shutil.copytree(photo_folder, photos)
    seqsynth("generate", "--voc", photos, "--out", tmp_path / "out", *settings)
    shutil.copy(photos / "photo01.jpg", photos / "photo99.jpg")
    assert "same settings, other photos" in fails("--voc", photos, *settings)


def test_overwrite_replaces_what_the_index_owns_and_nothing_else(
    seqsynth, tiny_voc, settings, tmp_path, contents
):
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    seqsynth("generate", "--voc", tiny_voc, "--out", out, *settings)
    (out / "notes.txt").write_text("mine")
    (out / "train-00009.h5").write_text("mine too")
    smaller = (*settings, "--sequences", "6")
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", out, *smaller, "--overwrite")
    assert answer.code == 0
    seqsynth("generate", "--voc", tiny_voc, "--out", fresh, *smaller)
    kept = contents(out)
    assert (out / "notes.txt").read_text() == "mine"
    assert (out / "train-00009.h5").read_text() == "mine too"
    assert {
        name: digest for name, digest in kept.items() if name not in ("notes.txt", "train-00009.h5")
    } == contents(fresh)


def test_second_run_on_one_output_is_turned_away(fails, tiny_voc, settings, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    holder = os.open(out, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    line = fails("--voc", tiny_voc, *settings)
    os.close(holder)
    assert line == f"{out} is in use by another run; wait for it or stop it"


def test_output_folder_without_permission(seqsynth, ordinary_user, settings):
    (ordinary_user / "out").mkdir(mode=0o500)
    answer = seqsynth(
        "generate", "--voc", ordinary_user / "photos", "--out", ordinary_user / "out", *settings
    )
    assert answer.code == 1
    assert answer.error_lines == [f"{ordinary_user / 'out'}: no permission to write there"]


def test_parent_folder_without_permission(seqsynth, ordinary_user, settings):
    (ordinary_user / "closed").mkdir(mode=0o500)
    out = ordinary_user / "closed" / "out"
    answer = seqsynth("generate", "--voc", ordinary_user / "photos", "--out", out, *settings)
    assert answer.error_lines == [f"{out}: cannot be made (Permission denied)"]


def test_photo_folder_without_permission(seqsynth, ordinary_user, settings):
    photos = ordinary_user / "photos"
    (photos / "garden").chmod(0)
    answer = seqsynth("generate", "--voc", photos, "--out", ordinary_user / "out", *settings)
    (photos / "garden").chmod(0o700)
    fault = "cannot be read (Permission denied); make it readable or move it away"
    assert answer.error_lines == [f"{photos / 'garden'}: {fault}"]


def test_photo_without_permission_is_redrawn_and_listed(seqsynth, ordinary_user, settings):
    photos = ordinary_user / "photos"
    (photos / "photo01.jpg").chmod(0)
    answer = seqsynth(
        "generate", "--voc", photos, "--out", ordinary_user / "out", *settings, "--sequences", "60"
    )
    assert answer.code == 0
    assert "photo01 cannot be read (Permission denied)" in answer.out


# The disk


def test_too_little_room_is_told_before_work_begins(
    fails, tiny_voc, settings, monkeypatch, tmp_path, contents
):
    full = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    line = fails("--voc", tiny_voc, *settings)
    assert "0.00 GiB are free; make room, or ask for fewer --sequences" in line
    assert contents(tmp_path / "out") == {}


def test_disk_that_fills_up_keeps_the_finished_shards(
    fails, tiny_voc, settings, monkeypatch, tmp_path
):
    out = tmp_path / "out"
    write, written = MAKING.write_filled, []

    def write_two(plan: ShardPlan, fill: Fill, texts: Texts) -> tuple[int, str]:
        if len(written) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(plan)
        return write(plan, fill, texts)

    monkeypatch.setattr(MAKING, "write_filled", write_two)
    line = fails("--voc", tiny_voc, *settings)
    assert line.startswith(f"{out / 'train-00002.h5'}: cannot be written (No space left on device)")
    assert line.endswith("; make room and run the same command again")
    assert len(open_shards(out)) == sum(plan.count for plan in written)
    assert {path.suffix for path in out.iterdir()} == {".h5", ".json", ".jsonl"}


def test_journal_that_cannot_be_written_is_one_line(fails, tiny_voc, settings, monkeypatch):
    def refuse(session: WriteSession, entry: ShardEntry) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(WriteSession, "record", refuse)
    assert (
        "cannot be written (No space left on device); make room and run the same command again"
        in fails("--voc", tiny_voc, *settings)
    )


@pytest.mark.parametrize("workers", [("1", "loky"), ("2", "loky"), ("2", "threading")])
def test_shard_the_system_cuts_short_leaves_nothing_behind(
    program, tiny_voc, settings, tmp_path, workers
):
    jobs, backend = workers
    most = 16 * 1024
    run = program(
        "generate",
        "--voc",
        tiny_voc,
        "--out",
        tmp_path / "out",
        *settings,
        "--jobs",
        jobs,
        "--backend",
        backend,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    _, printed = run.communicate(timeout=HANG_S)
    assert run.returncode == 1
    assert printed.startswith("Error: ")
    assert "cannot be written (File too large)" in printed
    assert printed.count("\n") == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_result_that_cannot_be_printed_is_one_line(program, tiny_shards):
    with Path("/dev/full").open("w") as full:
        run = program("info", tiny_shards, stdout=full)
        _, printed = run.communicate(timeout=HANG_S)
    assert (run.returncode, printed) == (1, "Error: No space left on device\n")


def test_reader_that_leaves_the_pipe_is_no_fault(program, tiny_shards):
    run = program("info", "--json", tiny_shards)
    run.stdout.close()
    assert run.stderr.read() == ""
    run.stderr.close()
    assert run.wait(HANG_S) == 1
