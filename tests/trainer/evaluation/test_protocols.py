from pathlib import Path

import numpy as np
import pytest

from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import ingest_pairs
from tests.trainer.evaluation.pictures import draw, save
from trainer.evaluation.examples import open_examples
from trainer.evaluation.methods import (
    Method,
)
from trainer.evaluation.protocols import PROTOCOLS
from trainer.evaluation.tally import score_examples


@pytest.mark.parametrize(
    ("protocol", "size"),
    [("native", (45, 70)), ("errnet", (45, 70)), ("dsrnet", (32, 64)), ("ibcln", (44, 68))],
)
def test_protocol_sizes_photo_and_truth(
    protocol: str, size: tuple[int, int], tmp_path: Path
) -> None:
    save(tmp_path / "a" / "x.png", draw(1, (45, 70)))
    save(tmp_path / "b" / "x.png", draw(2, (45, 70)))
    folders = {"blended": tmp_path / "a", "transmission": tmp_path / "b"}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "s")
    seen = []

    def watch(photo: np.ndarray, _: object) -> np.ndarray:
        seen.append(photo.shape[:2])
        return photo

    method = Method("watch", watch)
    results = score_examples([method], open_examples([("", tmp_path / "s")]), PROTOCOLS[protocol])
    assert [result.truth.shape[:2] for result in results] == [size]
    assert seen == [size]


@pytest.mark.parametrize(
    ("protocol", "level"), [("native", 121), ("errnet", 120.6), ("dsrnet", 120.6), ("ibcln", 120)]
)
def test_protocol_rounds_as_it_says(protocol: str, level: float) -> None:
    finished = PROTOCOLS[protocol].finish(np.full((1, 1, 3), 120.6))
    np.testing.assert_array_equal(finished, np.full((1, 1, 3), level))
