"""Checkpoints: written whole or not at all, read without running code, and what they must agree on.

A checkpoint is a dictionary of tensors and plain values, so that `torch.load` needs no pickled
classes. ``last.pt`` holds everything a resumed run needs, ``best.pt`` only what using the network
needs.
"""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

import seqsynth
from seqsynth.errors import OutputError
from seqsynth.files import whole_stream
from trainer.data.sources import ShardMark
from trainer.errors import CheckpointError
from trainer.methods import find_method
from trainer.methods.restorer import MethodNet
from trainer.nets import StudentNet, TeacherNet
from trainer.nets.config import NetConfig
from trainer.recipe import FitConfig

FORMAT = "trainer-checkpoint"
VERSION = 1

LENGTHS = ("epochs", "steps")
"""Settings of a stage that say how long it is, which may grow when a run is taken up again."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """One file's content.

    Attributes
    ----------
    stage : "teacher", "student", or a method's name
    step : steps taken
    config : of the run
    shards : what it was trained on
    versions : of the programs that wrote it
    weights : of the usable network
    scores : validation scores of these weights, empty where there were none
    training : learners, RNG and the like for a resumed run; None in best.pt
    changes : settings that changed while it was trained: step, setting, was, now
    origin : whose weights these are, where they were not trained here: file, source, licence
    """

    stage: str
    step: int
    config: FitConfig
    shards: tuple[ShardMark, ...]
    weights: Mapping[str, torch.Tensor]
    scores: Mapping[str, float]
    versions: Mapping[str, str]
    training: Mapping[str, Any] | None = None
    origin: Mapping[str, str] = field(default_factory=dict)
    changes: Sequence[Mapping[str, Any]] = ()

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
        "origin": dict(checkpoint.origin),
        "changes": [dict(change) for change in checkpoint.changes],
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
    except OSError as error:
        reason = error.strerror or _first_line(error)
        raise CheckpointError(f"{file}: cannot be read ({reason}); name a checkpoint") from error
    except Exception as error:  # a made-up pickle raises whatever it likes
        # Not in torch's words: they advise to have it run what the file holds.
        raise CheckpointError(
            f"{file} is torn or no checkpoint of trainer fit; copy it here again, or name another"
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CheckpointError(f"{file} holds weights, but is no checkpoint of trainer fit")
    version = document.get("version")
    if type(version) is not int or version < 1:
        raise CheckpointError(
            f"{file} has version {shown(version)}; a whole number from 1 is wanted: take a "
            "checkpoint as trainer fit wrote it"
        )
    if version > VERSION:
        raise CheckpointError(
            f"{file} has version {version}, this trainer reads up to {VERSION}: upgrade it"
        )
    try:
        _check_types(document)
        return Checkpoint(
            stage=document["stage"],
            step=document["step"],
            config=FitConfig.model_validate(document["config"]),
            shards=tuple(ShardMark(**mark) for mark in document["shards"]),
            weights=document["weights"],
            scores=document["scores"],
            versions=document["versions"],
            training=document["training"],
            origin=document.get("origin", {}),
            changes=document.get("changes", ()),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{file} was written by another trainer than this one ({_first_line(error)}); train "
            "again, or use the version that wrote it"
        ) from error


_MARKED = ("configuration", "counts", "digest")

_CHANGE = {"step", "setting", "was", "now"}

_TYPES: Mapping[str, tuple[type, ...]] = {
    "stage": (str,),
    "step": (int,),
    "config": (dict,),
    "shards": (list, tuple),
    "weights": (dict,),
    "scores": (dict,),
    "versions": (dict,),
    "training": (dict, type(None)),
}


def _check_types(document: Mapping[str, Any]) -> None:
    """Hold the parts of a checkpoint against their types; `ValueError` names what does not fit."""
    for name, types in _TYPES.items():
        if name not in document:
            raise ValueError(f"no {name}")
        if not isinstance(document[name], types):
            raise ValueError(f"{name} is {shown(document[name])}")
    if not 0 <= document["step"] < 2**53:
        raise ValueError(f"step is {document['step']}")
    _check_values(document["weights"], "weight", torch.Tensor)
    _check_values(document["scores"], "score", int | float)
    _check_told(document)
    for mark in document["shards"]:
        _check_values({name: mark[name] for name in ("name", "kind")}, "shards'", str)
        _check_values({name: mark[name] for name in _MARKED}, "shards'", dict)


def _check_told(document: Mapping[str, Any]) -> None:
    """Hold what a checkpoint tells of how it came about against its types."""
    _check_values(document["versions"], "version", str)
    origin = document.get("origin", {})
    if not isinstance(origin, dict):
        raise ValueError(f"origin is {shown(origin)}")
    _check_values(origin, "origin", str)
    for change in document.get("changes", ()):
        if set(change) != _CHANGE or type(change["step"]) is not int:
            raise ValueError(f"a change is {shown(change)}")


def _check_values(values: Mapping[Any, Any], noun: str, kind: Any) -> None:
    for name, value in values.items():
        if not (isinstance(name, str) and isinstance(value, kind)):
            raise ValueError(f"{noun} {shown(name)} is {shown(value)}")


def shown(value: Any, most: int = 60) -> str:
    """Return what was found as a sentence names it: short, and on one line."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of {tuple(value.shape)}"
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[:most]}..."


Net = TypeVar("Net", bound=nn.Module)


def _build(make: Callable[[], Net], checkpoint: Checkpoint, file: Path) -> Net:
    """Return a network with a checkpoint's weights; nothing is allocated before they fit.

    Raises
    ------
    CheckpointError
        Its configuration makes no network, or the weights are not those of the one it makes.
    """
    try:
        with torch.device("meta"):
            shape = make()
    except (RuntimeError, ValueError, TypeError, ArithmeticError, MemoryError) as error:
        raise CheckpointError(
            f"{file} states a network that cannot be made ({_first_line(error)}); take the "
            "checkpoint as trainer fit wrote it"
        ) from error
    _check_weights(shape, checkpoint, file)
    net = make()
    try:
        net.load_state_dict(dict(checkpoint.weights))
    except (RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{file} does not fit its network: {_first_line(error)}") from error
    return net


def _check_weights(net: nn.Module, checkpoint: Checkpoint, file: Path) -> None:
    """Hold a checkpoint's weights against a network's.

    Raises
    ------
    CheckpointError
        A weight is missing, unknown, or of another type or shape; the first is named.
    """
    wanted, found = net.state_dict(), checkpoint.weights
    faults = [f"no weight {name}" for name in wanted if name not in found]
    faults += [f"weight {shown(name)} is unknown" for name in found if name not in wanted]
    for name in wanted.keys() & found.keys():
        one, other = wanted[name], found[name]
        if one.shape != other.shape:
            faults.append(f"weight {name} is {tuple(other.shape)}, {tuple(one.shape)} is wanted")
        elif one.is_floating_point() != other.is_floating_point() or other.is_complex():
            faults.append(f"weight {name} is {other.dtype}, {one.dtype} is wanted")
    if faults:
        more = f" and {len(faults) - 1} faults more" if faults[1:] else ""
        raise CheckpointError(
            f"{file} does not fit its network: {faults[0]}{more}; take the checkpoint as trainer "
            "fit wrote it"
        )


def load_teacher(file: Path) -> tuple[TeacherNet, Checkpoint]:
    """Return a trained teacher, frozen, and its checkpoint.

    Raises
    ------
    CheckpointError
        See `load_checkpoint`; or the file holds a student.
    """
    checkpoint = _of_stage(file, "teacher")
    net = _build(lambda: TeacherNet(checkpoint.net), checkpoint, file)
    return net.requires_grad_(requires_grad=False).eval(), checkpoint


def load_student(file: Path) -> tuple[StudentNet, Checkpoint]:
    """Return a trained student, frozen, and its checkpoint.

    Raises
    ------
    CheckpointError
        See `load_checkpoint`; or the file holds a teacher.
    """
    checkpoint = _of_stage(file, "student")
    net = _build(lambda: StudentNet(checkpoint.net), checkpoint, file)
    return net.requires_grad_(requires_grad=False).eval(), checkpoint


def load_restorer(file: Path) -> tuple[StudentNet | MethodNet, Checkpoint]:
    """Return whatever restores a single photo, a student or a method of Table 1, frozen.

    Raises
    ------
    CheckpointError
        See `load_checkpoint`; or the file holds a teacher.
    """
    checkpoint = load_checkpoint(file)
    config = checkpoint.config.method
    if config is None:
        return load_student(file)
    method = find_method(config.name)
    if checkpoint.stage != method.name:
        raise CheckpointError(f"{file} holds a {checkpoint.stage}, a {method.name} is wanted")
    net = _build(lambda: method.network(config), checkpoint, file)
    return MethodNet(net, config).requires_grad_(requires_grad=False).eval(), checkpoint


def _of_stage(file: Path, stage: str) -> Checkpoint:
    checkpoint = load_checkpoint(file)
    if checkpoint.stage != stage:
        raise CheckpointError(f"{file} holds a {checkpoint.stage}, a {stage} is wanted")
    return checkpoint


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
