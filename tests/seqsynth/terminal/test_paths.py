"""--out takes a local folder and refuses what would become a folder of an odd name."""

from pathlib import Path

import click
import pytest

from seqsynth.terminal.paths import OUT_FOLDER


def test_a_local_folder_comes_as_a_path_whether_it_is_there_or_not(tmp_path: Path) -> None:
    assert OUT_FOLDER.convert(str(tmp_path), None, None) == tmp_path
    assert OUT_FOLDER.convert("new/folder", None, None) == Path("new/folder")


@pytest.mark.parametrize("url", ["s3://bucket/set", "https://example.org/set"])
def test_a_url_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(click.BadParameter, match="is a URL; name a local folder to write to"):
        OUT_FOLDER.convert(url, None, None)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(click.BadParameter, match="is a file"):
        OUT_FOLDER.convert(str(tmp_path / "file"), None, None)
