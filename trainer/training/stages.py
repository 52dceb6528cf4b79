"""One training step of each network: a batch in, losses by name out (equations 6 and 10)."""

from typing import Any

import torch
from torch import Tensor

from trainer.data.batch import Batch, Counts, count, share_counts
from trainer.machine import Machine
from trainer.nets import Discriminator, StudentNet, StudentOutput, TeacherNet, TeacherOutput
from trainer.recipe import FitConfig
from trainer.training.learner import Learner
from trainer.training.losses import (
    TERMS,
    Losses,
    Perceptual,
    discriminator_losses,
    student_losses,
    teacher_losses,
    weighted_sum,
)
from trainer.training.method_stage import MethodStage
from trainer.training.timetable import Moment, Phases

Terms = dict[str, Tensor]
"""Scalars of one step by the names of the log (`losses.TERMS`), still on the device."""

FIRST = "coarse.0.0.weight"
"""The weight of a decoder that reads the representation: (inputs, outputs, 4, 4)."""


class TeacherStage:
    """The first stage: views in, their centre's transmission out."""

    name = "teacher"
    terms = TERMS

    def __init__(self, config: FitConfig, machine: Machine, perceptual: Perceptual | None) -> None:
        self.config = config.teacher
        self.learner = Learner(
            TeacherNet(config.net), config.teacher, machine, compiled=config.compile
        )
        self.learners: dict[str, Learner[Any]] = {"teacher": self.learner}
        self.teacher: TeacherNet | None = None
        self._machine = machine
        self._perceptual = perceptual
        self._weights = config.teacher.weights.model_dump()

    @property
    def phases(self) -> Phases:
        """The one phase of its training."""
        return {self.name: self.config}

    def step(self, batch: Batch, moment: Moment) -> Terms:
        """Train on one batch (equation 6)."""
        counts = share_counts(count(batch))
        with self._machine.autocast():
            output: TeacherOutput = self.learner.forward(batch.blended)
            losses = teacher_losses(output, batch, counts, self._perceptual)
        objective = weighted_sum(losses, self._weights)
        norm = self.learner.update(objective, moment.learning_rate)
        return {**_detached(losses), "objective": objective.detach(), "gradient_norm": norm}

    @property
    def network(self) -> TeacherNet:
        """The teacher as it is to be used."""
        return self.learner.usable


class StudentStage:
    """The second stage: one photo in, its transmission out, taught by the fixed teacher.

    Parameters
    ----------
    teacher : trained, or None without knowledge transfer
    """

    name = "student"
    terms = TERMS

    def __init__(
        self,
        config: FitConfig,
        machine: Machine,
        perceptual: Perceptual | None,
        teacher: TeacherNet | None,
    ) -> None:
        self.config = config.student
        student = StudentNet(config.net)
        if config.student.inherit and teacher is not None:
            inherit(student, teacher)
        self.learner = Learner(student, config.student, machine, compiled=config.compile)
        self.learners: dict[str, Learner[Any]] = {"student": self.learner}
        self.teacher = teacher
        self.judge: Learner[Discriminator] | None = None
        if teacher is not None and config.student.weights.adversarial > 0:
            self._discriminator = Discriminator(config.net)
            self.judge = Learner(self._discriminator, config.student, machine)
            self.learners["discriminator"] = self.judge
        self._machine = machine
        self._perceptual = perceptual
        self._weights: dict[str, float] = config.student.weights.model_dump()

    @property
    def phases(self) -> Phases:
        """The one phase of its training."""
        return {self.name: self.config}

    def step(self, batch: Batch, moment: Moment) -> Terms:
        """Train student and discriminator on one batch (equation 10), in this order."""
        counts = share_counts(count(batch))
        judge = self.judge if moment.epoch >= self.config.gamma_start_epoch else None
        with self._machine.autocast():
            knowledge = None if self.teacher is None else distil(self.teacher, batch)
            output: StudentOutput = self.learner.forward(batch.centre_blended)
            losses = student_losses(
                output,
                batch,
                counts,
                self._perceptual,
                knowledge=knowledge,
                discriminator=None if judge is None else self._discriminator,
            )
        objective = weighted_sum(losses, self._weights)
        norm = self.learner.update(objective, moment.learning_rate)
        measures = {**_detached(losses), "objective": objective.detach(), "gradient_norm": norm}
        if knowledge is not None:
            measures["knowledge_mean"] = knowledge.float().abs().mean()
        if judge is not None and knowledge is not None and output.hallucinated is not None:
            pair = (output.hallucinated, knowledge)
            measures |= self._train_judge(judge, pair, batch, counts, moment.learning_rate)
        return measures

    def _train_judge(
        self,
        judge: Learner[Discriminator],
        pair: tuple[Tensor, Tensor],
        batch: Batch,
        counts: Counts,
        learning_rate: float,
    ) -> Terms:
        """Train the discriminator on (hallucinated, distilled) representations (equation 9)."""
        opinions: list[Tensor] = []

        def listen(representation: Tensor) -> Tensor:
            logits: Tensor = judge.forward(representation)
            opinions.append(logits.detach().float().mean())
            return logits

        with self._machine.autocast():
            losses = discriminator_losses(listen, *pair, batch, counts)
        norm = judge.update(losses["discriminator"] * self._weights["adversarial"], learning_rate)
        fake, real = opinions
        return {
            **_detached(losses),
            "discriminator_fake": fake,
            "discriminator_real": real,
            "discriminator_gradient_norm": norm,
        }

    @property
    def network(self) -> StudentNet:
        """The student as it is to be used."""
        return self.learner.usable


Stage = TeacherStage | StudentStage | MethodStage


@torch.no_grad()
def inherit(student: StudentNet, teacher: TeacherNet) -> None:
    """Copy the teacher's encoder and decoder into ``student``; both are of one `NetConfig`.

    The hallucination module's first four layers and the student's encoder become the teacher's
    encoder. The decoder reads the hallucinated channels as the teacher's reads f_t and ignores
    the others, so that a perfect f_s would give the teacher's very picture.
    """
    encoder = teacher.encoder.layers.state_dict()
    if student.encoder is not None:
        student.encoder.layers.load_state_dict(encoder)
    if student.hallucination is None:
        return
    # Its fifth layer has no counterpart: the teacher's views meet there.
    student.hallucination.layers.load_state_dict(encoder, strict=False)
    knowledge = teacher.config.knowledge_channels
    if student.context.channels < knowledge:
        return
    learnt = teacher.decoder.state_dict()
    first = student.decoder.state_dict()[FIRST].zero_()
    first[:knowledge] = learnt.pop(FIRST)
    student.decoder.load_state_dict(learnt, strict=False)


@torch.no_grad()
def distil(teacher: TeacherNet, batch: Batch) -> Tensor:
    """Return f_t of a batch; not in inference mode, whose tensors the discriminator cannot use."""
    return teacher.distil(batch.blended)


def _detached(losses: Losses) -> Terms:
    """Return the terms without the graph behind them."""
    return {name: loss.detach() for name, loss in losses.items()}
