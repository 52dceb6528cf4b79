"""Stand-ins, made once for all pages."""

import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from tests.documentation.stand_ins import HostFiles, Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Lay stand-ins into folders."""
    return Stage(tmp_path_factory.mktemp("stand-ins"))


@pytest.fixture(autouse=True)
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let ``https://host`` be the folder a page runs in, with a cache of its own."""
    monkeypatch.setenv("SEQSYNTH_CACHE", str(tmp_path / "cache"))
    usual = fsspec.get_filesystem_class("https")
    fsspec.register_implementation("https", HostFiles, clobber=True)
    yield
    fsspec.register_implementation("https", usual, clobber=True)


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what a page's Python imported from its folder: another's may have that name."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = {*sys.modules}
    yield
    # Not all there are: to ask thousands of modules for their files after every test takes long.
    for name in sys.modules.keys() - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]
