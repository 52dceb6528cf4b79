from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.errors import ConfigError, ShardError
from seqsynth.shards import open_shards
from seqsynth.synthesis import generate
from tests.trainer.conftest import SIDE
from tests.trainer.data.mixtures import mixture
from trainer.data.corpus import open_corpus
from trainer.data.sources import open_sources
from trainer.recipe import FitConfig

Recipe = Callable[..., FitConfig]


def test_sequences_without_a_truth_are_left_out(write_views: Callable[..., Path]) -> None:
    blind = write_views("captured", 3, 2, truth=False, seed=9)
    assert len(open_sources([blind], "train", {})[0].sequences) == 0
    with pytest.raises(ShardError, match="no training sequences with a known transmission"):
        mixture([blind])


def test_a_student_whose_teacher_labels_takes_views_without_a_truth(
    tiny: Recipe, synthetic: Path, write_views: Callable[..., Path]
) -> None:
    blind = write_views("captured", 3, 2, truth=False, seed=9)
    photos = write_views("pair", 1, 2, truth=False, seed=9)
    folders, labelled = [synthetic, blind, photos], {"student": {"weights": {"labels": 1.0}}}
    for changes, count in (({}, 8), (labelled, 10), ({**labelled, "net": {"kt": False}}, 8)):
        assert open_corpus(folders, tiny(changes)).mixture("student").epoch_length == count
    mixture = open_corpus(folders, tiny(labelled)).mixture("student")
    for step in range(10):
        batch = mixture.batch([step])
        assert mixture.presence([step]) == batch.knows
        assert batch.knows.unlabelled is not batch.knows.transmission


def test_labels_that_nothing_would_get_are_warned_of(
    tiny: Recipe,
    synthetic: Path,
    write_views: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    blind = write_views("captured", 3, 2, truth=False, seed=9)
    labelled = {"student": {"weights": {"labels": 1.0}}}
    open_corpus([synthetic, blind], tiny(labelled))
    assert "labels" not in caplog.text
    for folders, changes, why in (
        ([synthetic, blind], {"net": {"kt": False}}, "there is no teacher"),
        ([synthetic, blind], {"mix": {"captured": 0.0}}, "no sequence without ground truth"),
        ([synthetic], {}, "no sequence without ground truth"),
    ):
        caplog.clear()
        open_corpus(folders, tiny({**labelled, **changes}))
        assert "student.weights.labels has no say" in caplog.text
        assert why in caplog.text


def test_a_crop_larger_than_a_sequence_is_refused_on_demand(tiny: Recipe, synthetic: Path) -> None:
    config = tiny({"teacher": {"crop": 64}, "below_crop": "refuse"})
    with pytest.raises(ShardError, match="train-000000 is 56x56 px, smaller than 64 px"):
        open_corpus([synthetic], config)


def test_sequences_below_the_crop_are_left_out_and_counted(
    tiny: Recipe,
    synthetic: Path,
    write_views: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    small = write_views("captured", 3, 3, size=(30, 70), seed=11)
    corpus = open_corpus([synthetic, small], tiny())
    assert corpus.mixture("teacher").epoch_length == 8
    assert "teacher: 3 of 11 sequences are smaller than the crop of 32 px" in caplog.text
    assert "left out" in caplog.text


def test_that_all_sequences_are_below_the_crop_is_what_is_said(
    tiny: Recipe, synthetic: Path
) -> None:
    said = (
        r"student: .*: all 8 training sequences are smaller than the crop of 64 px: lower student"
    )
    with pytest.raises(ShardError, match=said):
        open_corpus([synthetic], tiny({"stage": "student", "student": {"crop": 64}}))


def test_what_is_too_small_to_score_is_not_sent_to_crops(
    tiny: Recipe, synthetic: Path, write_views: Callable[..., Path]
) -> None:
    small = write_views("pair", 1, 2, size=(16, 30), seed=11)
    with pytest.raises(ShardError, match="is 30x16 px, smaller than 20 px: scores need") as refused:
        open_corpus([synthetic], tiny({"validate_on": {"real": small}}))
    assert "crop" not in str(refused.value)


def test_sequences_below_the_crop_are_mirrored_up_to_it_on_demand(
    tiny: Recipe, write_views: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    small = write_views("captured", 3, 2, size=(30, 70), seed=11)
    config = tiny({"below_crop": "pad", "flip_horizontal": False})
    mixture = open_corpus([small], config).mixture("teacher")
    batch = mixture.batch(range(2))
    assert batch.blended.shape == (2, 3, 3, 32, 32)
    assert torch.equal(batch.blended[..., 30, :], batch.blended[..., 28, :])
    assert torch.equal(batch.blended[..., 31, :], batch.blended[..., 27, :])
    assert "2 of 2 sequences" in caplog.text


def test_a_single_view_is_a_photo_whatever_its_set(
    tiny: Recipe, photos: Path, synthetic: Path, tmp_path: Path
) -> None:
    config = SynthesisConfig(sequences=4, val_fraction=0, views=1, window=(SIDE, SIDE), seed=8)
    generate(photos, tmp_path / "single", config, RunConfig(jobs=1))
    with pytest.raises(ShardError, match=r"teacher: .*no training sequences"):
        open_corpus([tmp_path / "single"], tiny())
    student = open_corpus([tmp_path / "single"], tiny({"stage": "student"})).mixture("student")
    batch = student.batch(range(4), of=range(4))
    assert not bool(batch.motion_known.any())
    assert not batch.knows.sequence
    assert not batch.knows.motion


def test_views_without_a_transmission_teach_the_teacher_alone(
    tiny: Recipe, synthetic: Path, write_views: Callable[..., Path]
) -> None:
    blind = write_views("captured", 3, 2, truth=False, seed=9)
    corpus = open_corpus([synthetic, blind], tiny())
    assert corpus.mixture("teacher").epoch_length == 10
    assert corpus.mixture("student").epoch_length == 8


def test_fewer_views_than_wanted_are_refused(synthetic: Path) -> None:
    with pytest.raises(ShardError, match=r"3 views, 5 wanted: set net\.views = 3"):
        mixture([synthetic], views=5)


def test_a_weight_for_what_is_not_there_is_refused(synthetic: Path) -> None:
    with pytest.raises(ConfigError, match="mix names 'captures', but there is only synthetic"):
        open_sources([synthetic], "train", {"captures": 2.0})


def test_a_folder_s_own_weight_comes_before_its_kind_s(synthetic: Path, five_views: Path) -> None:
    sources = open_sources([synthetic, five_views], "train", {"five": 2.0, "synthetic": 3.0})
    # The first folder is named as its kind is.
    assert [source.weight for source in sources] == [3.0, 2.0]


def test_held_out_sequences_are_not_trained_on(synthetic: Path) -> None:
    train, held_out = (open_sources([synthetic], split, {})[0] for split in ("train", "val"))
    names = [
        {source.sequences.name(n) for n in range(len(source.sequences))}
        for source in (train, held_out)
    ]
    assert [len(part) for part in names] == [8, 2]
    assert names[0] | names[1] == {s.name for s in open_shards(synthetic)}
