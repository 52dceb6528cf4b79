"""Score a network on held-out sequences, beside what it has to beat.

A network is done with its pictures long before a CPU has scored them, some 12 ms each. So threads
score what was rounded to 8 bits, and whoever asked may train on meanwhile: `Scoring` says when the
numbers are there. They are those of `seqsynth.metrics`, whenever they are asked for; a second
statement of SSIM and LMSE for the device would have to be held against these for ever.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqsynth.metrics import score, stretch_black_level
from seqsynth.sequence import Image
from trainer.baselines import Floats, map_colours
from trainer.data.batch import Batch
from trainer.data.reading import BatchLayout, Place, centre_crop, read_batch
from trainer.data.sources import Source
from trainer.machine import Machine
from trainer.methods.restorer import MethodNet
from trainer.nets import StudentNet, TeacherNet
from trainer.training.watching.csv_log import Columns
from trainer.training.watching.flow_watch import KnowledgeWatch, TransferWatch
from trainer.training.watching.life_watch import LifeWatch

SCORES = ("psnr", "psnr_pooled", "structure_psnr", "ssim", "lmse")
"""Of `seqsynth.metrics`, each in the mean over sequences, of images rounded to 8 bits."""

Student = StudentNet | MethodNet
"""Who restores a single photo."""

Network = TeacherNet | Student

BATCH = 8
"""Sequences scored at once."""

SCORERS = min(8, max(1, (os.cpu_count() or 1) - 1))
"""Threads that score pictures; a core is left to the training beside them."""


class HeldOut:
    """Held-out sequences, their batches and their baselines.

    Parameters
    ----------
    sources : of the validation split
    layout : of batches; the crop is an upper bound, smaller sequences are scored whole
    colour_map : fitted on training data, (3, 4); None where there were none to fit it on
    machine : where batches go

    Attributes
    ----------
    pool : threads that score pictures
    """

    def __init__(
        self,
        sources: Sequence[Source],
        layout: BatchLayout,
        colour_map: Floats | None,
        machine: Machine,
    ) -> None:
        self._sources = sources
        self._layout = layout
        self._colour_map = colour_map
        self._machine = machine
        self._baselines: dict[str, ScoreTally] = {}
        # A network computes one batch, and later trains, while the scores of another are counted.
        self.pool = ThreadPoolExecutor(SCORERS, thread_name_prefix="scorer")

    def batches(self) -> Iterator[Batch]:
        """Yield all sequences, centre-cropped, in batches of one size, on the device."""
        for places in self._groups():
            batch = read_batch(self._sources, places, self._layout)
            yield batch.to(self._machine.device)

    def baselines(self) -> "dict[str, ScoreTally]":
        """Return the scores of what learns nothing about reflections, by name, begun once.

        The photo as it is is too weak a bar: a blend only adds light, so that darkening passes it.
        """
        if not self._baselines:
            identity, stretched, linear = (ScoreTally(self.pool) for _ in range(3))
            for batch in self.batches():
                truths = to_images(batch.centre_transmission)
                for photo, truth in zip(to_images(batch.centre_blended), truths, strict=True):
                    identity.add(photo, truth)
                    stretched.add(_rounded(stretch_black_level(photo)), truth)
                    if self._colour_map is not None:
                        linear.add(_rounded(map_colours(photo, self._colour_map)), truth)
            self._baselines = {"identity": identity, "stretch": stretched}
            if self._colour_map is not None:
                self._baselines["linear"] = linear
        return self._baselines

    def close(self) -> None:
        """Let the threads end; what was not scored yet is not."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _groups(self) -> Iterator[list[Place]]:
        """Yield the places of each batch: up to `BATCH` neighbours of one size."""
        group: list[Place] = []
        for number, source in enumerate(self._sources):
            for row in range(len(source.sequences)):
                shape = source.sequences.shapes(row)["blended"]
                place = Place(number, row, centre_crop(shape, self._layout.crop))
                size = (place.crop.height, place.crop.width)
                if group and (
                    len(group) == BATCH or (group[0].crop.height, group[0].crop.width) != size
                ):
                    yield group
                    group = []
                group.append(place)
        if group:
            yield group


class ScoreTally:
    """Collects the scores of many pictures.

    Parameters
    ----------
    pool : scores them while the caller goes on to the next; None scores them at once
    """

    def __init__(self, pool: Executor | None = None) -> None:
        self._pool = pool
        self._rows: list[list[float] | Future[list[float]]] = []
        self._done = 0

    def add(self, prediction: Image, truth: Image) -> None:
        """Score one picture (H, W, 3)."""
        if self._pool is None:
            self._rows.append(_row(prediction, truth))
        else:
            self._rows.append(self._pool.submit(_row, prediction, truth))

    @property
    def is_done(self) -> bool:
        """Whether `means` need not wait; rows seen to be done are not looked at again."""
        while self._done < len(self._rows):
            row = self._rows[self._done]
            if isinstance(row, Future) and not row.done():
                return False
            self._done += 1
        return True

    def means(self, name: str = "") -> Columns:
        """Return the mean of each score, ``psnr_<name>`` and so on; wait for those not done."""
        rows = [row.result() if isinstance(row, Future) else row for row in self._rows]
        means = np.mean(rows, axis=0).tolist()
        return {f"{key}_{name}" if name else key: v for key, v in zip(SCORES, means, strict=True)}


def _row(prediction: Image, truth: Image) -> list[float]:
    """Return the scores of one picture, in the order of `SCORES`."""
    scores = score(prediction, truth)
    return [getattr(scores, name) for name in SCORES]


@dataclass(frozen=True, eq=False)
class Scoring:
    """A validation whose network has done its part.

    Attributes
    ----------
    tallies : its scores by what they are of, "" for the network itself, perhaps still counted
    inner : what else was measured, by name; known at once
    """

    tallies: Mapping[str, ScoreTally]
    inner: Columns

    @property
    def is_done(self) -> bool:
        """Whether `columns` need not wait."""
        return all(tally.is_done for tally in self.tallies.values())

    def columns(self) -> Columns:
        """Return scores and measures, once all are counted."""
        found: Columns = {}
        for name, tally in self.tallies.items():
            found |= tally.means(name)
        return found | self.inner


def validate(network: Network, teacher: TeacherNet | None, held_out: HeldOut) -> Scoring:
    """Score a network on held-out sequences, in evaluation mode; its mode is left as it was.

    The network may change as soon as this returns.

    Parameters
    ----------
    teacher : whose knowledge a student is to hallucinate; None without knowledge transfer
    """
    was_training = network.training
    network.eval()
    try:
        if isinstance(network, TeacherNet):
            return validate_teacher(network, held_out)
        return validate_student(network, teacher, held_out)
    finally:
        network.train(was_training)


@torch.no_grad()
def validate_teacher(teacher: TeacherNet, held_out: HeldOut) -> Scoring:
    """Score the teacher: as it is, and with the centre view in place of its neighbours.

    What it loses by the latter is what it gains from seeing more than one view.
    """
    tally, repeated = ScoreTally(held_out.pool), ScoreTally(held_out.pool)
    watch, life = KnowledgeWatch(), LifeWatch(teacher)
    for batch in held_out.batches():
        truths = to_images(batch.centre_transmission)
        with life.listening():
            output = teacher(batch.blended)
        life.add(batch.centre_blended, output.transmission, batch.centre_transmission)
        same = batch.centre_blended[:, None].expand_as(batch.blended)
        watch.add(output, batch)
        _score(tally, output.transmission, truths)
        _score(repeated, teacher(same).transmission, truths)
    tallies = {"": tally, "repeated": repeated, **held_out.baselines()}
    return Scoring(tallies, watch.measures() | life.measures())


@torch.no_grad()
def validate_student(student: Student, teacher: TeacherNet | None, held_out: HeldOut) -> Scoring:
    """Score the student, and how near its representation is to the teacher's."""
    tally, watch, life = ScoreTally(held_out.pool), TransferWatch(), LifeWatch(student)
    for batch in held_out.batches():
        with life.listening():
            output = student(batch.centre_blended)
        life.add(batch.centre_blended, output.transmission, batch.centre_transmission)
        _score(tally, output.transmission, to_images(batch.centre_transmission))
        if teacher is not None and output.hallucinated is not None:
            watch.add(output.hallucinated, teacher.distil(batch.blended), batch.sequence)
    return Scoring({"": tally, **held_out.baselines()}, watch.measures() | life.measures())


def to_images(tensor: Tensor) -> list[Image]:
    """Turn (B, 3, H, W) in [0, 1], not clamped, into uint8 images (H, W, 3)."""
    levels = (tensor.float().clamp(0, 1) * 255).round().byte()
    return list(levels.permute(0, 2, 3, 1).cpu().numpy())


def _rounded(picture: Floats) -> Image:
    """Return a picture on 0 to 255 in 8 bits, as it would be saved."""
    return np.rint(picture).astype(np.uint8)


def _score(tally: ScoreTally, predicted: Tensor, truths: Sequence[Image]) -> None:
    for image, truth in zip(to_images(predicted), truths, strict=True):
        tally.add(image, truth)
