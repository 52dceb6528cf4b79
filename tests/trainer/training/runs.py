"""Runs of seconds."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.recipe import FitConfig
from trainer.training.fit import Report, fit
from trainer.training.watching.observer import Observer, Validation

Recipe = Callable[..., FitConfig]


def train(config: FitConfig, shards: list[Path], out: Path) -> list[Report]:
    return list(fit(config, shards, out))


def pretend_scores(monkeypatch: pytest.MonkeyPatch, scores: Iterator[dict[str, float]]) -> None:
    """Let the validations to come find these scores, whatever the networks make."""
    collect = Observer.collect

    def pretend(watching: Observer) -> Validation:
        return replace(collect(watching), scores=next(scores))

    monkeypatch.setattr(Observer, "collect", pretend)
