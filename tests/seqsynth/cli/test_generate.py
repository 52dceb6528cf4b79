"""What ``seqsynth generate`` makes of every kind of input and setting."""

import json
import os
import pty
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seqsynth.config import BLEND_TABLES, RunConfig, SynthesisConfig, load_configs
from seqsynth.shards import open_shards
from tests.seqsynth.terminals import read_terminal
from tests.waiting import HANG_S


def index_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "index.json").read_text()))


def ids_of(pools: Any) -> set[str]:
    """Return every photo id of an index's pools."""
    lists = [*pools["train"].values(), *pools["val"].values(), pools["unused"]]
    return {photo_id for ids in lists for photo_id in ids}


def test_devkit_gives_the_train_list_by_default(seqsynth, settings, tiny_voc, tmp_path):
    seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings)
    listed = (tiny_voc / "VOC2012/ImageSets/Main/train.txt").read_text().split()
    assert ids_of(index_of(tmp_path / "out")["sources"]["pools"]) == set(listed)


def test_voc_folder_equals_the_devkit_around_it(seqsynth, settings, tiny_voc, tmp_path, contents):
    seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "devkit", *settings)
    seqsynth("generate", "--voc", tiny_voc / "VOC2012", "--out", tmp_path / "voc", *settings)
    assert contents(tmp_path / "devkit") == contents(tmp_path / "voc")


def test_plain_folder_gives_all_its_photos(seqsynth, settings, photo_folder, tmp_path):
    seqsynth("generate", "--voc", photo_folder, "--out", tmp_path / "out", *settings)
    index = index_of(tmp_path / "out")
    photos = {
        path.relative_to(photo_folder).with_suffix("").as_posix()
        for path in photo_folder.rglob("*.*")
    }
    assert ids_of(index["sources"]["pools"]) == photos
    assert index["configuration"]["image_set"] == "all"


def test_image_set_all_ignores_the_lists(seqsynth, settings, tiny_voc, tmp_path):
    out = tmp_path / "out"
    seqsynth("generate", "--voc", tiny_voc, "--out", out, "--image-set", "all", *settings)
    assert len(ids_of(index_of(out)["sources"]["pools"])) == 30


def test_index_holds_no_machine_paths_and_no_way_of_running(seqsynth, settings, tiny_voc, tmp_path):
    ids = tmp_path / "mine.txt"
    ids.write_text("\n".join(path.stem for path in (tiny_voc / "VOC2012/JPEGImages").iterdir()))
    seqsynth(
        "generate",
        "--voc",
        tiny_voc,
        "--out",
        tmp_path / "out",
        "--image-set",
        ids,
        "--image-cache",
        "1MB",
        "--jobs",
        "1",
        *settings,
    )
    text = (tmp_path / "out" / "index.json").read_text()
    assert str(tmp_path) not in text
    assert str(tiny_voc) not in text
    assert not {"jobs", "backend", "scheduler", "image_cache"} & set(
        index_of(tmp_path / "out")["configuration"]
    )


def test_defaults_are_the_papers_numbers():
    # Views, window and steps of section 4.2; blur and attenuation of CEILNet.
    config = SynthesisConfig()
    assert (config.views, config.window) == (3, (224, 224))
    assert (config.transmission_step, config.reflection_step) == ((0, 2), (10, 20))
    assert (config.sigma, config.kernel, config.attenuation) == ((2.0, 5.0), 11, 1.3)


def test_photos_have_to_cover_the_layers_of_the_defaults(seqsynth, tiny_voc, tmp_path):
    # 224 px, and two more steps of 2 or of 20.
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", "--jobs", "1")
    assert answer.code == 1
    assert "228x228 (height x width) are needed" in answer.error_lines[0]


def test_flags_outrank_the_toml_file_and_the_file_the_preset(
    seqsynth, settings, tiny_voc, tmp_path
):
    toml = tmp_path / "settings.toml"
    toml.write_text('seed = 5\noverflow = "sequence"\nviews = 2\n')
    out = tmp_path / "out"
    seqsynth(
        "generate",
        "--voc",
        tiny_voc,
        "--out",
        out,
        "--preset",
        "literal",
        "--config",
        toml,
        "--views",
        "4",
        *settings,
    )
    stored = index_of(out)["configuration"]
    assert (stored["border"], stored["overflow"]) == ("zero", "sequence")
    assert (stored["seed"], stored["views"]) == (5, 4)


def test_toml_takes_every_flag_by_its_name(seqsynth, tiny_voc, tmp_path, contents, tiny_settings):
    flagged, filed = tmp_path / "flags", tmp_path / "toml"
    toml = tmp_path / "settings.toml"
    toml.write_text(
        'window = "16x24"\nreflection_step = [2, 4]\nval_fraction = 0.2\n'
        'sequences = 24\nshard_size = "40KB"\njobs = 1\nsigma = [1, 3]\n'
    )
    seqsynth("generate", "--voc", tiny_voc, "--out", filed, "--config", toml)
    seqsynth(
        "generate",
        "--voc",
        tiny_voc,
        "--out",
        flagged,
        "--window",
        "16x24",
        "--reflection-step",
        "2",
        "4",
        "--val-fraction",
        "0.2",
        "--sequences",
        "24",
        "--shard-size",
        "40KB",
        "--jobs",
        "1",
        "--sigma",
        "1",
        "3",
    )
    assert contents(flagged) == contents(filed)


def test_preset_literal_stores_views_of_ceilnets_letter(seqsynth, settings, tiny_voc, tmp_path):
    out = tmp_path / "out"
    seqsynth("generate", "--voc", tiny_voc, "--out", out, "--preset", "literal", *settings)
    stored = index_of(out)["configuration"]
    assert (stored["border"], stored["overflow"], stored["layout"]) == ("zero", "view", "views")


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--blend", "zhang", "--motion", "camera"], "motion camera resamples every view"),
        (["--preset", "literal"], "border zero blurs every window by itself"),
    ],
)
def test_layers_are_refused_with_the_reason(seqsynth, tiny_voc, tmp_path, flags, reason):
    out = tmp_path / "out"
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", out, "--layout", "layers", *flags)
    assert answer.code == 2
    assert reason in answer.error_lines[0]
    assert not out.exists()


def test_dry_run_tells_the_plan_and_writes_nothing(seqsynth, settings, tiny_voc, tmp_path):
    out = tmp_path / "out"
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", out, "--dry-run", *settings)
    rows = dict(line.split(":", 1) for line in answer.out.splitlines())
    told = {name: text.strip() for name, text in rows.items()}
    assert told["photos"].startswith("20 in ")
    assert told["transmission pool"] == told["reflection pool"] == "8 train, 2 val"
    assert told["sequences"] == "19 train, 5 val"
    assert told["shards"].startswith("4 of ")
    assert set(told) > {"size", "expected time", "layout", "unused photos"}
    assert not out.exists()


def test_dry_run_foretells_shards_and_bytes(seqsynth, settings, tiny_voc, tmp_path):
    plan = seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path, "--dry-run", *settings)
    seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings)
    # Two layers and the numbers beside them, 24 times over: both a little above 24 * 3.9 kB.
    shards = open_shards(tmp_path / "out")
    stored = sum(entry["bytes"] for entry in index_of(tmp_path / "out")["shards"])
    assert len(shards) == 24
    assert "shards:             4 of" in plan.out
    foretold = float(re.search(r"size: +([\d.]+) MiB", plan.out)[1]) * 2**20
    assert foretold <= stored < foretold + 2**20


def test_summary_counts_what_was_written(seqsynth, settings, tiny_voc, tmp_path):
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings)
    assert answer.out.startswith(f"{tmp_path / 'out'}: 19 train, 5 val sequences in 4 shards")


def test_quiet_says_nothing(seqsynth, settings, tiny_voc, tmp_path):
    answer = seqsynth("-q", "generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings)
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_piped_progress_is_plain_lines_with_rate_and_time_left(
    seqsynth, settings, tiny_voc, tmp_path
):
    answer = seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings)
    assert re.fullmatch(r"generate: 24 of 24 sequences, [\d.e+]+/s, 0 s left\n", answer.err)


def test_terminal_shows_a_bar_with_rate_and_time_left(program, settings, tiny_voc, tmp_path):
    master, slave = pty.openpty()
    run = program(
        "generate",
        "--voc",
        tiny_voc,
        "--out",
        tmp_path / "out",
        *settings,
        "--jobs",
        "1",
        stderr=slave,
    )
    os.close(slave)
    shown = b"".join(read_terminal(master)).decode()
    run.communicate(timeout=HANG_S)
    assert run.returncode == 0
    assert "━" in shown
    assert "24/24" in shown
    assert re.search(r"/s, \d+ s left", shown)


def test_running_again_finds_everything_done(seqsynth, settings, tiny_voc, tmp_path, contents):
    command = ("generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings)
    seqsynth(*command)
    before = contents(tmp_path / "out")
    answer = seqsynth(*command)
    assert (answer.code, "was complete already: 24 sequences" in answer.out) == (0, True)
    assert contents(tmp_path / "out") == before


def test_no_validation_photo_is_ever_trained_on(seqsynth, settings, tiny_voc, tmp_path):
    seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings)
    shards = open_shards(tmp_path / "out")
    used = {
        split: {name for number in range(len(part)) for name in part.metadata(number)["source"]}
        for split, part in ((name, shards.split(name)) for name in ("train", "val"))
    }
    assert used["train"]
    assert used["val"]
    assert not used["train"] & used["val"]


def test_sequences_counts_validation_in(seqsynth, settings, tiny_voc, tmp_path):
    seqsynth(
        "generate",
        "--voc",
        tiny_voc,
        "--out",
        tmp_path / "out",
        *settings,
        "--sequences",
        "10",
        "--val-fraction",
        "0.25",
    )
    # floor(0.25 * 10 + 1/2) = 3 for validation.
    assert open_shards(tmp_path / "out").counts() == {"train": 7, "val": 3}


def test_one_sequence_per_transmission_photo_by_default(seqsynth, tiny_voc, tmp_path, settings):
    without = [word for word in settings if word not in ("--sequences", "24")]
    seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", *without)
    assert len(open_shards(tmp_path / "out")) == 10


def test_shards_hold_no_more_than_asked(seqsynth, settings, tiny_voc, tmp_path):
    out = tmp_path / "out"
    seqsynth("generate", "--voc", tiny_voc, "--out", out, *settings, "--shard-size", "20kB")
    sizes = [path.stat().st_size for path in out.glob("*.h5")]
    # Two layers of 20x28 and 24x32 px take 3984 bytes: five sequences fit, of 19 and of 5.
    assert len(sizes) == 5
    assert max(sizes) < 20 * 1024 + 12 * 1024  # the file's own head comes on top


def test_scale_shrinks_the_photos_first(seqsynth, settings, tiny_voc, tmp_path):
    answer = seqsynth(
        "generate",
        "--voc",
        tiny_voc,
        "--out",
        tmp_path / "out",
        *settings,
        "--scale",
        "0.5",
        "--window",
        "16",
    )
    assert answer.code == 0
    # Of 48 and 64 px, 24 and 32 are left; 16 + 2 * 2 = 20 and 16 + 2 * 4 = 24 fit just so.
    rows = [
        place
        for sequence in open_shards(tmp_path / "out")
        for place in np.array(sequence.metadata["window_source"])
    ]
    assert np.max(rows) <= 32 - 20


def test_rejected_draws_are_counted_by_rule_and_never_written(
    seqsynth, settings, photo_folder, tmp_path
):
    photos = tmp_path / "photos"
    shutil.copytree(photo_folder, photos)
    for number in range(12):
        Image.new("RGB", (64, 48), (9, 9, 9)).save(photos / f"veil{number}.png")
    seqsynth(
        "generate",
        "--voc",
        photos,
        "--out",
        tmp_path / "out",
        *settings,
        "--reject",
        "flat-reflection",
        "--reject",
        "dark-transmission",
    )
    shards = open_shards(tmp_path / "out")
    sources = [shards.metadata(number)["source"] for number in range(len(shards))]
    rejections = [shard["rejections"] for shard in index_of(tmp_path / "out")["shards"]]
    assert not [name for pair in sources for name in pair if name.startswith("veil")]
    for rule in ("flat-reflection", "dark-transmission"):
        assert sum(counts.get(rule, 0) for counts in rejections) > 4


def test_no_rule_rejects_by_default(seqsynth, settings, tiny_voc, tmp_path):
    seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings)
    index = index_of(tmp_path / "out")
    assert index["configuration"]["reject"] == []
    assert [shard["rejections"] for shard in index["shards"]] == [{}] * 4


def test_image_cache_changes_nothing(seqsynth, settings, tiny_voc, tmp_path, contents):
    command = ("generate", "--voc", tiny_voc, *settings, "--jobs", "1")
    seqsynth(*command, "--out", tmp_path / "without")
    seqsynth(*command, "--out", tmp_path / "with", "--image-cache", "100KB")
    assert contents(tmp_path / "with") == contents(tmp_path / "without")


def test_seed_changes_pools_and_pixels(seqsynth, settings, tiny_voc, tmp_path):
    for seed in ("0", "1"):
        seqsynth("generate", "--voc", tiny_voc, "--out", tmp_path / seed, *settings, "--seed", seed)
    pools = [index_of(tmp_path / seed)["sources"]["pools"]["train"] for seed in ("0", "1")]
    assert pools[0] != pools[1]


def test_settings_without_effect_are_named(seqsynth, settings, tiny_voc, tmp_path, caplog):
    seqsynth(
        "generate",
        "--voc",
        tiny_voc,
        "--out",
        tmp_path / "out",
        *settings,
        "--blend",
        "zhang",
        "--sigma",
        "1",
        "2",
        "--kernel",
        "5",
    )
    assert [record.message for record in caplog.records] == [
        "blend zhang has no use for sigma, kernel"
    ]


TABLES = {name: SynthesisConfig.model_fields[name].annotation for name in ("camera", *BLEND_TABLES)}
"""Setting that is a table -> its class."""

GUIDE = (Path(__file__).parents[3] / "docs" / "how-to-generate.md").read_text()


@pytest.mark.parametrize(
    ("model", "table"),
    [
        (SynthesisConfig, ""),
        (RunConfig, ""),
        *((kind, f"{name.replace('_', '-')}-") for name, kind in TABLES.items()),
    ],
)
def test_guide_lists_every_setting_with_its_default(model, table):
    rows = dict(re.findall(r"^\| `--([a-z-]+)` \| (.+?) \| .+ \|$", GUIDE, re.MULTILINE))
    for name, field in model.model_fields.items():
        if name in TABLES:
            continue  # its settings are listed one by one
        told = rows[table + name.replace("_", "-")]
        if field.get_default() in (None, ""):
            assert not re.fullmatch("`[^`]*`", told), name
        else:
            value = tomllib.loads(f"{name} = {told.strip('`')}")
            assert model.model_validate(value) == model(), name


def test_guide_lists_no_setting_that_does_not_exist():
    flags = {
        name.replace("-", "_") for name in re.findall(r"^\| `--([a-z-]+)` ", GUIDE, re.MULTILINE)
    }
    within = {f"{table}_{name}" for table, kind in TABLES.items() for name in kind.model_fields}
    known = {*SynthesisConfig.model_fields, *RunConfig.model_fields} - TABLES.keys()
    assert flags == known | within


def test_files_in_the_guide_are_accepted(tmp_path):
    slide, camera = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "slide.toml").write_text(slide)
    (tmp_path / "camera.toml").write_text(camera)
    config, _ = load_configs(tmp_path / "slide.toml", {})
    assert (config.views, config.direction) == (5, "random")
    assert config.reflection_strength == (0.3, 1.0)
    config, _ = load_configs(tmp_path / "camera.toml", {})
    assert (config.motion, config.window) == ("camera", (240, 320))
    assert config.camera.field_of_view == (50, 60)


def test_commands_in_the_guide_have_flags_that_exist(seqsynth):
    known = set(re.findall(r"--[a-z-]+", seqsynth("generate", "--help").out))
    commands = re.findall(r"seqsynth generate (.*?)(?:#|$)", GUIDE, re.MULTILINE)
    assert len(commands) >= 4
    assert {flag for text in commands for flag in re.findall(r"--[a-z-]+", text)} <= known
