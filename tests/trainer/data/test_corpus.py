from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.errors import LeakError
from seqsynth.shards import open_shards
from seqsynth.synthesis import generate
from trainer.data.corpus import open_corpus
from trainer.data.sources import Source
from trainer.recipe import FitConfig

Recipe = Callable[..., FitConfig]


def test_the_colour_map_is_fitted_on_training_sequences(
    tiny: Recipe, write_views: Callable[..., Path]
) -> None:
    corpus = open_corpus([write_views("captured", 3, 4)], tiny({"net": {"kt": False}}))
    sequences = corpus.train[0].sequences
    inputs = np.concatenate([s.centre_blended.reshape(-1, 3) for s in sequences]).astype(float)
    truths = np.concatenate([s.centre_transmission.reshape(-1, 3) for s in sequences])
    design = np.concatenate((inputs, np.ones((len(inputs), 1))), 1)
    expected = np.linalg.lstsq(design, truths.astype(float), rcond=None)[0].T
    assert corpus.colour_map == pytest.approx(expected, abs=1e-8)


@pytest.fixture(scope="session")
def overlapping(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two synthetic sets of the same photos, divided by different seeds."""
    folders = []
    for seed in (1, 2):
        folder = tmp_path_factory.mktemp("shards") / f"seed-{seed}"
        config = SynthesisConfig(sequences=12, val_fraction=0.25, window=(40, 40), seed=seed)
        generate(photos, folder, config, RunConfig(jobs=1))
        folders.append(folder)
    return folders


def photos_of(sources: Sequence[Source]) -> list[set[str]]:
    """Return the photos that each source shows."""
    return [
        {photo for s in source.sequences for photo in s.metadata["source"]} for source in sources
    ]


def test_photos_that_another_folder_holds_out_are_refused(
    tiny: Recipe, overlapping: list[Path]
) -> None:
    with pytest.raises(LeakError, match=r"leaks into training.*--drop-leaks leaves out"):
        open_corpus(overlapping, tiny())


def test_dropped_leaks_leave_no_photo_on_both_sides(tiny: Recipe, overlapping: list[Path]) -> None:
    corpus = open_corpus(overlapping, tiny({"drop_leaks": True}))
    trained, held_out = photos_of(corpus.train), photos_of(corpus.held_out)
    assert all(trained)
    assert not (trained[0] | trained[1]) & (held_out[0] | held_out[1])
    # Only what leaks is left out.
    whole = [open_shards(folder).split("train") for folder in overlapping]
    for number, other in ((0, 1), (1, 0)):
        kept = {s.name for s in corpus.train[number].sequences}
        gone = [s for s in whole[number] if s.name not in kept]
        assert gone
        assert all(set(s.metadata["source"]) & held_out[other] for s in gone)


def test_one_folder_is_taken_as_it_is(tiny: Recipe, overlapping: list[Path]) -> None:
    corpus = open_corpus(overlapping[:1], tiny())
    assert len(corpus.train[0].sequences) + len(corpus.held_out[0].sequences) == 12


def test_photos_that_a_further_set_scores_are_refused(
    tiny: Recipe, overlapping: list[Path]
) -> None:
    ours, theirs = overlapping
    with pytest.raises(LeakError, match=r"leaks into training.*--drop-leaks leaves out") as refused:
        open_corpus([ours], tiny({"validate_on": {"other": theirs}}))
    assert f"train in {ours}: train-" in str(refused.value)
    assert f"val in {theirs}: val-" in str(refused.value)


def test_dropped_leaks_leave_no_photo_that_a_further_set_scores(
    tiny: Recipe, overlapping: list[Path]
) -> None:
    ours, theirs = overlapping
    alone = open_corpus([ours], tiny())
    corpus = open_corpus([ours], tiny({"drop_leaks": True, "validate_on": {"other": theirs}}))
    trained, scored = photos_of(corpus.train)[0], photos_of([corpus.further["other"]])[0]
    assert trained
    assert not trained & scored
    kept = {s.name for s in corpus.train[0].sequences}
    gone = [s for s in alone.train[0].sequences if s.name not in kept]
    assert gone
    assert all(set(s.metadata["source"]) & scored for s in gone)
    # What is only scored, by either, teaches nothing.
    assert len(corpus.held_out[0].sequences) == len(alone.held_out[0].sequences)


def test_a_further_set_that_holds_nothing_out_is_scored_whole(
    tiny: Recipe, write_views: Callable[..., Path]
) -> None:
    # Drawn scenes are known by their names: each of these is train-split, in both folders.
    ours, same = (write_views("captured", 3, 3) for _ in range(2))
    with pytest.raises(LeakError, match=r"scene capt0 \(train in .*, test in .*\)"):
        open_corpus([ours], tiny({"validate_on": {"walk": same}}))


def test_the_held_out_part_of_the_same_folder_is_no_leak(
    tiny: Recipe, overlapping: list[Path]
) -> None:
    corpus = open_corpus(overlapping[:1], tiny({"validate_on": {"again": overlapping[0]}}))
    assert len(corpus.train[0].sequences) == 9


def test_what_was_left_out_belongs_to_the_run(tiny: Recipe, overlapping: list[Path]) -> None:
    ours, theirs = overlapping
    config = tiny({"drop_leaks": True, "stage": "teacher", "max_steps": 1})
    alone = open_corpus([ours], config)
    beside = open_corpus([ours], config.model_copy(update={"validate_on": {"other": theirs}}))
    assert alone.marks[0].left_out == "none"
    assert beside.marks[0].left_out.startswith(
        f"{len(alone.train[0].sequences) - len(beside.train[0].sequences)} that leak ("
    )
