"""What a generation is foretold to be."""

from pathlib import Path
from typing import Any

import pytest

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.synthesis import forecast, plan_generation
from seqsynth.synthesis.forecast import describe, seconds_per_sequence


@pytest.fixture
def told(
    tiny_voc: Path, tiny_settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The lines on 1,000 sequences that take 1.5 s each, for three workers."""
    monkeypatch.setattr(forecast, "seconds_per_sequence", lambda _: 1.5)
    config = SynthesisConfig(**{**tiny_settings, "sequences": 1000, "val_fraction": 0.1})
    text = describe(plan_generation(tiny_voc, config), RunConfig(jobs=3))
    return dict(line.split(": ", 1) for line in text.splitlines())


def test_work_is_shared_out_over_the_workers(told: dict[str, str]) -> None:
    # 1,000 sequences of 1.5 s by 3 workers are 500 s.
    wanted = "8 min (1500.0 ms a sequence on one core here, 3 workers, writing left out)"
    assert told["expected time"].strip() == wanted


def test_sequences_are_told_by_split(told: dict[str, str]) -> None:
    assert told["sequences"].strip() == "900 train, 100 val"


@pytest.mark.parametrize(
    ("each_s", "words"), [(0.09, "90 s"), (0.5, "8 min"), (10.0, "2.8 h"), (0.1199, "120 s")]
)
def test_times_are_told_in_the_unit_one_would_say(
    tiny_voc: Path,
    tiny_settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    each_s: float,
    words: str,
) -> None:
    monkeypatch.setattr(forecast, "seconds_per_sequence", lambda _: each_s)
    config = SynthesisConfig(**{**tiny_settings, "sequences": 1000})
    text = describe(plan_generation(tiny_voc, config), RunConfig(jobs=1))
    assert text.splitlines()[-1].split(": ", 1)[1].strip().startswith(f"{words} (")


def test_time_is_measured_over_sequences_of_the_plan(
    tiny_voc: Path, tiny_settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([10.0, 14.0])
    monkeypatch.setattr(forecast.time, "perf_counter", lambda: next(clock))
    plan = plan_generation(tiny_voc, SynthesisConfig(**tiny_settings))
    assert seconds_per_sequence(plan) == 4.0 / forecast.TRIALS
