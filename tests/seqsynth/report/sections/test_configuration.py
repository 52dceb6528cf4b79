"""The configuration table: differences from the paper marked, and enough to make the set again."""

import json
import tomllib
from typing import Any

import pytest

from seqsynth.config import SynthesisConfig, configuration_toml, load_configs
from seqsynth.report import write_report
from seqsynth.report.sections.configuration import synthesis_rows
from seqsynth.synthesis import plan_generation


def marks(**settings: Any) -> dict[str, str]:
    configuration = SynthesisConfig.model_validate(settings).resolved()
    configuration["image_set"] = settings.get("image_set", "train")
    return {row.name: row.mark for row in synthesis_rows(configuration) if row.mark}


def test_defaults_differ_from_ceilnet_in_border_and_overflow_alone():
    assert marks() == {"border": "paper", "overflow": "paper"}


def test_literal_preset_is_the_paper():
    assert marks(border="zero", overflow="view") == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("views", 5),
        ("reflection_step", (0, 9)),
        ("sigma", (1.0, 2.0)),
        ("image_set", "all"),
        ("attenuation", 1.0),
        ("direction", "random"),
        ("reflection_strength", (0.1, 0.5)),
    ],
)
def test_departure_from_the_paper_is_marked(name, value):
    assert marks(**{name: value})[name] == "paper"


@pytest.mark.parametrize(
    ("name", "value"), [("val_fraction", 0.3), ("scale", 0.5), ("compression", "gzip")]
)
def test_departure_from_our_default_is_marked_where_the_paper_is_silent(name, value):
    assert marks(**{name: value})[name] == "default"


def test_settings_the_blend_does_not_read_are_marked_unused():
    unused = {name for name, mark in marks(blend="linear").items() if mark == "unused"}
    assert unused == {"sigma", "kernel", "attenuation", "border", "overflow"}


def test_every_setting_is_listed(synthetic, read_page):
    rows = read_page(write_report(synthetic)).rows("configuration")
    configured = json.loads((synthetic / "index.json").read_text())["configuration"]
    assert {row[0] for row in rows[1:]} == set(configured)


def test_ranges_are_put_in_words():
    rows = {row.name: row for row in synthesis_rows(SynthesisConfig(window=(32, 48)).resolved())}
    assert (rows["reflection_step"].value, rows["reflection_step"].paper) == (
        "10 to 20",
        "10 to 20 (4.2)",
    )
    assert rows["reflection_strength"].value == "1"
    assert rows["window"].value == "32 × 48"
    assert rows["shard_size"].value == "128MB"


def test_toml_makes_the_same_set_again(photos, synthetic, tmp_path, read_page):
    (code,) = read_page(write_report(synthetic)).find("code", class_="toml")
    file = tmp_path / "again.toml"
    file.write_text(code.text, encoding="utf-8")
    config, _ = load_configs(file, {})
    fingerprint = json.loads((synthetic / "index.json").read_text())["fingerprint"]
    assert plan_generation(photos, config).index.fingerprint == fingerprint


def test_toml_keeps_every_value():
    configuration = SynthesisConfig(val_fraction=0, seed=2**63, reject=("dark-reflection",))
    resolved = configuration.resolved() | {"image_set": 'ä "list".txt'}
    kept = {name: value for name, value in resolved.items() if value is not None}
    assert tomllib.loads(configuration_toml(resolved)) == kept


def test_nested_settings_of_another_kind_are_listed(make_views, frames, read_page):
    folder = make_views(
        [{"blended": frames(1, 3, 20, 30, 3)}],
        configuration={"size": [1160, 1760], "limits": {"iso": {"most": 3200}}},
    )
    rows = read_page(write_report(folder)).rows("configuration")
    assert ["limits.iso.most", "3200"] in rows
    assert ["size", "1160, 1760"] in rows


def test_setting_that_was_not_set_is_shown_as_none():
    configuration = dict.fromkeys(SynthesisConfig().resolved())
    assert {row.value for row in synthesis_rows(configuration)} == {"none"}
