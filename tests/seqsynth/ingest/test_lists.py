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
    "open quote": 'blended\n"a.png\n' + "y" * 140_000,
}


@pytest.mark.parametrize("name", CONTENTS)
def test_list_that_is_none_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "list.csv").write_text(CONTENTS[name])
    with pytest.raises(SourceError, match=r"list\.csv") as caught:
        pair_list(tmp_path / "list.csv")
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)
