from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from trainer.data.corpus import open_corpus
from trainer.recipe import FitConfig

Recipe = Callable[..., FitConfig]


def test_the_colour_map_is_fitted_on_training_sequences(
    tiny: Recipe, write_views: Callable[..., Path]
) -> None:
    corpus = open_corpus([write_views("captured", 3, 4)], tiny({"net": {"kt": False}}))
    sequences = corpus.train[0].sequences
    inputs = np.concatenate([s.centre_blended.reshape(-1, 3) for s in sequences]).astype(float)
    truths = np.concatenate([s.centre_transmission.reshape(-1, 3) for s in sequences])
    design = np.concatenate((inputs, np.ones((len(inputs), 1))), 1)
    expected = np.linalg.lstsq(design, truths.astype(float), rcond=None)[0].T
    assert corpus.colour_map == pytest.approx(expected, abs=1e-8)
