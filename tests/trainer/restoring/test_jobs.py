"""Which photo goes where, and what is written beside it."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from seqsynth.errors import OutputError, SourceError
from tests.trainer.restoring.stubs import draw, restorer
from trainer.cli.restore import command
from trainer.restoring.jobs import Job, find_jobs, run_job


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def test_reflection_is_what_was_taken_away(tmp_path: Path) -> None:
    Image.fromarray(np.full((16, 16, 3), 100, np.uint8)).save(tmp_path / "in.png")
    job = Job(tmp_path / "in.png", tmp_path / "out.png", jpeg=False)
    darker = restorer(lambda blended, _: blended - 30 / 255)
    run_job(job, darker, layers=True, strip=True)
    assert np.unique(np.asarray(Image.open(tmp_path / "out-reflection.png"))).tolist() == [30]
    assert Image.open(tmp_path / "out-hallucinated.png").size == (16, 16)
    assert Image.open(tmp_path / "out-strip.jpg").size == (32, 16)


def photos_in(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(20, 24, seed=number)).save(folder / name)
    return folder


def test_folders_keep_their_shape_and_patterns_are_expanded(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png", "deep/b.jpg", "c.bmp")
    out = tmp_path / "out"

    def results(argument: object) -> list[str]:
        found = find_jobs([str(argument)], out, file_format="same", overwrite=False)
        return sorted(one.result.relative_to(out).as_posix() for one in found)

    assert results(folder) == ["a.png", "c.png", "deep/b.jpg"]
    assert results(folder / "*.bmp") == ["c.png"]


def test_nothing_is_written_over_untold(checkpoint: Path, tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.png").write_bytes(b"precious")
    arguments = [folder, "--checkpoint", checkpoint, "--out", tmp_path / "out"]
    assert isinstance(invoke(*arguments).exception, OutputError)
    assert (tmp_path / "out/a.png").read_bytes() == b"precious"
    assert invoke(*arguments, "--overwrite").exit_code == 0
    assert (tmp_path / "out/a.png").read_bytes() != b"precious"


def test_photo_itself_is_never_written_over(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png")
    with pytest.raises(OutputError, match="written over by its result"):
        find_jobs([str(folder)], folder, file_format="same", overwrite=True)


def test_two_photos_of_one_result_are_refused(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png", "a.bmp")
    with pytest.raises(OutputError, match="both"):
        find_jobs([str(folder)], tmp_path / "out", file_format="same", overwrite=False)


def test_unreadable_photo_does_not_stop_the_others(checkpoint: Path, tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "b.png")
    (folder / "a.png").write_bytes(b"no picture")
    result = invoke(folder, "--checkpoint", checkpoint, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "a.png" in result.output
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "out/b.png")), np.asarray(Image.open(folder / "b.png"))
    )


def test_missing_photo_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no photo"):
        find_jobs([str(tmp_path / "x*.png")], tmp_path, file_format="same", overwrite=False)


def test_shards_are_restored_with_and_without_ground_truth(tmp_path: Path) -> None:
    from seqsynth.ingest.layouts import find_pairs
    from seqsynth.ingest.pairs import ingest_pairs

    folder = photos_in(tmp_path / "in", "a.png", "deep/b.png")
    photos_in(tmp_path / "truth", "a.png")
    folders = {"blended": folder, "transmission": tmp_path / "truth"}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "shards")
    out = tmp_path / "out"
    for job in find_jobs([str(tmp_path / "shards")], out, file_format="same", overwrite=False):
        run_job(job, restorer(), layers=False, strip=False)
    for name in ("a.png", "deep/b.png"):
        restored, photo = (np.asarray(Image.open(where / name)) for where in (out, folder))
        np.testing.assert_array_equal(restored, photo)
