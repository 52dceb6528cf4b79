"""Methods in the table: against files read by hand, in every protocol, with gaps and faults."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.evaluation.pictures import NATIVE, Save, cell, read_pair, tally_of
from trainer.evaluation.methods import (
    Method,
    Predictions,
)


def test_identity_row_is_the_mean_over_the_files(files: Path, shards: Path) -> None:
    decibels = []
    for name in "abcd":
        blended, truth = (picture.astype(np.float64) for picture in read_pair(files, name))
        decibels.append(10 * math.log10(255**2 / ((blended - truth) ** 2).mean()))
    found = cell(tally_of(shards), "identity", "SIR2", "psnr_pooled")
    assert found == pytest.approx(sum(decibels) / 4, abs=1e-9)


def test_truth_as_prediction_is_perfect(shards: Path, predictions: Save) -> None:
    folder = Predictions(predictions("a", "b", "c", "d"), NATIVE)
    tally = tally_of(shards, Method("perfect", folder.restore))
    assert cell(tally, "perfect", "SIR2", "ssim") == pytest.approx(1)
    assert cell(tally, "perfect", "SIR2", "lmse") == pytest.approx(0, abs=1e-12)


def test_benchmark_with_a_missing_prediction_stays_empty(shards: Path, predictions: Save) -> None:
    folder = Predictions(predictions("a", "b", "c"), NATIVE)
    tally = tally_of(shards, Method("partly", folder.restore))
    assert math.isnan(cell(tally, "partly", "SIR2", "ssim"))
    assert cell(tally, "partly", "SIR2-Postcard", "ssim") == pytest.approx(1)
    assert any("1 of 4 photos of SIR2" in note for note in tally.table().notes)


def test_paired_comparison_has_the_sign_of_the_gain(shards: Path, predictions: Save) -> None:
    worse = Predictions(predictions("a", "b", "c", "d", change=lambda p: 255 - p), NATIVE)
    tally = tally_of(shards, Method("negative", worse.restore))
    comparison = tally.compare("negative", "identity")["SIR2", "psnr_pooled"]
    assert comparison.interval.high < 0
    assert (comparison.better, comparison.worse) == (0, 1)


def test_interval_holds_the_mean(shards: Path) -> None:
    summary = tally_of(shards).intervals()["identity", "SIR2", "ssim"]
    assert summary.interval.low < summary.mean < summary.interval.high
