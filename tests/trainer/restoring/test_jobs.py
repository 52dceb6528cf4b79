"""Which photo goes where, and what is written beside it."""

from pathlib import Path

import pytest

from seqsynth.errors import OutputError, SourceError
from tests.trainer.restoring.stubs import invoke, photos_in
from trainer.restoring.jobs import (
    RestoreConfig,
    describe_left_out,
    find_jobs,
)


def test_folders_keep_their_shape_and_patterns_are_expanded(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png", "deep/b.jpg", "c.bmp")
    out = tmp_path / "out"

    def results(argument: object) -> list[str]:
        found = find_jobs([str(argument)], out, RestoreConfig())
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
        find_jobs([str(folder)], folder, RestoreConfig(overwrite=True))


def test_two_photos_of_one_result_are_refused(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png", "a.bmp")
    with pytest.raises(OutputError, match="both"):
        find_jobs([str(folder)], tmp_path / "out", RestoreConfig())


def test_missing_photo_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no photo"):
        find_jobs([str(tmp_path / "x*.png")], tmp_path, RestoreConfig())


def test_litter_and_results_are_no_photos(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png", "clean/a.png")
    (folder / "._a.png").write_bytes(b"\0\5\26\7")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX/b.png").write_bytes(b"\0\5\26\7")
    (folder / "again").symlink_to(folder)
    (folder / "notes.txt").touch()
    out = folder / "clean"
    for argument in (folder, folder / "**/*.png"):
        jobs = find_jobs([str(argument)], out, RestoreConfig(overwrite=True))
        assert [job.photo for job in jobs] == [folder / "a.png"]
    assert describe_left_out([folder], out) == [f"{folder}: 1 file of other kinds left out: .txt"]


EVERYTHING = RestoreConfig(layers=True, strip=True)


@pytest.mark.parametrize("name", ["b-strip.jpg", "b-reflection.png", "b-hallucinated.png"])
def test_picture_beside_a_result_replaces_nothing_untold(tmp_path: Path, name: str) -> None:
    photos_in(tmp_path / "in", "b.png")
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("mine")
    with pytest.raises(OutputError, match=f"{name} is there already"):
        find_jobs([str(tmp_path / "in")], out, EVERYTHING)


@pytest.mark.parametrize("overwrite", [False, True])
def test_picture_beside_a_result_never_replaces_a_photo(tmp_path: Path, overwrite: bool) -> None:
    folder = photos_in(tmp_path / "in", "a/b.png", "b-strip.jpg")
    config = RestoreConfig(strip=True, file_format="png", overwrite=overwrite)
    with pytest.raises(OutputError, match=r"b-strip\.jpg is a photo to be restored"):
        find_jobs([str(folder / "a/b.png"), str(folder / "b-strip.jpg")], folder, config)


def test_picture_beside_a_result_is_no_other_photo_s_result(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "b.png", "b-strip.jpg")
    with pytest.raises(OutputError, match=r"would both become .*b-strip\.jpg"):
        find_jobs([str(folder)], tmp_path / "out", EVERYTHING)


def test_link_in_the_output_folder_leads_no_result_out_of_it(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "deep/b.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/deep").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="a link on the way leads there"):
        find_jobs([str(folder)], tmp_path / "out", RestoreConfig(overwrite=True))
