"""Photos are restored one after the other, and what becomes of each is said."""

from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from seqsynth.errors import ConfigError
from tests.drawing.files import POSTSCRIPT, fake_ghostscript, png_of, with_exif
from tests.trainer.restoring.stubs import invoke, photos_in, restorer
from trainer.restoring.jobs import Job, RestoreConfig, find_jobs
from trainer.restoring.photos import read_photo
from trainer.restoring.running import restore_photos, run_job


def test_reflection_is_what_was_taken_away(tmp_path: Path) -> None:
    Image.fromarray(np.full((16, 16, 3), 100, np.uint8)).save(tmp_path / "in.png")
    job = Job(tmp_path / "in.png", tmp_path / "out.png", jpeg=False)
    darker = restorer(lambda blended, _: blended - 30 / 255)
    run_job(job, darker, layers=True, strip=True)
    assert np.unique(np.asarray(Image.open(tmp_path / "out-reflection.png"))).tolist() == [30]
    assert Image.open(tmp_path / "out-hallucinated.png").size == (16, 16)
    assert Image.open(tmp_path / "out-strip.jpg").size == (32, 16)


def test_unreadable_photo_does_not_stop_the_others(checkpoint: Path, tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "b.png")
    (folder / "a.png").write_bytes(b"no picture")
    result = invoke(folder, "--checkpoint", checkpoint, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "a.png" in result.output
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "out/b.png")), np.asarray(Image.open(folder / "b.png"))
    )


def test_shards_are_restored_with_and_without_ground_truth(tmp_path: Path) -> None:
    from seqsynth.ingest.layouts import find_pairs
    from seqsynth.ingest.pairs import ingest_pairs

    folder = photos_in(tmp_path / "in", "a.png", "deep/b.png")
    photos_in(tmp_path / "truth", "a.png")
    folders = {"blended": folder, "transmission": tmp_path / "truth"}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "shards")
    out = tmp_path / "out"
    for job in find_jobs([str(tmp_path / "shards")], out, RestoreConfig()):
        run_job(job, restorer(), layers=False, strip=False)
    for name in ("a.png", "deep/b.png"):
        restored, photo = (np.asarray(Image.open(where / name)) for where in (out, folder))
        np.testing.assert_array_equal(restored, photo)


def test_one_photo_never_stops_the_others(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = fake_ghostscript(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    folder = photos_in(tmp_path / "in", "z.png", "exif.jpg")
    (folder / "program.jpg").write_bytes(POSTSCRIPT)
    exif = Image.Exif()
    exif[0x010E] = "x" * 90_000
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    (folder / "exif.jpg").write_bytes(with_exif((folder / "exif.jpg").read_bytes(), block))
    (folder / "wide.jpg").write_bytes(png_of(np.zeros((4, 66_000, 3), np.uint8)))
    out = tmp_path / "out"
    result = invoke(folder, "--checkpoint", checkpoint, "--out", out)
    assert result.exit_code == 1
    faults = [line for line in result.output.splitlines() if line.startswith("unreadable")]
    assert [fault.split(": ")[1].rpartition("/")[2] for fault in faults] == [
        "exif.jpg",
        "program.jpg",
        "wide.jpg",
    ]
    assert "of EXIF, and a JPEG holds 65,533; write it as PNG" in faults[0]
    assert "is no picture but PostScript" in faults[1]
    assert "is 66000x4 px, and JPEG holds sides of 65,500 px" in faults[2]
    assert [path.name for path in out.iterdir()] == ["z.png"]
    assert not mark.exists()


def test_heic_becomes_png_also_under_another_name(checkpoint: Path, tmp_path: Path) -> None:
    flat = Image.fromarray(np.full((32, 48, 3), (200, 60, 90), np.uint8))
    (tmp_path / "in").mkdir()
    pillow_heif.from_pillow(flat).save(tmp_path / "in/a.heic", quality=95)
    (tmp_path / "in/b.jpg").write_bytes((tmp_path / "in/a.heic").read_bytes())
    out = tmp_path / "out"
    assert invoke(tmp_path / "in", "--checkpoint", checkpoint, "--out", out).exit_code == 0
    for name in ("a.png", "b.jpg"):
        restored = np.asarray(Image.open(out / name)).astype(int)
        assert np.abs(restored - (200, 60, 90)).max() <= 8


def test_shallow_photo_is_named_and_scaled_on_request(checkpoint: Path, tmp_path: Path) -> None:
    photo = tmp_path / "a.png"
    photo.write_bytes(png_of(np.full((20, 24, 3), 1000, np.uint16)))
    arguments = [photo, "--checkpoint", checkpoint, "--out"]
    assert "no level above 1023" in invoke(*arguments, tmp_path / "dark").output
    scaled = invoke(*arguments, tmp_path / "light", "--bits", "10")
    assert "no level above" not in scaled.output
    levels = read_photo(tmp_path / "light/a.png").levels
    assert np.abs(levels.astype(int) - round(1000 / 1023 * 65535)).max() <= 1


def test_photos_are_restored_from_python_one_at_a_time(checkpoint: Path, tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "b.png", "c.png")
    (folder / "a.png").write_bytes(b"no picture")
    outcomes = list(restore_photos([folder], checkpoint, tmp_path / "out"))
    assert [(one.number, one.total) for one in outcomes] == [(1, 3), (2, 3), (3, 3)]
    assert "a.png" in outcomes[0].fault
    assert not outcomes[0].done
    assert all("24x20 px" in one.done and not one.fault for one in outcomes[1:])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"b.png", "c.png"}


def test_a_configuration_of_restoring_is_heeded(checkpoint: Path, tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.jpg")
    config = RestoreConfig(strip=True, file_format="png")
    list(restore_photos([str(folder / "*.jpg")], checkpoint, tmp_path / "out", config))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.png", "a-strip.jpg"}


@pytest.mark.parametrize("memory", ["nan", "inf", "1e999", "1e300"])
def test_memory_that_is_no_number_is_one_line(
    checkpoint: Path, tmp_path: Path, memory: str
) -> None:
    photos = photos_in(tmp_path / "in", "a.png")
    out = tmp_path / "out"
    answer = invoke(photos, "--checkpoint", checkpoint, "--out", out, "--memory", memory)
    assert isinstance(answer.exception, ConfigError)
    assert "a number of GiB above 0 is wanted" in str(answer.exception)
    assert not out.exists()
