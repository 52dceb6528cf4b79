"""What is opened, and what is refused in one sentence."""

from pathlib import Path

import pytest

from seqsynth.errors import ConfigError, SeqsynthError
from seqsynth.view.collection import open_collection
from tests.seqsynth.view.conftest import Things


def test_sets_of_one_name_are_told_apart_by_their_paths(things: Things, tmp_path: Path) -> None:
    other = tmp_path / things.synthetic.name
    other.symlink_to(things.synthetic)
    opened = open_collection([things.synthetic, other])
    assert [one.name for one in opened.sets] == [str(things.synthetic), str(other)]


def test_nothing_named_is_said() -> None:
    with pytest.raises(ConfigError, match="nothing to look at"):
        open_collection([])


def test_a_set_named_twice_is_said(things: Things) -> None:
    with pytest.raises(SeqsynthError, match="named twice"):
        open_collection([things.pairs, things.pairs])


def test_outputs_that_fit_no_photo_are_said(things: Things, tmp_path: Path) -> None:
    (tmp_path / "stranger.png").write_bytes((next(things.good.iterdir())).read_bytes())
    with pytest.raises(ConfigError, match="no prediction has the name"):
        open_collection([things.pairs], predictions={"mine": tmp_path})


@pytest.mark.parametrize(
    ("option", "said"),
    [("runs", "holds no log"), ("predictions", "holds no picture"), ("checkpoint", "no such")],
)
def test_what_is_not_there_is_said(things: Things, tmp_path: Path, option: str, said: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    value = {"runs": [empty], "predictions": {"mine": empty}, "checkpoint": empty / "best.pt"}
    with pytest.raises(SeqsynthError, match=said):
        open_collection([things.pairs], **{option: value[option]})  # type: ignore[arg-type]


def test_findings_that_are_torn_are_said(tmp_path: Path) -> None:
    (tmp_path / "findings.json").write_text('{"scenes": [')
    with pytest.raises(SeqsynthError, match="cannot be read as findings"):
        open_collection([tmp_path])


def test_a_photo_s_name_does_not_lead_out_of_the_scenes(things: Things, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "scenes").mkdir()
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / "findings.json").write_text(
        '{"scenes": [{"scene": "..", "photos": [{"file": "secret.jpg"}]}]}'
    )
    captures = open_collection([folder], scenes=tmp_path / "scenes").captures
    assert captures is not None
    assert captures.scenes[0].photos == (None,)
