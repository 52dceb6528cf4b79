"""Python and TOML that the pages show: every block runs, or is taken by what reads such a file."""

import contextlib
import io
from pathlib import Path

import pytest

from capture_tools.scene_notes import read_notes
from seqsynth.config import load_configs
from seqsynth.errors import SeqsynthError
from seqsynth.ingest.capture_config import CaptureConfig
from seqsynth.settings import load_settings
from tests.documentation.pages import PAGES, Block, blocks
from tests.documentation.stand_ins import Stage
from trainer.recipe import load_recipe

GIVEN: dict[str, tuple[str, ...]] = {
    "README.md": ("shards",),
    "docs/metrics.md": ("shards",),
    "docs/shard-format.md": ("shards",),
}
"""What a page's Python takes for granted, by the names of `stand_ins.STAND_INS`."""

BEFORE = {
    "docs/metrics.md": """
        from seqsynth.shards import open_shards
        from trainer.untrained import NO_COLOURS, fit_colour_map, measure_colours
        sequences = open_shards("shards")[:2]
        prediction, truth = sequences[0].blended[1], sequences[0].transmission[1]
        pairs = [(s.blended[1], s.transmission[1]) for s in sequences]
    """,
    "docs/shard-format.md": """
        import h5py, numpy as np
        f, i, v = h5py.File("shards/train-00000.h5"), 0, 1
    """,
}
"""What sentences say of the names that a page's fragments use, as Python."""


def dedent(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_python_of_a_page_runs_in_its_order(
    page: str, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in GIVEN.get(page, ()):
        stage.lay(name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    names = {"__name__": "__main__"}
    exec(dedent(BEFORE.get(page, "")), names)
    for block in blocks(page, "python"):
        # Blank lines give a fault the line number that it has on the page.
        code = compile("\n" * block.line + block.text, page, "exec")
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, names)


def is_taken(path: Path) -> bool:
    """Return whether any reader of settings takes a file."""
    readers = (
        lambda: load_configs(path, {}),
        lambda: load_settings(CaptureConfig, path),
        lambda: load_recipe("paper", path),
        lambda: check_notes(path),
    )
    for reader in readers:
        with contextlib.suppress(SeqsynthError):
            reader()
            return True
    return False


def check_notes(path: Path) -> None:
    """Read a scene.toml; raise where it has a finding."""
    _, findings = read_notes(path.parent)
    if findings:
        raise SeqsynthError(str(findings))


@pytest.mark.parametrize(
    "block",
    [block for page in PAGES for block in blocks(page, "toml")],
    ids=lambda block: f"{block.page}:{block.line}",
)
def test_toml_is_taken_by_what_reads_it(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "scene.toml"
    path.write_text(block.text, encoding="utf-8")
    assert is_taken(path)
