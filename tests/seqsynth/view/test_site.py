"""The static site: nothing is written outside its folder."""

from pathlib import Path

import pytest

from seqsynth.errors import OutputError
from seqsynth.view import plan_site, write_site
from seqsynth.view.collection import Collection


def test_link_that_leads_out_of_the_folder_is_not_followed(
    collection: Collection, tmp_path: Path
) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    plan = plan_site(collection, most=2)
    list(write_site(plan, site))
    elsewhere.mkdir()
    for path in (site / "static").iterdir():
        path.unlink()
    (site / "static").rmdir()
    (site / "static").symlink_to(elsewhere)
    with pytest.raises(OutputError, match="a link on the way leads out of it; remove the link"):
        list(write_site(plan, site))
    assert list(elsewhere.iterdir()) == []
