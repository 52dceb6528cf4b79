"""Paths on record stay inside their folder."""

from pathlib import Path

import pytest

from seqsynth.output.kind import checked_path, place_in


def test_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to("a")
    assert place_in(tmp_path, "b/file") == tmp_path / "b/file"


@pytest.mark.parametrize("path", ["", "..", "a/../b", "/etc/passwd", "a/.."])
def test_path_that_leads_out_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="leads out of the folder"):
        checked_path(path)


@pytest.mark.parametrize("path", ["a", "a/b.png", "..a/b..", ".hidden"])
def test_path_that_stays_inside_is_taken(path: str) -> None:
    assert checked_path(path) == path
