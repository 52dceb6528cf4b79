"""Four drawn photos of SIR2 with their truths: as files, as shards, as predictions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import ingest_pairs
from tests.trainer.evaluation.pictures import (
    Save,
    draw,
    haze,
    save,
)
from trainer.training.watching import observer


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes longest of a short training and is tested in test_curves."""
    monkeypatch.setattr(observer, "draw_curves", lambda folder, *_: (folder / "curves.png").touch())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pairs a, b (Postcard), c, d (Wild) in folders of roles."""
    folder = tmp_path_factory.mktemp("sir2")
    for seed, (subset, name) in enumerate(
        [("postcard", "a"), ("postcard", "b"), ("wild", "c"), ("wild", "d")]
    ):
        truth = draw(seed)
        save(folder / subset / "blended" / f"{name}.png", haze(truth, seed))
        save(folder / subset / "transmission_layer" / f"{name}.png", truth)
    return folder


@pytest.fixture(scope="module")
def shards(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shards") / "sir2"
    ingest_pairs(find_pairs("sir2", files, {}), out)
    return out


@pytest.fixture
def predictions(files: Path, tmp_path: Path) -> Save:
    """Write predictions that are the truths, for the names given."""

    def write(*names: str, change: Callable[[np.ndarray], np.ndarray] = lambda p: p) -> Path:
        for file in files.glob("*/transmission_layer/*.png"):
            if file.stem in names:
                save(tmp_path / "predictions" / file.name, change(np.asarray(Image.open(file))))
        return tmp_path / "predictions"

    return write
