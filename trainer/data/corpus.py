"""The shards of a run: what is trained on, what is held out, and how they are drawn."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from seqsynth.errors import LeakError, ShardError
from seqsynth.shards import (
    Inventory,
    Leak,
    StoredSequence,
    describe_leaks,
    find_leaks,
    read_inventory,
)
from trainer.baselines import NO_COLOURS, Floats, fit_colour_map, measure_colours
from trainer.data.mixture import Augmentation, Mixture
from trainer.data.reading import BatchLayout, Place, centre_crop, read_batch
from trainer.data.sources import (
    ShardMark,
    Source,
    check_shapes,
    large_enough,
    mark_shards,
    open_scored,
    open_sources,
    with_truth,
    with_views_or_truth,
    without_photos,
    without_truth,
)
from trainer.recipe import FitConfig, table_of

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
    train : sequences of the split "train", those without a transmission too
    held_out : of the split "val", with a transmission
    marks : what identifies the shards
    further : other sets that are scored, by name
    """

    config: FitConfig
    train: Sequence[Source]
    held_out: Sequence[Source]
    marks: tuple[ShardMark, ...]
    further: Mapping[str, Source] = field(default_factory=dict)

    @cached_property
    def colour_map(self) -> Floats | None:
        """The linear map (3, 4) from (R, G, B, 1) of I to T that fits the training data best.

        It is fitted on the centres of up to `COLOUR_SAMPLES` sequences, as many px as are scored.
        None where no training sequence has a known transmission.
        """
        config = self.config
        layout = BatchLayout(config.net.views, config.validation_crop, reflections=False)
        moments = NO_COLOURS
        train = with_truth(self.train)
        for place in _evenly(train, COLOUR_SAMPLES, config.validation_crop):
            batch = read_batch(train, [place], layout)
            blended, truth = (
                view[0].permute(1, 2, 0).numpy()
                for view in (batch.centre_blended, batch.centre_transmission)
            )
            moments += measure_colours(blended, truth)
        return fit_colour_map(moments) if moments.pixels else None

    def mixture(self, stage: str) -> Mixture:
        """Return the mixture that a stage is trained on.

        Raises
        ------
        ShardError
            There are no sequences for it, or some do not fit.
        """
        config = self.config
        teaching = stage == "teacher"
        other = config.method is not None
        plan = config.plan(stage)
        augmentation = Augmentation(
            config.flip_horizontal,
            config.flip_vertical,
            config.reverse_time,
            resize=plan.resize,
        )
        layout = BatchLayout(
            config.net.views,
            plan.crop,
            reflections=teaching or other,
            photos_move=config.static == "repeat",
            formulas=other,
        )
        sources = self.sources(stage)
        if teaching and not sources and config.static == "leave":
            raise ShardError(
                f"{_named(self.train)}: no training sequences with neighbouring views, which a "
                "teacher learns from: add some, set static = 'repeat', or train the student alone "
                "(--ablate kt)"
            )
        if config.below_crop == "refuse":
            for source in sources:
                check_shapes(source, config.net.views, plan.crop)
        elif config.below_crop == "skip":
            small, whole = self.below_crop(stage)
            if small and small == whole:
                raise ShardError(
                    f"{_named(sources)}: all {whole} training sequences are smaller than the crop "
                    f"of {plan.crop} px: lower {table_of(stage)}.crop, or set below_crop = 'pad'"
                )
            sources = [large_enough(source, plan.crop) for source in sources]
        return Mixture(sources, layout=layout, augmentation=augmentation, seed=config.seed)

    def sources(self, stage: str) -> list[Source]:
        """Return what a stage can learn from: a teacher from views, all else from truths.

        A student learns from views, too, where its teacher labels them.
        """
        if stage == "teacher":
            return self.for_teacher(self.train)
        if self.config.labels:
            return with_views_or_truth(self.train)
        return with_truth(self.train)

    def below_crop(self, stage: str) -> tuple[int, int]:
        """Return how many sequences of a stage are smaller than its crop, and how many it has."""
        side = self.config.plan(stage).crop
        sources = self.sources(stage)
        whole = sum(len(source.sequences) for source in sources)
        return whole - sum(len(large_enough(s, side).sequences) for s in sources), whole

    def for_teacher(self, sources: Sequence[Source]) -> list[Source]:
        """Return the sequences a teacher can learn from: a photo teaches it only if it is repeated.

        Views without a transmission teach it how they move.
        """
        if self.config.static == "leave":
            usable = without_photos(sources)
        else:
            usable = with_views_or_truth(sources)
        return [source for source in usable if len(source.sequences)]


def open_corpus(folders: Sequence[Path], config: FitConfig) -> Corpus:
    """Open all shard folders and check that every stage can use them.

    Raises
    ------
    ShardError
        A folder holds no shard set, or a stage finds no sequences that fit.
    ConfigError
        The mixture names something that is not there.
    LeakError
        A folder would be trained on photos that another one holds out, or ``validate_on`` scores.
    """
    further = {name: open_scored(folder) for name, folder in config.validate_on.items()}
    leaking = find_leaking(folders, scored=list(further.values()), drop=config.drop_leaks)
    train, held_out = (
        [s.without(found) for s, found in zip(sources, leaking, strict=True)]
        for sources in (
            open_sources(folders, split, config.mix, truth=split != "train")
            for split in ("train", "val")
        )
    )
    held_out = [source for source in held_out if len(source.sequences)]
    for source in (*held_out, *further.values()):
        check_shapes(source, config.net.views, SMALLEST_SCORED, scored=True)
    if not held_out:
        lack = "" if further else "nothing is validated, and "
        log.warning("no held-out sequences: %sbest.pt is the last one", lack)
    corpus = Corpus(config, train, held_out, mark_shards(train, leaking), further)
    for stage in config.stages:
        try:
            corpus.mixture(stage)
        except ShardError as error:
            raise ShardError(f"{stage}: {error}") from None
        small, whole = corpus.below_crop(stage)
        if small:
            log.warning(
                "%s: %d of %d sequences are smaller than the crop of %d px and are %s (below_crop)",
                stage,
                small,
                whole,
                config.plan(stage).crop,
                "mirrored up to it" if config.below_crop == "pad" else "left out",
            )
    if config.method is None and config.student.weights.labels and "student" in config.stages:
        _warn_of_idle_labels(corpus)
    return corpus


def _warn_of_idle_labels(corpus: Corpus) -> None:
    """Say that a teacher's labels were asked for where none will be."""
    if not corpus.config.labels:
        why = "without knowledge transfer (net.kt) there is no teacher"
    elif not any(len(without_truth(s).sequences) for s in corpus.mixture("student").sources):
        why = "the student sees no sequence without ground truth"
    else:
        return
    log.warning("student.weights.labels has no say: %s", why)


def find_leaking(
    folders: Sequence[Path], *, scored: Sequence[Source] = (), drop: bool
) -> list[frozenset[tuple[str, int]]]:
    """Return, for each folder, file and row of the sequences that show what is held out elsewhere.

    Each set is taken to be sound in itself; `seqsynth merge` judges by the same rules.

    Parameters
    ----------
    scored : further sets, of which all sequences are scored: none of their photos may be trained
        on, whatever split they are of

    Raises
    ------
    LeakError
        There are some, and they are not to be dropped.
    """
    leaking: list[set[tuple[str, int]]] = [set() for _ in folders]
    if len(folders) + len(scored) > 1:
        paths = [*map(str, folders), *(str(source.folder) for source in scored)]
        inventory = read_inventory(paths, incomplete=True, alike=False)
        ours = [s for s in inventory.sequences if s.place < len(folders)]
        leaks = [*find_leaks(ours), *_into_scored(ours, inventory, scored)]
        for leak in leaks:
            leaking[leak.sequence.place].add((leak.sequence.shard.entry.file, leak.sequence.row))
        number = sum(map(len, leaking))
        if leaks and not drop:
            raise LeakError(
                f"{describe_leaks(leaks, inventory)}; --drop-leaks leaves out what would leak, "
                f"{number} of {len(ours)} sequences"
            )
        if leaks:
            log.warning("%s: %d sequences are left out", describe_leaks(leaks, inventory), number)
    return [frozenset(rows) for rows in leaking]


def _into_scored(
    ours: Sequence[StoredSequence], inventory: Inventory, scored: Sequence[Source]
) -> list[Leak]:
    """Find the training sequences that show what a further set scores."""
    first = len(inventory.inputs) - len(scored)
    wanted = {
        (first + number, entry.file, row)
        for number, source in enumerate(scored)
        for _, entry, row in map(source.sequences.place, range(len(source.sequences)))
    }
    theirs = {_spot(s): s for s in inventory.sequences if _spot(s) in wanted}
    # What is scored is as held out as can be, of a set without held-out sequences all of it.
    tests = [replace(sequence, split="test") for sequence in theirs.values()]
    leaks = find_leaks([*(s for s in ours if s.split == "train"), *tests])
    splits = {spot: s.split if s.split != "train" else "test" for spot, s in theirs.items()}
    return [
        replace(leak, holder=replace(leak.holder, split=splits[_spot(leak.holder)]))
        for leak in leaks
    ]


def _spot(sequence: StoredSequence) -> tuple[int, str, int]:
    """Return a sequence's set, shard file and row."""
    return sequence.place, sequence.shard.entry.file, sequence.row


def _named(sources: Iterable[Source]) -> str:
    """Return the folders of sources, for a sentence."""
    return ", ".join(str(source.folder) for source in sources)


def _evenly(sources: Sequence[Source], samples: int, crop: int) -> Iterator[Place]:
    """Yield the centres of up to ``samples`` sequences, evenly spread over all."""
    every = [(n, row) for n, source in enumerate(sources) for row in range(len(source.sequences))]
    for chosen in np.linspace(0, len(every) - 1, min(samples, len(every))).round():
        number, row = every[int(chosen)]
        shape = sources[number].sequences.shapes(row)["blended"]
        yield Place(number, row, centre_crop(shape, crop))
