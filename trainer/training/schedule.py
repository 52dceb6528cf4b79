"""The learning rate of each step (paper 5.1)."""

import math

from trainer.recipe import StageConfig


def stage_steps(config: StageConfig, epoch_length: int) -> int:
    """Return the steps of a stage over a mixture of ``epoch_length`` samples."""
    return config.steps or math.ceil(config.epochs * epoch_length / config.batch)


def epoch_of(step: int, config: StageConfig, epoch_length: int) -> int:
    """Return the epoch that the first sample of ``step`` belongs to, from 0."""
    return step * config.batch // epoch_length


def learning_rate(step: int, config: StageConfig, epoch_length: int) -> float:
    """Return the learning rate of ``step``, counted from 0."""
    if config.schedule == "cosine":
        share = step / stage_steps(config, epoch_length)
        factor = (1 + math.cos(math.pi * share)) / 2
    else:
        drops = epoch_of(step, config, epoch_length) // config.decay_epochs
        factor = config.decay**drops
    if config.warmup_steps:
        factor *= min(1.0, (step + 1) / config.warmup_steps)
    return config.learning_rate * factor
