"""A method of Table 1 through the whole loop: logs, checkpoints, resume, restoring, export."""

import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from seqsynth.errors import ConfigError
from tests.trainer.methods.conftest import TINY as SETTINGS
from tests.trainer.training.test_fit import RUN_AND_DIE, rows
from trainer.checkpoint import load_checkpoint, load_restorer
from trainer.cli.fit import command
from trainer.data.corpus import open_corpus
from trainer.errors import CheckpointError, ResourceError, WeightsError
from trainer.machine import Machine
from trainer.methods import NAMES
from trainer.recipe import FitConfig, load_recipe
from trainer.restoring.jobs import RestoreConfig
from trainer.restoring.running import restore_photos
from trainer.training.fit import fit
from trainer.training.forecast import describe_run
from trainer.training.method_stage import MethodStage
from trainer.training.preparation import check_recipe
from trainer.training.watching import observer


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes longest and is tested in test_curves."""
    monkeypatch.setattr(observer, "draw_curves", lambda folder, *_: (folder / "curves.png").touch())


def recipe(name: str, told: Mapping[str, object] | None = None, **changes: object) -> FitConfig:
    """Return a recipe of six steps, VGG's features of random weights included.

    ``told`` are settings of the method, ``changes`` of the run.
    """
    method = {
        "name": name,
        **SETTINGS[name],
        "batch": 2,
        "crop": 32,
        "steps": 6,
        "validate_steps": 6,
    }
    if name == "ceilnet":
        method |= {"steps": 4, "joint": {"steps": 2, "learning_rate": 1e-3}}
    if name == "bdn":
        method |= {"steps": 3, "chain": {"steps": 3}, "levels": (3, 3, 3)}
    if name in {"rmnet"}:
        method["crop"] = 64
    if name == "errnet":
        method["judge"] = {"start_epoch": 0}
    overrides = {
        "tensorboard": False,
        "device": "cpu",
        "perceptual": "random",
        "validation_crop": 40,
        "save_steps": 2,
        "method": method | dict(told or {}),
        **changes,
    }
    return load_recipe("paper", overrides=overrides)


@pytest.fixture(scope="session")
def wide(write_views: Callable[..., Path]) -> Path:
    """Three single photos of 72x72 px with their transmission."""
    return write_views("pair", 1, 3, size=(72, 72))


@pytest.mark.parametrize("name", NAMES)
def test_every_method_trains_validates_and_restores(name, synthetic, wide, tmp_path):
    shards = wide if name == "rmnet" else synthetic
    config = recipe(name)
    reports = list(fit(config, [shards], tmp_path / "run"))
    assert [report.step for report in reports] == [1, 2, 3, 4, 5, 6]
    assert {report.stage for report in reports} == {name}
    assert all(np.isfinite(report.measures["objective"]) for report in reports)
    if shards is synthetic:
        assert "psnr_linear" in reports[-1].validations[-1].scores
        assert list((tmp_path / f"run/{name}/panels").glob("*.png"))
    photo = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 71, 3), np.uint8)).save(photo)
    checkpoint = tmp_path / f"run/{name}/best.pt"
    (outcome,) = restore_photos([photo], checkpoint, tmp_path / "out", RestoreConfig(layers=True))
    assert outcome.fault == ""
    assert Image.open(tmp_path / "out/photo.png").size == (71, 50)


def test_killed_and_run_again_equals_an_uninterrupted_run(synthetic, tmp_path):
    # A discriminator, dropout and two optimisers: what a resumed run must find again.
    config = recipe("ibcln")
    list(fit(config, [synthetic], tmp_path / "whole"))
    arguments = [config.model_dump_json(), synthetic, tmp_path / "cut", "ibcln", 3]
    killed = [sys.executable, "-c", RUN_AND_DIE, *map(str, arguments)]
    assert subprocess.run(killed, check=False).returncode == -signal.SIGKILL
    list(fit(config, [synthetic], tmp_path / "cut"))
    for log in ("metrics.csv", "validation.csv"):
        assert rows(tmp_path / "whole/ibcln" / log) == rows(tmp_path / "cut/ibcln" / log)
    whole, cut = (load_checkpoint(tmp_path / f"{run}/ibcln/last.pt") for run in ("whole", "cut"))
    assert all(torch.equal(whole.weights[name], cut.weights[name]) for name in whole.weights)


def test_a_phase_is_resumed_where_it_stood(synthetic, tmp_path):
    config = recipe("ceilnet")
    list(fit(config, [synthetic], tmp_path / "whole"))
    cut = fit(config, [synthetic], tmp_path / "cut")
    for report in cut:
        if report.step == 5:
            break
    cut.close()
    list(fit(config, [synthetic], tmp_path / "cut"))
    whole, again = (
        load_checkpoint(tmp_path / f"{run}/ceilnet/last.pt") for run in ("whole", "cut")
    )
    assert all(torch.equal(whole.weights[name], again.weights[name]) for name in whole.weights)


def test_another_method_is_another_run(synthetic, tmp_path):
    list(fit(recipe("corrn"), [synthetic], tmp_path))
    other = recipe("corrn", seed=5)
    with pytest.raises(CheckpointError, match="seed was 0, now 5"):
        list(fit(other, [synthetic], tmp_path))


def test_a_method_ends_when_its_patience_does(synthetic, tmp_path):
    # At a rate of nothing no validation beats the first.
    told = {"patience": 2, "validate_steps": 1, "learning_rate": 1e-30}
    reports = list(fit(recipe("ibcln", told), [synthetic], tmp_path))
    assert [report.step for report in reports] == [1, 2, 3]
    assert reports[-1].is_last
    assert list(fit(recipe("ibcln", told), [synthetic], tmp_path)) == []


def test_a_methods_photos_are_resized_before_the_crop(synthetic):
    config = recipe("ibcln", {"resize": (32, 80)})
    mixture = open_corpus([synthetic], config).mixture("ibcln")
    sides = {mixture.place(position).crop.height for position in range(40)}
    # Of a view of 56 px resized to 80 px, 32 px are 22; to 32 px, all of it.
    assert 22 <= min(sides) < 28
    assert 44 < max(sides) <= 56


def test_a_method_takes_its_step_in_parts(synthetic, tmp_path):
    for parts in (1, 2):
        told = {"accumulate": parts, "dropout": 0.0, "steps": 2, "validate_steps": 2}
        list(fit(recipe("ibcln", told), [synthetic], tmp_path / str(parts)))
    whole, added = (rows(tmp_path / f"{parts}/ibcln/metrics.csv") for parts in (1, 2))
    for one, other in zip(whole, added, strict=True):
        assert one.keys() == other.keys()
        assert float(other["objective"]) == pytest.approx(float(one["objective"]), rel=1e-3)
    with pytest.raises(ConfigError, match="batch = 2 does not fall into 3 equal parts"):
        recipe("ibcln", {"accumulate": 3})


def test_advice_names_the_table_of_the_method(synthetic, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(MethodStage, "step", fail)
    with pytest.raises(ResourceError, match=r"raise method\.accumulate, lower method\.batch or"):
        list(fit(recipe("ibcln"), [synthetic], tmp_path))
    two = Machine(torch.device("cpu"), processes=2)
    with pytest.raises(ConfigError, match=r"method\.batch = 3 cannot be shared by 2 processes"):
        check_recipe(recipe("ibcln", {"batch": 3}), two)
    with pytest.raises(ConfigError, match=r"method\.batch = 4 does not fall into 8 parts"):
        check_recipe(recipe("ibcln", {"batch": 4, "accumulate": 4}), two)


def test_what_shards_lack_is_said(captured, write_views, tmp_path, caplog):
    blind = write_views("captured", 3, 2, truth=False, seed=9)
    with caplog.at_level(logging.WARNING):
        list(fit(recipe("corrn"), [captured, blind], tmp_path))
    assert "corrn learns R, which" in caplog.text
    assert "(captured, 3 sequences) does not have: from these it learns T alone" in caplog.text
    # Of sequences without a truth it learns nothing.
    assert str(blind) not in caplog.text
    assert "from these it learns T alone" in describe_run(recipe("corrn"), [captured])


def test_a_hypercolumn_without_vgg_is_refused_before_the_first_step(synthetic, tmp_path):
    with pytest.raises(ConfigError, match=r"errnet reads VGG's features beside the photo"):
        list(fit(recipe("errnet", perceptual="none"), [synthetic], tmp_path))


def test_public_vgg_weights_have_one_width(synthetic, tmp_path):
    with pytest.raises(ConfigError, match=r"method.vgg_width = 0.015625"):
        list(fit(recipe("errnet", perceptual="vgg19"), [synthetic], tmp_path))


def test_corrn_asks_for_the_weights_it_begins_with(synthetic, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    config = recipe("corrn")
    method = config.method.model_copy(update={"encoder": "imagenet"})
    with pytest.raises(WeightsError, match=r"method\.encoder=random"):
        list(fit(config.model_copy(update={"method": method}), [synthetic], tmp_path / "run"))


def test_the_forecast_counts_the_network_and_its_discriminator(synthetic):
    text = describe_run(
        load_recipe("paper", overrides={"method": {"name": "ibcln", "crop": 32}, "device": "cpu"}),
        [synthetic],
    )
    # Twice 10.804 M and a discriminator of 2.765 M.
    assert "ibcln: 24.37 M parameters" in text


def test_authors_flips_and_presets_are_part_of_the_recipe():
    assert not load_recipe("paper", overrides={"method": {"name": "ceilnet"}}).flip_horizontal
    assert load_recipe("paper", overrides={"method": {"name": "errnet"}}).flip_horizontal
    small = load_recipe("small", overrides={"method": {"name": "errnet"}})
    assert small.perceptual == "none"
    assert small.method.width < 1
    with pytest.raises(ConfigError, match="'photo' is the student's; errnet has paper and small"):
        load_recipe("photo", overrides={"method": {"name": "errnet"}})
    with pytest.raises(ConfigError, match="--ablate kt is a part of the student"):
        load_recipe("paper", overrides={"method": {"name": "errnet"}}, ablate=("kt",))


def test_a_methods_settings_are_checked_by_name():
    with pytest.raises(ConfigError, match="skipp"):
        load_recipe("paper", overrides={"method": {"name": "ceilnet", "skipp": "double"}})
    with pytest.raises(ConfigError, match="unknown method 'cielnet'; known are student, ceilnet"):
        load_recipe("paper", overrides={"method": {"name": "cielnet"}})


def test_the_command_trains_a_method_by_its_name(synthetic, tmp_path):
    pairs = ["perceptual=none", "tensorboard=false", "method.width=0.03125", "method.crop=32"]
    pairs += ["method.batch=1", "method.steps=1", "method.chain.steps=1", "method.levels=[3, 3, 3]"]
    told = [text for pair in pairs for text in ("--set", pair)]
    result = CliRunner().invoke(
        command,
        [str(synthetic), "--method", "bdn", "--device", "cpu", "--out", str(tmp_path), *told],
    )
    assert result.exit_code == 0, result.output
    net, checkpoint = load_restorer(tmp_path / "bdn/best.pt")
    assert checkpoint.stage == "bdn"
    assert net.config.name == "bdn"
