"""Sets of drawn pairs, as a benchmark's, and synthetic ones to be fitted to them."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import ingest_pairs
from tests.conftest import MakeShards, draw_photo

MakePairs = Callable[..., Path]

SIDES = (28, 36)


@pytest.fixture(scope="session")
def make_pairs(tmp_path_factory: pytest.TempPathFactory) -> MakePairs:
    """Store drawn pairs, T dimmed and veiled: ``make_pairs(24, scenes=8, known=True)``.

    Pair n is of scene n modulo ``scenes``, which its subset names.
    """

    def make(count: int, *, scenes: int | None = None, known: bool = True) -> Path:
        folder = tmp_path_factory.mktemp("pairs")
        rng = np.random.default_rng(count)
        with (folder / "pairs.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            roles = ["blended", "transmission"] if known else ["blended"]
            rows.writerow([*roles, "name", "subset"])
            for number in range(count):
                truth = draw_photo(500 + number, (*SIDES, 3))
                light = rng.uniform(0.6, 0.8) * (truth / 255) ** 2.2 + rng.uniform(0.02, 0.06)
                blended = np.rint(255 * light ** (1 / 2.2)).astype(np.uint8)
                for role, picture in (("blended", blended), ("transmission", truth)):
                    Image.fromarray(picture).save(folder / f"{role}{number}.png")
                files = [f"{role}{number}.png" for role in roles]
                rows.writerow([*files, f"pair-{number}", f"scene {number % (scenes or count)}"])
        ingest_pairs(find_pairs("list", folder / "pairs.csv", {}), folder / "shards")
        return folder / "shards"

    return make


@pytest.fixture(scope="session")
def real(make_pairs: MakePairs) -> Path:
    """24 pairs of eight scenes."""
    return make_pairs(24, scenes=8)


@pytest.fixture(scope="session")
def synthetic(make_shards: MakeShards, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve sequences of blend linear by its usual constants."""
    folder = tmp_path_factory.mktemp("synthetic") / "linear"
    return make_shards(folder, blend="linear", window=(24, 32), sequences=12)
