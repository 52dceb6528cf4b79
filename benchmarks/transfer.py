"""What could the teacher give beyond a start? L_T in other shapes, and R as a second task.

``python -m benchmarks.transfer --trial annealed --seed 0`` goes on from what benchmarks.generalise
left for the same seed: preset small's student, its data and its steps, with one thing changed.

    none       no L_T: the control of all others
    plain      L_T at weight 1, as small has it
    annealed   L_T falls to zero by half time
    explained  L_T counts a channel by how much of f_t a least-squares fit on one view explains
    lone       L_T of a teacher that all along saw 30 % of its sequences without their neighbours
    reflection no L_T; the student's encoder also draws R through the teacher's G_R, which trains on
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.lives import Scores, last_scores, train
from benchmarks.timing import table
from seqsynth.shards import open_shards
from trainer.data.batch import Batch
from trainer.data.reading import BatchLayout
from trainer.nets import StudentNet, StudentOutput, TeacherNet, TeacherOutput
from trainer.nets.config import NetConfig
from trainer.nets.decouple import LayerDecoder
from trainer.nets.views import centre_of
from trainer.recipe import load_recipe
from trainer.training.losses import (
    Losses,
    half_size,
    layer_distance,
    student_losses,
)
from trainer.training.stages import StudentStage, Terms
from trainer.training.timetable import Moment

LONE_SHARE = 0.3
"""Share of a teacher's sequences whose centre stands in for their neighbours."""

FITTED, EVERY_CELL = 200, 7
"""Sequences that tell what one view explains, and every which cell of their features counts."""

FIGURES = ("psnr_pooled", "structure_psnr", "ssim", "lmse")
BASELINES = {"the photo": "_identity", "best linear colour map": "_linear", "student": ""}


class LoneTeacher(TeacherNet):
    """A teacher that is trained, for a share of its sequences, on their centre alone."""

    def forward(self, blended: Tensor) -> TeacherOutput:
        """Separate the centre of each sequence (B, V, 3, H, W)."""
        if self.training:
            lone = torch.rand(len(blended)) < LONE_SHARE
            centres = centre_of(blended)[:, None].expand_as(blended)
            blended = torch.where(lone[:, None, None, None, None], centres, blended)
        return super().forward(blended)


class DrawingStudent(StudentNet):
    """A student whose encoder is asked for the reflection, too, as the teacher's is."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__(config)
        self.reflection = LayerDecoder(config)
        self.encoded: Tensor | None = None
        if self.encoder is not None:
            self.encoder.register_forward_hook(self._listen)

    def drawn(self) -> Tensor:
        """Return R of the photos seen last, (B, 3, H/2, W/2)."""
        if self.encoded is None:
            raise ValueError("no photo has been seen")
        image: Tensor = self.reflection(self.encoded.chunk(2, 1)[1][:, None]).image[:, 0]
        return image

    def _listen(self, _module: nn.Module, _inputs: Any, encoded: Tensor) -> None:
        self.encoded = encoded


class AnnealedStage(StudentStage):
    """L_T's weight falls in a line to zero by half time."""

    def step(self, batch: Batch, moment: Moment) -> Terms:
        """Train on one batch."""
        half_time = (self.config.steps or 1) / 2
        self._weights["transfer"] = max(0.0, 1 - moment.step / half_time)
        return super().step(batch, moment)


class ExplainedStage(StudentStage):
    """L_T's channels weigh what one view can tell of them."""

    def __init__(self, *given: Any, shards: Path) -> None:
        super().__init__(*given)
        if self.teacher is None:
            raise ValueError("there is no teacher whose knowledge could be explained")
        self.share = explained_share(self.teacher, shards)[None, :, None, None]

    def step(self, batch: Batch, moment: Moment) -> Terms:
        """Train on one batch."""

        def losses(output: StudentOutput, *given: Any, knowledge: Tensor, **named: Any) -> Losses:
            found = student_losses(output, *given, knowledge=knowledge, **named)
            if output.hallucinated is not None:
                gap = (output.hallucinated.float() - knowledge).abs()
                found["transfer"] = (gap * self.share).mean()
            return found

        with patch("trainer.training.stages.student_losses", losses):
            return super().step(batch, moment)


class ReflectionStage(StudentStage):
    """The student draws R, too, at half size; the term is logged as ``decoupling``."""

    def __init__(self, *given: Any) -> None:
        with patch("trainer.training.stages.StudentNet", DrawingStudent):
            super().__init__(*given)
        self._weights["decoupling"] = 1.0
        net, teacher = self.learner.net, self.teacher
        if not (isinstance(net, DrawingStudent) and teacher and teacher.config.mkl):
            raise ValueError("there is no teacher that draws R")
        self._draw = net.drawn
        decoder = teacher.knowledge.decouple.reflection
        net.reflection.load_state_dict(decoder.state_dict())

    def step(self, batch: Batch, moment: Moment) -> Terms:
        """Train on one batch."""

        def losses(output: StudentOutput, part: Batch, *given: Any, **named: Any) -> Losses:
            truth = half_size(part.reflection[:, part.centre])
            found = student_losses(output, part, *given, **named)
            return {**found, "decoupling": layer_distance(self._draw(), truth).mean()}

        with patch("trainer.training.stages.student_losses", losses):
            return super().step(batch, moment)


@torch.no_grad()
def explained_share(teacher: TeacherNet, shards: Path) -> Tensor:
    """Return by how much of each channel of f_t one view explains, as shares of the mean share.

    The fit is linear in what the encoder sees of the centre, there and averaged over 5x5 cells, and
    in the f_t of the centre alone.
    """
    sequences = open_shards(shards).split("train")
    seen, known = [], []
    fitted = min(FITTED, len(sequences))
    for first in range(0, fitted, 8):
        views = np.stack([sequences[n].blended for n in range(first, min(first + 8, fitted))])
        blended = torch.from_numpy(views).permute(0, 1, 4, 2, 3).float() / 255
        encoded = teacher.encoder(centre_of(blended))
        around = functional.avg_pool2d(encoded, 5, 1, 2)
        alone = teacher.distil(centre_of(blended)[:, None].expand_as(blended))
        seen.append(_cells(torch.cat([encoded, around, alone], 1)))
        known.append(_cells(teacher.distil(blended)))
    inputs, wanted = torch.cat(seen).double(), torch.cat(known).double()
    inputs = torch.cat([inputs, torch.ones(len(inputs), 1)], 1)
    missed = wanted - inputs @ torch.linalg.lstsq(inputs, wanted).solution
    spread = (wanted - wanted.mean(0)).square().sum(0).clamp(min=1e-9)
    share = (1 - missed.square().sum(0) / spread).clamp(0, 1).float()
    return share / share.mean()


def _cells(features: Tensor) -> Tensor:
    """Turn (B, C, h, w) into every seventh cell's features, (cells, C)."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])[::EVERY_CELL]


@dataclass(frozen=True)
class Trial:
    """What one trial changes of preset small.

    Attributes
    ----------
    settings : over the preset's
    replaced : names within the trainer -> what stands in their place, told where the shards lie
    """

    settings: dict[str, Any]
    replaced: Callable[[Path], dict[str, Any]] = lambda _shards: {}


WITHOUT = {"student": {"weights": {"transfer": 0.0}}}
STAGE = "trainer.training.fit.StudentStage"


def _all_layers(*given: Any, **named: Any) -> BatchLayout:
    """Return a layout whose batches hold the reflection, too."""
    return replace(BatchLayout(*given, **named), reflections=True)


TRIALS = {
    "none": Trial(WITHOUT),
    "plain": Trial({}),
    "annealed": Trial({}, lambda _: {STAGE: AnnealedStage}),
    "explained": Trial({}, lambda shards: {STAGE: partial(ExplainedStage, shards=shards)}),
    "lone": Trial({}, lambda _: {"trainer.training.stages.TeacherNet": LoneTeacher}),
    "reflection": Trial(
        WITHOUT,
        lambda _: {STAGE: ReflectionStage, "trainer.data.corpus.BatchLayout": _all_layers},
    ),
}


@contextmanager
def changed(replaced: dict[str, Any]) -> Iterator[None]:
    """Have other things stand under names of the trainer."""
    with ExitStack() as stack:
        for name, other in replaced.items():
            stack.enter_context(patch(name, other))
        yield


def run(runs: Path, name: str, *, seed: int, steps: int) -> Scores:
    """Train with one thing changed; return the scores of the student's last validation."""
    trial, shards, out = TRIALS[name], runs / "shards", runs / f"{name}{seed}"
    settings: dict[str, Any] = {"seed": seed, **trial.settings}
    if name != "lone":
        settings |= {"stage": "student", "teacher_from": runs / f"seed{seed}/teacher/best.pt"}
    config = load_recipe("small", overrides={**settings, "max_steps": steps})
    with changed(trial.replaced(shards)):
        train(config, [shards], out)
    return last_scores(out / "student")


def main() -> None:
    """Run one trial and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, default=Path("runs/generalise"))
    parser.add_argument("--trial", required=True, choices=TRIALS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=0, help="of each network; 0 is all")
    given = parser.parse_args()
    scores = run(given.runs, given.trial, seed=given.seed, steps=given.steps)
    rows = [
        (name, *(f"{scores[figure + suffix]:.4f}" for figure in FIGURES))
        for name, suffix in BASELINES.items()
    ]
    print(table(("", *FIGURES), rows))


if __name__ == "__main__":
    main()
