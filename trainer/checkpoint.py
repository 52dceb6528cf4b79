"""Checkpoints: written whole or not at all, read without running code, and what they must agree on.

A checkpoint is a dictionary of tensors and plain values, so that `torch.load` needs no pickled
classes. ``last.pt`` holds everything a resumed run needs, ``best.pt`` only what using the network
needs.
"""

import pickle
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import seqsynth
from seqsynth.errors import OutputError
from seqsynth.files import whole_stream
from trainer.data.sources import ShardMark
from trainer.errors import CheckpointError
from trainer.nets import StudentNet, TeacherNet
from trainer.nets.config import NetConfig
from trainer.recipe import FREE, FitConfig

FORMAT = "trainer-checkpoint"
VERSION = 1

LENGTHS = ("epochs", "steps")
"""Settings of a stage that say how long it is, which may grow when a run is taken up again."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """One file's content.

    Attributes
    ----------
    stage : "teacher" or "student"
    step : steps taken
    config : of the run
    shards : what it was trained on
    versions : of the programs that wrote it
    weights : of the usable network
    scores : validation scores of these weights, empty where there were none
    training : learners, RNG and the like for a resumed run; None in best.pt
    """

    stage: str
    step: int
    config: FitConfig
    shards: tuple[ShardMark, ...]
    weights: Mapping[str, torch.Tensor]
    scores: Mapping[str, float]
    versions: Mapping[str, str]
    training: Mapping[str, Any] | None = None

    @property
    def net(self) -> NetConfig:
        """The shape of the network."""
        return self.config.net


def current_versions() -> dict[str, str]:
    """Return the versions of the programs that a result depends on."""
    return {
        "seqsynth": seqsynth.__version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def save_checkpoint(checkpoint: Checkpoint, file: Path) -> None:
    """Write ``file`` whole or not at all.

    Raises
    ------
    OutputError
        There is no room, or no permission; what stood there before still does.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "stage": checkpoint.stage,
        "step": checkpoint.step,
        "config": checkpoint.config.model_dump(mode="json"),
        "shards": [asdict(mark) for mark in checkpoint.shards],
        "weights": dict(checkpoint.weights),
        "scores": dict(checkpoint.scores),
        "versions": dict(checkpoint.versions),
        "training": checkpoint.training,
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_stream(file) as sink:
            torch.save(document, sink)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "torch could not write it"
        raise OutputError(
            f"{file} cannot be written ({reason}): make room or choose another --out; the "
            "one before it, if any, is still there"
        ) from error


def load_checkpoint(file: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """Read a checkpoint; no code in it is run.

    Raises
    ------
    CheckpointError
        The file is missing, torn, no checkpoint of ours, or a newer version's.
    """
    try:
        document = torch.load(file, map_location=device, weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"{file}: no such checkpoint; train one with trainer fit") from None
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, ValueError) as error:
        raise CheckpointError(f"{file} is torn or no checkpoint: {_first_line(error)}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CheckpointError(f"{file} holds weights, but is no checkpoint of trainer fit")
    if document["version"] > VERSION:
        raise CheckpointError(
            f"{file} has version {document['version']}, this trainer reads up to {VERSION}: "
            "upgrade it"
        )
    try:
        return Checkpoint(
            stage=document["stage"],
            step=document["step"],
            config=FitConfig.model_validate(document["config"]),
            shards=tuple(ShardMark(**mark) for mark in document["shards"]),
            weights=document["weights"],
            scores=document["scores"],
            versions=document["versions"],
            training=document["training"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{file} was written by another trainer than this one ({_first_line(error)}); train "
            "again, or use the version that wrote it"
        ) from error


def load_teacher(file: Path) -> tuple[TeacherNet, Checkpoint]:
    """Return a trained teacher, frozen, and its checkpoint.

    Raises
    ------
    CheckpointError
        See `load_checkpoint`; or the file holds a student.
    """
    checkpoint = _of_stage(file, "teacher")
    net = TeacherNet(checkpoint.net)
    net.load_state_dict(dict(checkpoint.weights))
    return net.requires_grad_(requires_grad=False).eval(), checkpoint


def load_student(file: Path) -> tuple[StudentNet, Checkpoint]:
    """Return a trained student, frozen, and its checkpoint.

    Raises
    ------
    CheckpointError
        See `load_checkpoint`; or the file holds a teacher.
    """
    checkpoint = _of_stage(file, "student")
    net = StudentNet(checkpoint.net)
    net.load_state_dict(dict(checkpoint.weights))
    return net.requires_grad_(requires_grad=False).eval(), checkpoint


def check_same_run(
    checkpoint: Checkpoint, file: Path, config: FitConfig, shards: tuple[ShardMark, ...]
) -> None:
    """Refuse to take up a run with other settings or other shards.

    Raises
    ------
    CheckpointError
        The first difference, and the ways out.
    """
    difference = _config_difference(checkpoint.config, config)
    if difference is None:
        difference = _shard_difference(checkpoint.shards, shards)
    if difference is not None:
        raise CheckpointError(
            f"{file} was trained otherwise: {difference}; give the same again to go on, or "
            "another --out to start anew"
        )


def _of_stage(file: Path, stage: str) -> Checkpoint:
    checkpoint = load_checkpoint(file)
    if checkpoint.stage != stage:
        raise CheckpointError(f"{file} holds a {checkpoint.stage}, a {stage} is wanted")
    return checkpoint


def _config_difference(then: FitConfig, now: FitConfig) -> str | None:
    """Name the first setting that changed and matters; a stage may become longer."""
    before, after = (config.model_dump(mode="json", exclude=set(FREE)) for config in (then, now))
    for stage in ("teacher", "student"):
        for length in LENGTHS:
            if 0 < before[stage][length] <= after[stage][length]:
                before[stage][length] = after[stage][length]
    return _difference(before, after)


def _shard_difference(then: tuple[ShardMark, ...], now: tuple[ShardMark, ...]) -> str | None:
    """Name the first thing in which the shards differ; their place on disk is none."""
    names = [[mark.name for mark in marks] for marks in (then, now)]
    if len(then) != len(now):
        return f"on shards {', '.join(names[0])}, now {', '.join(names[1])}"
    for old, new in zip(then, now, strict=True):
        before, after = asdict(old), asdict(new)
        for key in ("kind", "configuration", "counts", "fingerprint", "digest"):
            if found := _difference({key: before[key]}, {key: after[key]}):
                return f"shards {new.name} changed since, {found}"
    return None


def _difference(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> str | None:
    """Return ``key was a, now b`` for the first key whose values differ, looking into tables."""
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            if found := _difference(old, new, f"{path}{key}."):
                return found
        elif _plain(old) != _plain(new):
            return f"{path}{key} was {old!r}, now {new!r}"
    return None


def _plain(value: Any) -> Any:
    """Return lists for tuples, which a checkpoint does not tell apart."""
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
