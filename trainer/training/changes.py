"""What may change when a run is taken up again, and what to do about what may not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from trainer.checkpoint import Checkpoint
from trainer.data.sources import ShardMark
from trainer.errors import CheckpointError
from trainer.recipe import FitConfig

FREE = (
    "stage",
    "max_steps",
    "vgg_weights",
    "teacher_from",
    "teach_with",
    "init_from",
    "validate_on*",
    "save_steps",
    "device",
    "prefetch",
    "tensorboard",
    "wandb",
)
"""Settings that change no step."""

LATER = {"teacher": ("student.*",)}
"""Stage -> settings that change no step of it, but of one that comes after it."""

CHANGEABLE = (
    "compile",
    "graphs",
    "best_by",
    "*.accumulate",
    "*.epochs",
    "*.steps",
    "*.learning_rate",
    "*.schedule",
    "*.decay_epochs",
    "*.decay",
    "*.milestones",
    "*.linear_from",
    "*.warmup_steps",
    "*.clip",
    "*.validate_steps",
    "*.patience",
)
"""Settings that change the steps to come and none that was taken; what changed is recorded."""

REASONS = {
    "net.*": "the weights are of the other shape",
    "*.batch": "the samples of every step are drawn by its number and batch",
    "*.weights.*": "the optimiser's moments are those of the other objective",
    "perceptual": "the optimiser's moments are those of the other objective",
    "*": "what was drawn or computed so far would have been otherwise",
}
"""Why a setting may not change; the first that matches."""


@dataclass(frozen=True)
class Change:
    """A setting that changed.

    Attributes
    ----------
    step : taken before it did
    setting : its dotted name
    was, now : its values, as plain data
    """

    step: int
    setting: str
    was: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.setting} was {self.was!r}, now {self.now!r}"


def check_same_run(
    checkpoint: Checkpoint, file: Path, config: FitConfig, shards: tuple[ShardMark, ...]
) -> tuple[Change, ...]:
    """Return what changed since a checkpoint, and refuse what may not.

    Raises
    ------
    CheckpointError
        The first difference that may not be, why, and the ways out.
    """
    changes = []
    for change in _config_changes(checkpoint, config):
        if _matches(change.setting, (*FREE, *LATER.get(checkpoint.stage, ()))):
            continue
        if not _matches(change.setting, CHANGEABLE):
            why = next(why for name, why in REASONS.items() if fnmatch(change.setting, name))
            raise CheckpointError(_refusal(file, str(change), why))
        changes.append(change)
    if difference := _shard_difference(checkpoint.shards, shards):
        raise CheckpointError(_refusal(file, difference, "it would learn from other sequences"))
    return tuple(changes)


def _refusal(file: Path, difference: str, why: str) -> str:
    return (
        f"{file} was trained otherwise: {difference}; {why}. Give the same again to go on, or "
        f"--init-from {file} with another --out to start anew from its weights, if they fit"
    )


def _matches(setting: str, names: Sequence[str]) -> bool:
    return any(fnmatch(setting, name) for name in names)


def _config_changes(checkpoint: Checkpoint, config: FitConfig) -> list[Change]:
    """Return every setting that differs."""
    before, after = (one.model_dump(mode="json") for one in (checkpoint.config, config))
    return [
        Change(checkpoint.step, name, old, new) for name, old, new in _differences(before, after)
    ]


def _shard_difference(then: tuple[ShardMark, ...], now: tuple[ShardMark, ...]) -> str | None:
    """Name the first thing in which the shards differ; their place on disk is none."""
    names = [[mark.name for mark in marks] for marks in (then, now)]
    if len(then) != len(now):
        return f"on shards {', '.join(names[0])}, now {', '.join(names[1])}"
    for old, new in zip(then, now, strict=True):
        before, after = asdict(old), asdict(new)
        for key in ("kind", "configuration", "counts", "fingerprint", "digest", "left_out"):
            for name, was, become in _differences({key: before[key]}, {key: after[key]}):
                return f"shards {new.name} changed since, {name} was {was!r}, now {become!r}"
    return None


def _differences(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield key and both values of all keys whose values differ, looking into tables."""
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, f"{path}{key}.")
        elif _plain(old) != _plain(new):
            yield f"{path}{key}", old, new


def _plain(value: Any) -> Any:
    """Return lists for tuples, which a checkpoint does not tell apart."""
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
