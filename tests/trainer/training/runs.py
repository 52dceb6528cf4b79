"""Runs of seconds."""

from collections.abc import Callable
from pathlib import Path

from trainer.recipe import FitConfig
from trainer.training.fit import Report, fit

Recipe = Callable[..., FitConfig]


def train(config: FitConfig, shards: list[Path], out: Path) -> list[Report]:
    return list(fit(config, shards, out))
