"""The constants of the blends as settings: where they stand, what is refused, what is recorded."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pydantic
import pytest

from seqsynth.blend_settings import SCENE_PX
from seqsynth.config import (
    BLEND_TABLES,
    BlendName,
    SynthesisConfig,
    configuration_toml,
    load_configs,
)
from seqsynth.errors import ConfigError, ShardError
from seqsynth.shards import Fault, open_shards, read_index, verify_shards
from seqsynth.shards.index import render
from seqsynth.synthesis import regenerate_faults
from seqsynth.synthesis.blends import LEVEL_TABLES
from seqsynth.synthesis.layers import MARGIN

CHANGED: dict[str, dict[str, Any]] = {
    "zhang": {"attenuation": (0.5, 0.6), "sigma_px": (2.0, 2.0)},
    "ibcln": {"transmission_gain": (0.5, 0.6)},
    "dsrnet": {"screen_share": 0.25, "reflection_gain": (0.1, 0.2)},
    "ghosting": {"shift_px": (3, 4), "first_surface": (0.9, 0.9)},
    "linear": {
        "transmission_gain": (0.7, 0.8),
        "transmission_tint": 0.05,
        "reflection_tint": 0.1,
        "ghost_share": 1.0,
        "ghost_shift_px": 2,
        "sigma_px": (1.0, 1.5),
    },
}
"""Blend -> constants unlike its usual ones."""


def told(tmp_path: Path, text: str, **flags: Any) -> list[str]:
    """Return the lines a file and flags are refused with."""
    with pytest.raises(ConfigError) as caught:
        load_configs(written(tmp_path, text), flags)
    return str(caught.value).splitlines()


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "settings.toml").write_text(text)
    return tmp_path / "settings.toml"


def test_every_blend_but_the_papers_has_a_table() -> None:
    assert {f"blend_{name}" for name in get_args(BlendName)} - {"blend_ceilnet"} == set(
        BLEND_TABLES
    )
    assert {f"blend_{name}" for name in CHANGED} == set(BLEND_TABLES)
    assert set(BLEND_TABLES) < set(SynthesisConfig.model_fields)


def test_a_table_of_a_file_names_the_blend_and_holds_its_constants(tmp_path: Path) -> None:
    text = "views = 2\n[blend.linear]\nsigma_px = [1, 2]\n"
    config, _ = load_configs(written(tmp_path, text), {})
    assert (config.blend, config.views) == ("linear", 2)
    assert config.blend_linear.sigma_px == (1, 2)
    assert config.blend_linear.reflection_gain == (0.02, 0.35)
    assert config.blend_settings is config.blend_linear


def test_flags_outrank_a_table_key_by_key(tmp_path: Path) -> None:
    text = "[blend.linear]\nsigma_px = [1, 2]\nmask_share = 0.5\n"
    flags = {"blend_linear": {"mask_share": 0.1}}
    config, _ = load_configs(written(tmp_path, text), flags)
    assert (config.blend_linear.sigma_px, config.blend_linear.mask_share) == ((1, 2), 0.1)


def test_a_flag_that_names_another_blend_leaves_the_table_idle(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = "[blend.linear]\nsigma_px = [1, 2]\n"
    config, _ = load_configs(written(tmp_path, text), {"blend": "zhang"})
    assert config.blend == "zhang"
    assert [one.message for one in caplog.records] == ["blend zhang has no use for blend_linear"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "[blend.linear]\n[blend.zhang]\n",
            "blend is [blend.linear], [blend.zhang]: keep the one table of the blend that is "
            "wanted",
        ),
        (
            "[blend]\n",
            "blend is an empty table: keep the one table of the blend that is wanted",
        ),
        (
            "[blend.ceilnet]\nsigma = [1, 2]\n",
            "[blend.ceilnet] is no table: sigma, kernel, attenuation, border, overflow stand at "
            "the top of a file",
        ),
        (
            "[blend.linear]\nsigma_px = [5, 1]\n",
            "blend.linear.sigma_px = (5, 1): the range is empty: put the smaller bound first",
        ),
        (
            "[blend.linear]\nsigma_px = [1, 12]\n",
            "blend.linear = {'sigma_px': [1, 12]}: three sigma_px of 12 and ghost_shift_px 8 "
            "reach 44 px, and 40 px of scene surround a layer: lower one",
        ),
    ],
)
def test_a_wrong_table_is_one_sentence(tmp_path: Path, text: str, line: str) -> None:
    assert told(tmp_path, text) == [line]


def test_an_unknown_blend_or_constant_is_named(tmp_path: Path) -> None:
    (line,) = told(tmp_path, "[blend.liner]\nsigma_px = [1, 2]\n")
    assert line.startswith("blend = 'liner': ")
    (line,) = told(tmp_path, "[blend.linear]\nsigma = [1, 2]\n")
    assert line.startswith("unknown setting 'blend.linear.sigma' (meant sigma_px?)")


@pytest.mark.parametrize(
    ("blend", "fault"),
    [
        ("linear", {"transmission_gain": (0.5, 2.1)}),
        ("linear", {"transmission_tint": 0.6}),
        ("linear", {"reflection_gain": (-0.1, 0.5)}),
        ("linear", {"reflection_tint": -0.1}),
        ("linear", {"ghost_shift_px": 41}),
        ("linear", {"clean_share": 1.1}),
        ("zhang", {"sigma_px": (0.0, 1.0)}),
        ("ibcln", {"attenuation": (-1.0, 1.0)}),
        ("dsrnet", {"screen_share": 2.0}),
        ("ghosting", {"shift_px": (0, 41)}),
        ("ghosting", {"shift_px": (0.5, 2.5)}),
    ],
)
def test_constants_out_of_range_are_refused(blend: str, fault: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"blend.{blend}.{next(iter(fault))}"):
        load_configs(None, {"blend": blend, f"blend_{blend}": fault})


def test_the_scene_around_a_layer_is_what_the_settings_take_it_for() -> None:
    assert SCENE_PX == MARGIN


@pytest.mark.parametrize("blend", CHANGED)
def test_usual_constants_are_not_recorded_and_others_are_in_full(blend: str) -> None:
    usual = SynthesisConfig(blend=blend)
    assert not [key for key in usual.resolved() if key.startswith("blend_")]
    changed = changed_config(blend).resolved()
    (key,) = (key for key in changed if key.startswith("blend_"))
    assert key == f"blend_{blend}"
    assert changed[key].keys() == type(usual.blend_settings).model_fields.keys()
    again = SynthesisConfig.model_validate(changed)
    assert again.blend_settings == changed_config(blend).blend_settings


def test_constants_of_blends_that_are_not_used_are_not_recorded() -> None:
    config = SynthesisConfig(blend="zhang", blend_linear={"mask_share": 0.9})
    assert config.resolved() == SynthesisConfig(blend="zhang").resolved()


@pytest.mark.parametrize("blend", ["ceilnet", *CHANGED])
def test_a_configuration_as_toml_is_the_same_configuration(blend: str, tmp_path: Path) -> None:
    config = changed_config(blend) if blend in CHANGED else SynthesisConfig(motion="camera")
    text = configuration_toml(config.resolved())
    again, _ = load_configs(written(tmp_path, text), {})
    assert again.resolved() == config.resolved()
    assert ("[blend.linear]" in text) == (blend == "linear")
    tomllib.loads(text)


def test_python_takes_a_table_too() -> None:
    config = SynthesisConfig.model_validate({"blend": {"linear": {"mask_share": 0.5}}})
    assert config == SynthesisConfig(blend="linear", blend_linear={"mask_share": 0.5})
    with pytest.raises(pydantic.ValidationError, match="keep the one table"):
        SynthesisConfig.model_validate({"blend": {"linear": {}, "zhang": {}}})


@pytest.mark.parametrize("blend", CHANGED)
def test_a_set_of_other_constants_is_verified_and_made_again_by_them(
    blend: str, make_shards: Callable[..., Path], tiny_voc: Path, tmp_path: Path
) -> None:
    table = {f"blend_{blend}": CHANGED[blend]}
    folder = make_shards(tmp_path / "set", sequences=8, blend=blend, **table)
    results = list(verify_shards(folder, LEVEL_TABLES))
    assert [str(one) for one in results if isinstance(one, Fault)] == []
    assert list(regenerate_faults(folder, tiny_voc, 8)) == [1] * 8
    forget_constants(folder, blend)
    assert is_made_otherwise(folder, tiny_voc)


@pytest.mark.parametrize("layout", ["layers", "views"])
def test_tinted_glass_is_verified_and_rebuilt_by_channel(
    layout: str, make_shards: Callable[..., Path], tmp_path: Path
) -> None:
    table = {"blend_linear": CHANGED["linear"], "layout": layout}
    folder = make_shards(tmp_path / "set", sequences=8, blend="linear", **table)
    results = list(verify_shards(folder, LEVEL_TABLES))
    assert [str(one) for one in results if isinstance(one, Fault)] == []
    index = read_index(folder)
    assert index.configuration["blend_linear"]["transmission_tint"] == 0.05
    sequence = open_shards(folder)[0]
    assert sequence.transmission is not None
    assert sequence.reflection is not None
    parameters = sequence.metadata["parameters"]
    gains = [parameters[f"transmission_gain_{name}"] for name in ("red", "green", "blue")]
    assert len(set(gains)) == 3
    light = np.array(gains) * (sequence.transmission / 255) ** 2.2
    level = 255 * (light + (sequence.reflection / 255) ** 2.2) ** (1 / 2.2)
    np.testing.assert_array_equal(
        sequence.blended, np.clip(np.floor(level + 0.5), 0, 255).astype(np.uint8)
    )


def changed_config(blend: str) -> SynthesisConfig:
    return SynthesisConfig.model_validate({"blend": blend, f"blend_{blend}": CHANGED[blend]})


def is_made_otherwise(folder: Path, voc: Path) -> bool:
    """Tell whether the photos give another set: other bytes, or datasets of another form."""
    try:
        return any(isinstance(one, Fault) for one in regenerate_faults(folder, voc, 8))
    except ShardError:
        return True


def forget_constants(folder: Path, blend: str) -> None:
    """Take the constants out of a set's index, as if it had the usual ones."""
    index = read_index(folder)
    kept = {k: v for k, v in index.configuration.items() if k != f"blend_{blend}"}
    (folder / "index.json").write_bytes(render(replace(index, configuration=kept)))
