"""The configuration of a synthesis: defaults, ranges, what it resolves to, its fingerprint."""

import hashlib
import json
from pathlib import Path
from typing import Any, get_args

import pydantic
import pytest

from seqsynth.config import (
    BLEND_TABLES,
    PRESETS,
    BlendName,
    RuleName,
    RunConfig,
    SynthesisConfig,
    fingerprint,
    load_configs,
)
from seqsynth.errors import ConfigError
from seqsynth.synthesis.blends import BLENDS
from seqsynth.synthesis.rejection import RULES


def told(**settings: Any) -> list[str]:
    """Return the lines a configuration is refused with."""
    with pytest.raises(ConfigError) as caught:
        load_configs(None, settings)
    return str(caught.value).splitlines()


def test_layers_cover_every_window_at_the_largest_step():
    # 224 + 2 * 2 and 224 + 2 * 20; with five views 224 + 4 * 2 and 224 + 4 * 20.
    config = SynthesisConfig()
    assert (config.transmission_layer, config.reflection_layer) == ((228, 228), (264, 264))
    five = SynthesisConfig(views=5)
    assert (five.transmission_layer, five.reflection_layer) == ((232, 232), (304, 304))


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (224, (224, 224)),
        ("224", (224, 224)),
        ("240x320", (240, 320)),
        ("240X320", (240, 320)),
        ([240, 320], (240, 320)),
        (" 64 x 48 ", (64, 48)),
    ],
)
def test_window_is_a_side_or_height_by_width(window, expected):
    assert load_configs(None, {"window": window})[0].window == expected


@pytest.mark.parametrize("window", ["", "x", "240x", "1x2x3", "wide", "-5", "224.5", 7, 8193, [9]])
def test_window_of_another_form_is_refused(window):
    assert all(line.startswith("window") for line in told(window=window))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1, 1),
        ("1", 1),
        ("512MB", 512 * 2**20),
        ("512MiB", 512 * 2**20),
        ("512m", 512 * 2**20),
        ("1.5GB", 3 * 2**29),
        ("2 kB", 2048),
        ("1T", 2**40),
    ],
)
def test_size_is_bytes_in_binary_units(size, expected):
    assert load_configs(None, {"shard_size": size})[0].shard_size == expected


@pytest.mark.parametrize("size", ["", "MB", "12XB", "-5MB", "1e3", "many", 0, "0", "0.1"])
def test_size_of_another_form_is_refused(size):
    (line,) = told(shard_size=size)
    assert line.startswith("shard_size")


@pytest.mark.parametrize(
    "fault",
    [
        {"views": 0},
        {"views": 100},
        {"sequences": 0},
        {"sequences": 10**20},
        {"seed": -1},
        {"seed": 2**64},
        {"val_fraction": 0.51},
        {"val_fraction": -0.1},
        {"scale": 0},
        {"scale": 1.01},
        {"kernel": 4},
        {"kernel": 33},
        {"sigma": [5, 2]},
        {"sigma": [0, 2]},
        {"sigma": [2, 101]},
        {"attenuation": -0.1},
        {"attenuation": 101},
        {"reflection_strength": [0.5, 1.1]},
        {"reflection_strength": [1, 0.5]},
        {"transmission_step": [3, 1]},
        {"reflection_step": [-1, 3]},
        {"reflection_step": [0, 1001]},
        {"direction": "back"},
        {"blend": "mean"},
        {"border": "mirror"},
        {"overflow": "never"},
        {"reject": ["ugly"]},
        {"layout": "rows"},
        {"compression": "xz"},
        {"jobs": -1},
        {"backend": "slurm"},
        {"image_cache": -1},
        {"sigma": [float("nan"), float("nan")]},
        {"attenuation": float("nan")},
        {"sigma": [2, float("inf")]},
    ],
    ids=str,
)
def test_value_out_of_range_is_named(fault):
    ((key, _),) = fault.items()
    assert {line.split(" = ")[0].split(".")[0] for line in told(**fault)} == {key}


def test_ends_of_the_ranges_are_allowed():
    load_configs(
        None,
        {
            "views": 1,
            "kernel": 1,
            "val_fraction": 0,
            "seed": 2**64 - 1,
            "scale": 1,
            "reflection_strength": [0, 0],
            "sigma": [0.01, 100],
            "transmission_step": [0, 0],
            "reflection_step": [1000, 1000],
            "attenuation": 0,
        },
    )


def test_faults_of_different_settings_do_not_hide_each_other():
    lines = told(kernel=4, sigma=[5, 2], transmission_step=[3, 1], views=0, jobs=-1, veiws=5)
    assert len(lines) == 6


def test_travel_beyond_the_stored_range_is_refused():
    assert told(views=99, reflection_step=[0, 1000]) == [
        "99 views travel up to 98000 px; 32767 is the limit"
    ]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"border": "zero"}, "border zero blurs every window by itself"),
        ({"motion": "camera"}, "motion camera resamples every view"),
        ({"motion": "camera", "blend": "linear"}, "motion camera resamples every view"),
    ],
)
def test_layers_are_refused_where_views_are_not_made_of_them(settings, reason):
    assert told(**settings, layout="layers") == [
        f"layout layers cannot hold this: {reason}; leave layout out"
    ]
    assert SynthesisConfig(**settings).resolved_layout == "views"


@pytest.mark.parametrize("blend", get_args(BlendName))
def test_layers_are_the_layout_where_they_can_be(blend):
    assert SynthesisConfig(blend=blend).resolved_layout == "layers"
    assert SynthesisConfig(blend=blend, layout="views").resolved_layout == "views"


def test_border_of_another_blend_does_not_matter():
    assert SynthesisConfig(blend="linear", border="zero").resolved_layout == "layers"


def test_scheduler_needs_a_cluster():
    (line,) = told(scheduler="tcp://host:8786")
    assert line.endswith("backend is loky: choose backend dask or ray")
    _, run = load_configs(None, {"scheduler": "tcp://host:8786", "backend": "dask"})
    assert run.scheduler == "tcp://host:8786"


def test_preset_is_outranked_by_file_and_overrides(tmp_path):
    (tmp_path / "file.toml").write_text('border = "scene"\nviews = 9\n')
    config, _ = load_configs(tmp_path / "file.toml", {"views": 2}, "literal")
    assert (config.border, config.overflow, config.views) == ("scene", "view", 2)
    assert PRESETS["literal"] == {"border": "zero", "overflow": "view"}


def test_what_runs_the_work_is_apart_from_what_is_made():
    assert not SynthesisConfig.model_fields.keys() & RunConfig.model_fields.keys()


def test_named_blends_and_rules_all_exist():
    assert set(get_args(BlendName)) == set(BLENDS)
    assert set(get_args(RuleName)) == set(RULES)


def test_idle_settings_are_named(caplog):
    load_configs(None, {"blend": "linear", "overflow": "view"})
    assert [record.message for record in caplog.records] == ["blend linear has no use for overflow"]


def test_settings_in_use_pass_without_a_word(caplog):
    load_configs(None, {"overflow": "view", "sigma": [1, 2]})
    load_configs(None, {"blend": "linear"})
    assert not caplog.records


def test_resolved_configuration_is_json_with_the_layout_decided():
    resolved = SynthesisConfig(blend="zhang").resolved()
    assert json.loads(json.dumps(resolved)) == resolved
    assert resolved["layout"] == "layers"
    unstated = {"bits", "motion", "camera", *BLEND_TABLES}
    assert set(resolved) == set(SynthesisConfig.model_fields) - unstated


def test_bits_are_stored_only_where_they_are_not_all():
    # What was made before there was this setting must not look as if it had another.
    assert "bits" not in SynthesisConfig(bits=16).resolved()
    assert SynthesisConfig(bits=12).resolved()["bits"] == 12


def test_resolved_configuration_makes_the_same_configuration():
    config = SynthesisConfig(window=(240, 320), reject=("flat-reflection",), shard_size=2**20)
    again = SynthesisConfig.model_validate(config.resolved())
    assert again.resolved() == config.resolved()


def test_fingerprint_is_the_sha256_of_canonical_json():
    text = '{"a":[1,2.5],"b":"é"}'
    assert fingerprint({"b": "é", "a": [1, 2.5]}) == hashlib.sha256(text.encode()).hexdigest()


def test_a_camera_states_no_steps() -> None:
    resolved = SynthesisConfig(motion="camera").resolved()
    assert resolved["motion"] == "camera"
    assert resolved["layout"] == "views"
    assert resolved["camera"]["shake"] == [1.7, 0.65, 0.75]
    assert not {"transmission_step", "reflection_step", "direction"} & set(resolved)
    again = SynthesisConfig.model_validate(resolved)
    assert again.resolved() == resolved


def test_preset_file_and_flags_meet_in_the_table_of_the_camera(tmp_path: Path) -> None:
    toml = tmp_path / "settings.toml"
    toml.write_text("[camera]\nslant = [1, 2]\nrise = 0.5\n")
    config, _ = load_configs(toml, {"camera": {"rise": 0.1}}, "parallax")
    assert config.motion == "camera"
    assert config.camera.slant == (1, 2)
    assert config.camera.rise == 0.1
    assert config.camera.second_plane == (1.3, 3.0)
    assert config.camera.shake == (1.7, 0.65, 0.75)


def test_an_unknown_setting_of_the_camera_is_named_with_its_table(tmp_path: Path) -> None:
    toml = tmp_path / "settings.toml"
    toml.write_text("[camera]\nslnt = [1, 2]\n")
    with pytest.raises(ConfigError, match=r"camera.slnt' \(meant slant\?\)"):
        load_configs(toml, {})


def test_a_horizon_inside_the_frame_is_refused_by_its_shape() -> None:
    camera = {"slant": (0.0, 48.0), "field_of_view": (70.0, 70.0)}
    assert SynthesisConfig(motion="camera", camera=camera, window=(64, 128)).motion == "camera"
    with pytest.raises(pydantic.ValidationError, match="has its horizon inside a frame"):
        SynthesisConfig(motion="camera", camera=camera, window=(256, 128))


def test_layers_cannot_hold_a_camera() -> None:
    with pytest.raises(pydantic.ValidationError, match="motion camera resamples every view"):
        SynthesisConfig(motion="camera", layout="layers")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"camera": {"rise": 0.1}}, "motion slide has no use for camera"),
        (
            {"motion": "camera", "direction": "random", "reflection_step": (1, 2)},
            "motion camera has no use for reflection_step, direction",
        ),
    ],
)
def test_settings_of_the_other_motion_are_said_to_be_idle(
    values: dict[str, Any], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    load_configs(None, values)
    assert words in caplog.text
