"""The shards of a run: what is trained on, what is held out, and how they are drawn."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from seqsynth.errors import ShardError
from trainer.baselines import NO_COLOURS, Floats, fit_colour_map, measure_colours
from trainer.data.mixture import Augmentation, Mixture
from trainer.data.reading import BatchLayout, Place, centre_crop, read_batch
from trainer.data.sources import (
    ShardMark,
    Source,
    check_shapes,
    mark_shards,
    open_scored,
    open_sources,
    without_photos,
)
from trainer.recipe import FitConfig

log = logging.getLogger(__name__)

SMALLEST_SCORED = 20
"""Side that a held-out view must have, px: LMSE looks at windows of 20."""

COLOUR_SAMPLES = 256
"""Sequences that the linear colour map is fitted on."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """All shard folders of a run.

    Attributes
    ----------
    config : of the run
    train, held_out : the usable sequences of the splits "train" and "val"
    marks : what identifies the shards
    further : other sets that are scored, by name
    """

    config: FitConfig
    train: Sequence[Source]
    held_out: Sequence[Source]
    marks: tuple[ShardMark, ...]
    further: Mapping[str, Source] = field(default_factory=dict)

    @cached_property
    def colour_map(self) -> Floats:
        """The linear map (3, 4) from (R, G, B, 1) of I to T that fits the training data best.

        It is fitted on the centres of up to `COLOUR_SAMPLES` sequences, as many px as are scored.
        """
        config = self.config
        layout = BatchLayout(config.net.views, config.validation_crop, reflections=False)
        moments = NO_COLOURS
        for place in _evenly(self.train, COLOUR_SAMPLES, config.validation_crop):
            batch = read_batch(self.train, [place], layout)
            blended, truth = (
                view[0].permute(1, 2, 0).numpy()
                for view in (batch.centre_blended, batch.centre_transmission)
            )
            moments += measure_colours(blended, truth)
        return fit_colour_map(moments)

    def mixture(self, stage: str) -> Mixture:
        """Return the mixture that a stage is trained on.

        Raises
        ------
        ShardError
            There are no sequences for it, or some do not fit.
        """
        config = self.config
        teaching = stage == "teacher"
        augmentation = Augmentation(
            config.flip_horizontal, config.flip_vertical, config.reverse_time
        )
        crop = config.teacher.crop if teaching else config.student.crop
        layout = BatchLayout(config.net.views, crop, teaching, config.static == "repeat")
        sources = self.for_teacher(self.train) if teaching else self.train
        return Mixture(sources, layout=layout, augmentation=augmentation, seed=config.seed)

    def for_teacher(self, sources: Sequence[Source]) -> Sequence[Source]:
        """Return the sources a teacher can learn from."""
        return sources if self.config.static == "repeat" else without_photos(sources)


def open_corpus(folders: Sequence[Path], config: FitConfig) -> Corpus:
    """Open all shard folders and check that every stage can use them.

    Raises
    ------
    ShardError
        A folder holds no shard set, or a stage finds no sequences that fit.
    ConfigError
        The mixture names something that is not there.
    """
    train = open_sources(folders, "train", config.mix)
    held_out = [s for s in open_sources(folders, "val", config.mix) if len(s.sequences)]
    further = {name: open_scored(folder) for name, folder in config.validate_on.items()}
    for source in (*held_out, *further.values()):
        check_shapes(source, config.net.views, SMALLEST_SCORED)
    if not held_out:
        log.warning("no held-out sequences: nothing is validated, and best.pt is the last one")
    corpus = Corpus(config, train, held_out, mark_shards(train), further)
    for stage in config.stages:
        try:
            corpus.mixture(stage)
        except ShardError as error:
            raise ShardError(f"{stage}: {error}") from None
    return corpus


def _evenly(sources: Sequence[Source], samples: int, crop: int) -> Iterator[Place]:
    """Yield the centres of up to ``samples`` sequences, evenly spread over all."""
    every = [(n, row) for n, source in enumerate(sources) for row in range(len(source.sequences))]
    for chosen in np.linspace(0, len(every) - 1, min(samples, len(every))).round():
        number, row = every[int(chosen)]
        shape = sources[number].sequences.shapes(row)["blended"]
        yield Place(number, row, centre_crop(shape, crop))
