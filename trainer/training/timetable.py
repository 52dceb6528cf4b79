"""Which phase, epoch and learning rate each step of a stage has."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from trainer.methods.settings import PhaseConfig
from trainer.recipe import StageConfig
from trainer.training.schedule import learning_rate, stage_steps

Phases = Mapping[str, StageConfig | PhaseConfig]
"""Phases by name, in order."""


@dataclass(frozen=True)
class Moment:
    """What holds at a step.

    Attributes
    ----------
    step : of the stage, from 0
    phase : its name
    epoch : of the phase, from 0
    learning_rate : of the network
    """

    step: int
    phase: str
    epoch: int
    learning_rate: float


class Timetable:
    """All steps of a stage.

    Parameters
    ----------
    phases : one after the other
    batch : samples a step
    epoch_length : samples of the mixture

    Attributes
    ----------
    steps : of all phases together
    """

    def __init__(self, phases: Phases, batch: int, epoch_length: int) -> None:
        self._phases = phases
        self._batch = batch
        self._length = epoch_length
        self._lengths = [self._steps(phase) for phase in phases.values()]
        self.steps = sum(self._lengths)

    def at(self, step: int) -> Moment:
        """Return what holds at ``step``, counted from 0."""
        ends = list(accumulate(self._lengths))
        number = next((n for n, end in enumerate(ends) if step < end), len(ends) - 1)
        name, phase = list(self._phases.items())[number]
        since = step - (ends[number] - self._lengths[number])
        epoch = since * self._batch // self._length
        if isinstance(phase, StageConfig):
            return Moment(step, name, epoch, learning_rate(since, phase, self._length))
        return Moment(step, name, epoch, phase_rate(phase, since, epoch, self._lengths[number]))

    def epoch(self, step: int) -> int:
        """Return the epoch of the whole stage that the first sample of ``step`` belongs to."""
        return step * self._batch // self._length

    def _steps(self, phase: StageConfig | PhaseConfig) -> int:
        if isinstance(phase, StageConfig):
            return stage_steps(phase, self._length)
        return phase.steps or math.ceil(phase.epochs * self._length / self._batch)


def phase_rate(phase: PhaseConfig, step: int, epoch: int, steps: int) -> float:
    """Return the learning rate of a method's phase.

    Parameters
    ----------
    step, epoch : of the phase, from 0
    steps : of the phase
    """
    if phase.schedule == "cosine":
        factor = (1 + math.cos(math.pi * step / steps)) / 2
    elif phase.schedule == "linear":
        last = max(1, phase.epochs - phase.linear_from)
        factor = min(1.0, max(0.0, (phase.epochs - epoch) / last))
    else:
        past = [factor for start, factor in phase.milestones if epoch >= start]
        factor = past[-1] if past else 1.0
    if phase.warmup_steps:
        factor *= min(1.0, (step + 1) / phase.warmup_steps)
    return phase.learning_rate * factor
