"""One training step of each network: a batch in, losses by name out (equations 6 and 10)."""

from typing import Any

import torch
from torch import Tensor

from trainer.data.batch import Batch, Counts, Presence, count, share_counts
from trainer.machine import Machine
from trainer.nets import Discriminator, StudentNet, StudentOutput, TeacherNet, TeacherOutput
from trainer.nets.config import STRIDE
from trainer.recipe import FitConfig
from trainer.training.learner import Learner
from trainer.training.losses import (
    TERMS,
    Perceptual,
    discriminator_losses,
    label_losses,
    student_losses,
    teacher_losses,
    weighted_sum,
)
from trainer.training.method_stage import MethodStage
from trainer.training.parts import add_up, parts_of
from trainer.training.timetable import Moment, Phases

Terms = dict[str, Tensor]
"""Scalars of one step by the names of the log (`losses.TERMS`), still on the device."""

FIRST = "coarse.0.0.weight"
"""The weight of a decoder that reads the representation: (inputs, outputs, 4, 4)."""


NEEDED = {
    "reconstruction": "transmission",
    "perceptual": "transmission",
    "decoupling": "layers",
    "view_synthesis": "sequence",
    "flow_supervision": "motion",
    "transfer": "sequence",
    "labels": "unlabelled",
    "adversarial": "sequence",
}
"""Term -> what at least one sample of a step must know of it (`Presence`)."""


class TeacherStage:
    """The first stage: views in, their centre's transmission out."""

    name = "teacher"
    terms = TERMS

    def __init__(self, config: FitConfig, machine: Machine, perceptual: Perceptual | None) -> None:
        self.config = config.teacher
        self.learner = Learner(
            TeacherNet(config.net), config.teacher, machine, mode=config.compile_mode
        )
        self.learners: dict[str, Learner[Any]] = {"teacher": self.learner}
        self.teacher: TeacherNet | None = None
        self._machine = machine
        self._replays = config.graphs
        self._perceptual = perceptual
        self._weights = config.teacher.weights.model_dump()

    @property
    def phases(self) -> Phases:
        """The one phase of its training."""
        return {self.name: self.config}

    def step(self, batch: Batch, moment: Moment) -> Terms:
        """Train on one batch (equation 6), part by part."""
        if self._replays:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        counts = share_counts(count(batch))
        sums: Terms = {}
        for part, last in parts_of(batch, self.config.accumulate):
            with self.learner.part(last=last):
                with self._machine.autocast():
                    output: TeacherOutput = self.learner.forward(part.blended)
                    losses = teacher_losses(output, part, counts, self._perceptual)
                objective = weighted_sum(losses, self._weights)
                self.learner.descend(objective)
            add_up(sums, losses, objective)
        norm = self.learner.advance(moment.learning_rate)
        return {**known_terms(sums, batch.knows), "gradient_norm": norm}

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
        mode = config.compile_mode
        self.learner = Learner(student, config.student, machine, mode=mode)
        self.learners: dict[str, Learner[Any]] = {"student": self.learner}
        self.teacher = teacher
        self.judge: Learner[Discriminator] | None = None
        if teacher is not None and config.student.weights.adversarial > 0:
            self._discriminator = Discriminator(config.net)
            self.judge = Learner(self._discriminator, config.student, machine)
            if mode is not None:
                # In place, which covers `opinion` too.
                self._discriminator.compile(mode=mode)
            self.learners["discriminator"] = self.judge
        if mode is not None and teacher is not None:
            # What `distil` runs; the decoder is idle where nothing is to be labelled.
            teacher.encoder.compile(mode=mode)
            teacher.knowledge.compile(mode=mode)
            if config.labels:
                teacher.decoder.compile(mode=mode)
        self._machine = machine
        self._replays = config.graphs
        self._perceptual = perceptual
        self._weights: dict[str, float] = config.student.weights.model_dump()

    @property
    def phases(self) -> Phases:
        """The one phase of its training."""
        return {self.name: self.config}

    def step(self, batch: Batch, moment: Moment) -> Terms:
        """Train student and discriminator on one batch (equation 10), in this order.

        A step of single photos alone has nothing to transfer: f_t is not computed, and the
        discriminator, which would drift along its momentum, is left where it is.
        """
        if self._replays:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        counts = share_counts(count(batch))
        teacher = self.teacher if batch.knows.sequence else None
        judge = self.judge if moment.epoch >= self.config.gamma_start_epoch else None
        labelling = self._weights["labels"] > 0 and batch.knows.unlabelled
        sums: Terms = {}
        pairs: list[tuple[Tensor, Tensor]] = []
        for part, last in parts_of(batch, self.config.accumulate):
            with self.learner.part(last=last):
                with self._machine.autocast():
                    knowledge = None if teacher is None else distil(teacher, part)
                    output: StudentOutput = self.learner.forward(part.centre_blended)
                    losses = student_losses(
                        output,
                        part,
                        counts,
                        self._perceptual,
                        knowledge=knowledge,
                        discriminator=None if judge is None else self._discriminator,
                    )
                    if labelling and teacher is not None and knowledge is not None:
                        labels = label(teacher, knowledge, part)
                        losses |= label_losses(output, part, counts, labels)
                objective = weighted_sum(losses, self._weights)
                if knowledge is None and output.hallucinated is not None:
                    # Under DDP every weight must receive a gradient.
                    objective = objective + 0 * output.hallucinated.float().mean()
                self.learner.descend(objective)
            if knowledge is not None:
                losses["knowledge_mean"] = mean_over_sequences(knowledge.abs(), part, counts)
                if output.hallucinated is not None:
                    pairs.append((output.hallucinated.detach(), knowledge))
            add_up(sums, losses, objective)
        norm = self.learner.advance(moment.learning_rate)
        measures = {**known_terms(sums, batch.knows), "gradient_norm": norm}
        if judge is not None and pairs:
            fakes, reals = zip(*pairs, strict=True)
            pair = (torch.cat(fakes), torch.cat(reals))
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
            opinions.append(mean_over_sequences(logits.detach(), batch, counts))
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
    """Return f_t of a batch, (B, 128, h, w); zeros for single photos, which have none.

    Not in inference mode, whose tensors the discriminator cannot use.
    """
    samples = len(batch.blended)
    rows = list(batch.with_neighbours)
    if len(rows) == samples:
        return teacher.distil(batch.blended)
    height, width = (-(-side // STRIDE) for side in batch.blended.shape[-2:])
    shape = (samples, teacher.config.knowledge_channels, height, width)
    if not rows:
        return batch.blended.new_zeros(shape)
    there = torch.tensor(rows, device=batch.blended.device)
    known = teacher.distil(batch.blended[there])
    return known.new_zeros(shape).index_copy(0, there, known)


@torch.no_grad()
def label(teacher: TeacherNet, knowledge: Tensor, batch: Batch) -> Tensor:
    """Return what a teacher draws of a batch whose f_t it has told, (B, 3, H, W)."""
    return teacher.draw(knowledge, batch.centre_blended)


def known_terms(terms: Terms, knows: Presence) -> Terms:
    """Leave out the terms of which no sample of the step knows the truth: they are not zero."""
    return {
        name: value for name, value in terms.items() if getattr(knows, NEEDED.get(name, ""), True)
    }


def mean_over_sequences(values: Tensor, batch: Batch, counts: Counts) -> Tensor:
    """Return the mean of (B, ...) over the samples with real neighbours, those of all processes."""
    means = values.float().flatten(1).mean(1) * batch.sequence
    return means.sum() / counts.sequence.clamp(min=1e-12)


def _detached(losses: Terms) -> Terms:
    """Return the terms without the graph behind them."""
    return {name: loss.detach() for name, loss in losses.items()}
