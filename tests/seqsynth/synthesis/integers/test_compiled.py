"""Compiled arithmetic makes the very same shards."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from seqsynth.synthesis import RunConfig, SynthesisConfig, generate
from seqsynth.synthesis.integers import arithmetic as arithmetic_module


def noise(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_compiled_shards_have_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(4):
        Image.fromarray(noise(120, 140, number)).save(tmp_path / "photos" / f"{number}.png")
    config = SynthesisConfig(window=(48, 64), sequences=5, val_fraction=0)
    plain = generate(tmp_path / "photos", tmp_path / "plain", config, RunConfig(jobs=1))
    monkeypatch.setattr(arithmetic_module, "WORTHWHILE", 1)
    fast = generate(tmp_path / "photos", tmp_path / "fast", config, RunConfig(jobs=1))
    assert [shard.sha256 for shard in fast.shards] == [shard.sha256 for shard in plain.shards]
