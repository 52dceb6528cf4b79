"""Lists of pairs from anywhere: what is no list is one line."""

from pathlib import Path

import pytest

from seqsynth.errors import SourceError
from seqsynth.ingest.layouts import pair_list

CONTENTS = {
    "long": 'blended\n"' + "x" * 200_000 + '"\n',
    "longer than a path": "blended\n" + "x" * 5000 + "\n",
    "nul": "blended,name\na\0.png,one\n",
    "more columns": "blended\na.png,b.png\n",
    "nothing": "",
    "column twice": "blended,blended\na.png,b.png\n",
    "short open quote": 'blended\n"a.png\n',
    "open quote": 'blended\n"a.png\n' + "y" * 140_000,
}


@pytest.mark.parametrize("name", CONTENTS)
def test_list_that_is_none_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "list.csv").write_text(CONTENTS[name])
    with pytest.raises(SourceError, match=r"list\.csv") as caught:
        pair_list(tmp_path / "list.csv")
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_list_of_another_encoding_says_which_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("blended\na.png\n", encoding="utf-16")
    with pytest.raises(SourceError, match=r"is not UTF-8 text .*; save it as UTF-8"):
        pair_list(tmp_path / "list.csv")


def test_blank_lines_before_the_head_are_passed_over_and_counted(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("\n\nblended,split\na.png,train\nb.png,Test\n")
    with pytest.raises(SourceError, match="line 5: split 'Test' is none of train, val, test"):
        pair_list(tmp_path / "list.csv")
