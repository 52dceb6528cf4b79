"""Photos dropped on the page: what is no photo goes no further; what is one reaches the trainer."""

from pathlib import Path

import pytest

from seqsynth.errors import SourceError
from seqsynth.view.pictures import exact_picture
from seqsynth.view.restoring import Restorer
from tests.conftest import draw_photo


def test_what_is_no_photo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no picture"):
        Restorer(tmp_path / "best.pt").restore(b"%!PS-Adobe-3.0")


def test_the_trainer_s_own_sentence_is_passed_on(tmp_path: Path) -> None:
    checkpoint = tmp_path / "best.pt"
    checkpoint.write_bytes(b"no checkpoint")
    with pytest.raises(SourceError, match=r"best\.pt"):
        Restorer(checkpoint).restore(exact_picture(draw_photo(3)))
