"""One training step of any method of Table 1, with phases, VGG and a discriminator as it asks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, distributed
from torch.func import functional_call

from trainer.data.batch import Batch
from trainer.machine import Machine
from trainer.methods.method import Adversary, Lesson, Method, Outputs, Perceive, Term, Terms
from trainer.methods.pair import Pair
from trainer.methods.restorer import MethodNet
from trainer.methods.settings import JudgeConfig, MethodConfig
from trainer.nets import TeacherNet
from trainer.training.learner import Learner
from trainer.training.parts import add_up, parts_of
from trainer.training.timetable import Moment, Phases

ADVERSARIAL = "adversarial"
"""Name of the term that a discriminator's opinion makes, and of its weight."""

JUDGED = ("discriminator", "discriminator_gradient_norm")
"""What a step with a discriminator measures besides."""


class MethodStage:
    """A method while it is trained.

    Parameters
    ----------
    method, config : what is trained, and how
    perceive : VGG at the layers that the loss wants, or None
    net : built by the method; its VGG, if it reads one, holds weights

    Attributes
    ----------
    name : of the method
    terms : columns of the log of steps
    """

    def __init__(
        self,
        method: Method[Any],
        config: MethodConfig,
        machine: Machine,
        net: torch.nn.Module,
        perceive: Perceive | None,
        *,
        mode: str | None = None,
    ) -> None:
        self.name = method.name
        self.config = config
        self.learner = Learner(net, config, machine, mode=mode)
        self.learners: dict[str, Learner[Any]] = {method.name: self.learner}
        self.teacher: TeacherNet | None = None
        self._method = method
        self._machine = machine
        self._replays = mode == "reduce-overhead"
        self._perceive = perceive
        self._weights: dict[str, float] = config.weights.model_dump()
        self._adversary: Adversary | None = None
        self._judge: Learner[Any] | None = None
        if self._weights.get(ADVERSARIAL):
            self._adversary = method.adversary(config)
        if self._adversary is not None:
            self._judge = Learner(self._adversary.network, config, machine)
            self.learners["discriminator"] = self._judge
            if mode is not None:
                # In place, which covers `opinion` too.
                self._adversary.network.compile(mode=mode)
        judged = JUDGED if self._judge is not None else ()
        self.terms = ("objective", *self._weights, "gradient_norm", *judged)

    @property
    def phases(self) -> Phases:
        """Its phases, in order."""
        return self._method.phases(self.config)

    @property
    def network(self) -> MethodNet:
        """The network as it is to be used."""
        return MethodNet(self.learner.usable, self.config)

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        """Train the network on one batch, part by part, then its discriminator, in its turn."""
        if self._replays:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        fed = moment.phase in self._method.fed
        lesson = Lesson(self.config, moment.phase, self._perceive)
        adversary = self._playing(moment)
        parts = [(pair_of(part), last) for part, last in parts_of(batch, self.config.accumulate)]
        counts: dict[str, Tensor] = {}
        sums: dict[str, Tensor] = {}
        shown: list[tuple[Tensor, Tensor]] = []
        for pair, last in parts:
            with self.learner.part(last=last):
                with self._machine.autocast():
                    outputs = self.learner.forward(pair.blended, *((pair,) if fed else ()))
                terms = self._method.losses(outputs, pair, lesson)
                counts = counts or self._count(terms, outputs, [p for p, _ in parts], lesson)
                if adversary is not None:
                    fake, real = adversary.show(outputs, pair)
                    with self._machine.autocast():
                        opinions = (
                            opinion(adversary.network, fake),
                            opinion(adversary.network, real),
                        )
                    terms[ADVERSARIAL] = Term(adversary.fool(*opinions), pair.transmission_known)
                    shown.append((fake.detach(), real.detach()))
                means = mean_terms(terms, counts)
                weighted = [self._weights[name] * mean for name, mean in means.items()]
                objective = torch.stack(weighted).sum()
                # Every output stays in the graph: under DDP each weight must receive a gradient.
                idle = torch.stack([output.float().mean() for output in outputs.values()]).sum()
                self.learner.descend(objective + 0 * idle)
            add_up(sums, means, objective)
        measures = {**sums, "gradient_norm": self.learner.advance(moment.learning_rate)}
        judge = _judge_config(self.config)
        if adversary is not None and judge is not None and moment.step % judge.every == 0:
            fakes, reals = zip(*shown, strict=True)
            pictures = torch.cat(fakes), torch.cat(reals)
            measures |= self._train_judge(adversary, pictures, pair_of(batch), moment, judge)
        return measures

    def _count(
        self, terms: Terms, outputs: Outputs, pairs: Sequence[Pair], lesson: Lesson[Any]
    ) -> dict[str, Tensor]:
        """Count the samples of a step that know each term's truth, whatever was drawn of them.

        Parameters
        ----------
        terms, outputs : of the first part
        pairs : of all parts
        """
        blind = replace(lesson, perceive=None)
        with torch.no_grad():
            others = [self._method.losses(outputs, pair, blind) for pair in pairs[1:]]
        known = [{name: term.known for name, term in part.items()} for part in (terms, *others)]
        judged = [{ADVERSARIAL: pair.transmission_known} for pair in pairs]
        return count_known([one | other for one, other in zip(known, judged, strict=True)])

    def _playing(self, moment: Moment) -> Adversary | None:
        """Return the discriminator if it takes part now."""
        judge = _judge_config(self.config)
        if self._adversary is None or judge is None or moment.epoch < judge.start_epoch:
            return None
        return self._adversary if self._adversary.plays(moment.phase) else None

    def _train_judge(
        self,
        adversary: Adversary,
        shown: tuple[Tensor, Tensor],
        pair: Pair,
        moment: Moment,
        judge: JudgeConfig,
    ) -> dict[str, Tensor]:
        """Train the discriminator on (fake, real) pictures; its rate follows the network's."""
        if self._judge is None:
            return {}
        with self._machine.autocast():
            fake, real = (self._judge.forward(pictures) for pictures in shown)
        told = Term(adversary.tell(fake, real), pair.transmission_known)
        counts = count_known([{"discriminator": told.known}])
        loss = mean_terms({"discriminator": told}, counts)["discriminator"]
        share = moment.learning_rate / self._method.phases(self.config)[moment.phase].learning_rate
        norm = self._judge.update(loss, judge.learning_rate * share)
        return {"discriminator": loss.detach(), "discriminator_gradient_norm": norm}


def pair_of(batch: Batch) -> Pair:
    """Return what a method of one photo sees of a batch on the device."""
    centre = batch.centre
    gain, power = batch.formula.expand(len(batch.blended), 2).unbind(1)
    known = power > 0
    one = torch.ones_like(gain)
    return Pair(
        blended=batch.centre_blended,
        transmission=batch.centre_transmission,
        reflection=batch.reflection[:, centre].expand_as(batch.centre_blended),
        transmission_known=batch.transmission_known[:, centre],
        reflection_known=batch.reflection_known[:, centre],
        gain=torch.where(known, gain, one),
        power=torch.where(known, power, one),
        formula_known=known,
    )


def count_known(parts: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return how many samples know each term's truth, given the masks of a step's parts.

    Gradients are averaged over processes: where there are several, it is the mean of their counts.
    """
    sums = torch.stack(
        [torch.stack([part[name].float().sum() for part in parts]).sum() for name in parts[0]]
    )
    if distributed.is_available() and distributed.is_initialized():
        distributed.all_reduce(sums)
        sums = sums / distributed.get_world_size()
    return dict(zip(parts[0], sums, strict=True))


def mean_terms(terms: Mapping[str, Term], counts: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return each term's mean over the samples whose truth is known, 0 of none.

    Parameters
    ----------
    terms : of a part of a step
    counts : of the whole step (`count_known`), so that the means of its parts add up
    """
    means = {}
    for name, term in terms.items():
        count = counts[name]
        total = torch.where(term.known, term.values, 0.0).sum()
        means[name] = total / torch.where(count > 0, count, 1.0)
    return means


def opinion(judge: torch.nn.Module, pictures: Tensor) -> Tensor:
    """Let a discriminator judge with gradients for the pictures alone."""
    fixed = {name: weight.detach() for name, weight in judge.named_parameters()}
    judged: Tensor = functional_call(judge, fixed, (pictures,))
    return judged


def _judge_config(config: MethodConfig) -> JudgeConfig | None:
    """Return the settings of a method's discriminator, which only some have."""
    judge = getattr(config, "judge", None)
    return judge if isinstance(judge, JudgeConfig) else None
