"""Keep what a stage reaches: last.pt to go on from, best.pt to use."""

import hashlib
import logging
import math
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from seqsynth.errors import OutputError
from seqsynth.files import partial_target
from trainer.checkpoint import (
    Checkpoint,
    current_versions,
    load_checkpoint,
    save_checkpoint,
)
from trainer.data.sources import ShardMark
from trainer.errors import CheckpointError
from trainer.files import write_file
from trainer.recipe import FitConfig
from trainer.training.changes import Change, check_same_run
from trainer.training.stages import Stage

MARK_NAME = "run.txt"
"""Tells a stage's folder, of which a run may replace every file, from a person's own."""

_MARK = "A run of trainer fit"
"""How it begins."""

WRITTEN = (
    MARK_NAME,
    "best.pt",
    "metrics.csv",
    "validation.csv",
    "curves.png",
    "panels",
)
"""What a stage writes beside last.pt."""

FURTHER = re.compile(r"validation-.+\.csv")
"""Names of the logs of further sets, which it writes there too."""

PANEL = re.compile(r"step-\d{7,}\.png")
"""Names in panels/."""

TRAINING = ("learners", "rng", "cuda_rng", "best", "taught_by")
"""What a resumed run needs beyond the weights."""

log = logging.getLogger(__name__)

JUDGES = {
    "psnr": ("psnr", 1),
    "ssim": ("ssim", 1),
    "lmse": ("lmse", -1),
    "structure": ("structure_psnr", 1),
}
"""Setting best_by -> the score and its sign, so that more is better."""


class RunFolder:
    """The checkpoints of one stage.

    Parameters
    ----------
    stage : kept; the learner of its name is the network
    config, shards : of the run
    folder : of the stage

    Attributes
    ----------
    best : the best validation so far by the score of best_by, its sign turned where less is better;
        minus infinity before the first
    stale : validations since the best one
    is_unscored : the run was taken up from a step whose scores were never counted to the end
    is_dead : the network was found dead when it was last validated
    changes : settings that changed in the course of the run
    """

    def __init__(
        self,
        stage: Stage,
        config: FitConfig,
        shards: tuple[ShardMark, ...],
        folder: Path,
    ) -> None:
        self.folder = folder
        self.best = -math.inf
        self.stale = 0
        self.is_unscored = False
        self.is_dead = False
        self._is_scored = False
        self._awaiting: Checkpoint | None = None
        self.changes: tuple[Change, ...] = ()
        self._stage = stage
        self._config = config
        self._shards = shards
        self._taught_by = "" if stage.teacher is None else digest_of(stage.teacher)

    @property
    def last(self) -> Path:
        """The checkpoint to go on from."""
        return self.folder / "last.pt"

    def resume(self, *, leads: bool = True) -> int:
        """Take up an earlier run, if there is one, and return the steps it took.

        Parameters
        ----------
        leads : whether this process is the one of a run that writes; the others only read

        Raises
        ------
        CheckpointError
            The checkpoint is torn, or of other settings, shards or another teacher.
        OutputError
            The disk has too little room for the stage's checkpoints.
        """
        self._check_room()
        if leads:
            # One process alone: others would see each other's files come and go.
            self._make_ready()
        return self._take_up() if self.last.exists() else 0

    def _take_up(self) -> int:
        """Go on from the last checkpoint; return its steps."""
        found = load_checkpoint(self.last)
        changes = check_same_run(found, self.last, self._config, self._shards)
        training = found.training or {}
        if missing := [name for name in TRAINING if name not in training]:
            raise CheckpointError(
                f"{self.last} holds nothing to go on from (no {missing[0]}); take the last.pt that "
                "trainer fit wrote, or another --out to start anew"
            )
        if training["taught_by"] != self._taught_by:
            raise CheckpointError(
                f"{self.last} was taught by another teacher: name that one with --teacher-from to "
                "go on, or give another --out to start anew"
            )
        try:
            for name, learner in self._stage.learners.items():
                learner.load(training["learners"][name])
            torch.set_rng_state(training["rng"])
            if training["cuda_rng"] and torch.cuda.is_available():
                torch.cuda.set_rng_state_all(training["cuda_rng"])
            same_judge = found.config.best_by == self._config.best_by
            self.best = float(training["best"]) if same_judge else -math.inf
            self.stale = int(training.get("stale", 0)) if same_judge else 0
            self._is_scored = float(training["best"]) > -math.inf
            self.is_unscored = bool(training.get("unscored", False))
            self.is_dead = bool(training.get("dead", False))
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            words = " ".join(str(error).split())[:200] or type(error).__name__
            raise CheckpointError(
                f"{self.last} does not fit this run ({words}); take the last.pt that trainer fit "
                "wrote, or another --out to start anew"
            ) from error
        self.changes = (*(Change(**change) for change in found.changes), *changes)
        for change in changes:
            log.warning("%s from step %d on: %s", self._stage.name, found.step + 1, change)
        self._warn_of_versions(found.versions)
        return found.step

    @property
    def is_stale(self) -> bool:
        """Whether the stage has gone without a better validation for as long as it may."""
        patience = self._stage.config.patience
        return bool(patience) and self.stale >= patience

    def _make_ready(self) -> None:
        """Tidy up after a killed run, and note that a folder without a checkpoint is this run's."""
        self._remove_partials()
        if not self.last.exists():
            self._claim()

    def _remove_partials(self) -> None:
        """Remove what a killed run left half-written."""
        for path in (*self.folder.glob("*.partial"), *self.folder.glob("panels/step-*.partial")):
            target = partial_target(path.name) or ""
            named = FURTHER.fullmatch(target) or PANEL.fullmatch(target)
            if target in ("last.pt", *WRITTEN) or named:
                path.unlink(missing_ok=True)

    def _claim(self) -> None:
        """Refuse to begin among files that no run wrote; note that the folder is a run's."""
        if not is_claimed(self.folder):
            check_free(self.folder)
            write_file(self.folder / MARK_NAME, f"{_MARK}: its {self._stage.name}.\n")

    def keep(self, step: int, scores: Mapping[str, float]) -> None:
        """Write last.pt, and best.pt if ``scores`` are the best so far or none are ever made."""
        # The best first: were the work cut off between the two, last.pt must not claim a best.pt
        # that was never written.
        if self._judge(scores):
            save_checkpoint(self._checkpoint(step, scores, None), self.folder / "best.pt")
        save_checkpoint(self._checkpoint(step, scores, self._training()), self.last)
        self.is_unscored = False

    def keep_unscored(self, step: int) -> None:
        """Write last.pt of a step whose scores are still being counted, for `settle` to take up.

        It knows of no validation of this step: a run taken up from it scores it again.
        """
        found = self._checkpoint(step, {}, None)
        weights = {name: weight.detach().clone() for name, weight in found.weights.items()}
        self._awaiting = replace(found, weights=weights)
        training = {**self._training(), "unscored": True}
        save_checkpoint(self._checkpoint(step, {}, training), self.last)

    def settle(self, scores: Mapping[str, float]) -> None:
        """Take the scores of the step kept by `keep_unscored`: best.pt if they are the best."""
        found, self._awaiting = self._awaiting, None
        if self._judge(scores) and found is not None:
            save_checkpoint(replace(found, scores=scores), self.folder / "best.pt")

    def _judge(self, scores: Mapping[str, float]) -> bool:
        """Take note of scores; say whether best.pt is to be written."""
        score, sign = JUDGES[self._config.best_by]
        reached = sign * scores[score] if score in scores else -math.inf
        is_best = reached > self.best
        self.best = max(self.best, reached)
        if scores:
            self._is_scored = True
            self.stale = 0 if is_best else self.stale + 1
        return is_best or not (self.folder / "best.pt").exists() or not self._is_scored

    def _check_room(self) -> None:
        """Refuse to begin what could not be kept."""
        needed = 2 * _nbytes(self._training()["learners"])
        folder = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise OutputError(
                f"{self.folder}: checkpoints of the {self._stage.name} take "
                f"{needed / 2**20:.0f} MiB and {free / 2**20:.0f} MiB are free; make room, or "
                "choose another --out"
            )

    def _checkpoint(
        self, step: int, scores: Mapping[str, float], training: dict[str, Any] | None
    ) -> Checkpoint:
        return Checkpoint(
            stage=self._stage.name,
            step=step,
            config=self._config,
            shards=self._shards,
            weights=self._stage.learners[self._stage.name].usable.state_dict(),
            scores=scores,
            versions=current_versions(),
            training=training,
            # A step that is scored again was taken before what changed since.
            changes=[asdict(change) for change in self.changes if change.step < step],
        )

    def _training(self) -> dict[str, Any]:
        """Return what a resumed run needs beyond the weights; data draws need only the step."""
        return {
            "learners": {name: learner.state() for name, learner in self._stage.learners.items()},
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "best": self.best,
            "stale": self.stale,
            "taught_by": self._taught_by,
            "dead": self.is_dead,
        }

    @staticmethod
    def _warn_of_versions(then: Mapping[str, str]) -> None:
        for name, version in current_versions().items():
            if then.get(name) != version:
                log.warning(
                    "the run began with %s %s, now %s: it goes on, but not bit for bit",
                    name,
                    then.get(name),
                    version,
                )


def _nbytes(value: Any) -> int:
    """Return the bytes of all tensors in nested tables; Adam's moments weigh as the weights do."""
    if isinstance(value, torch.Tensor):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(3 * _nbytes(v) if k == "net" else _nbytes(v) for k, v in value.items())
    return 0


def is_claimed(folder: Path) -> bool:
    """Say whether a run has noted that a folder is its own."""
    mark = folder / MARK_NAME
    try:
        return not mark.is_symlink() and mark.read_bytes().startswith(_MARK.encode())
    except OSError:
        return False


def check_free(folder: Path) -> None:
    """Refuse a folder with files of the names that a run writes, none of which wrote them.

    Raises
    ------
    OutputError
        There are such files.
    """
    further = sorted(file.name for file in folder.glob("*") if FURTHER.fullmatch(file.name))
    there = [*(name for name in WRITTEN if (folder / name).exists()), *further]
    if there:
        raise OutputError(
            f"{folder / there[0]} was not written by trainer fit; move it away, or choose another "
            "--out"
        )


def digest_of(net: torch.nn.Module) -> str:
    """Return the sha256 of a network's weights."""
    digest = hashlib.sha256()
    for weight in net.state_dict().values():
        digest.update(weight.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
