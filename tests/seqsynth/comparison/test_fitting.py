"""Fitting a set to pairs, from sets to files: nearer, the same for one seed, and never over others'
files."""

import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqsynth.blend_settings import LinearSettings
from seqsynth.comparison import Fit, FitConfig, describe_fit, fit, fit_page
from seqsynth.comparison.fitted import fit_toml
from seqsynth.config import SynthesisConfig, load_configs
from seqsynth.errors import ConfigError, OutputError
from seqsynth.progress import Advance
from seqsynth.reshape import MergeConfig, plan_merge, reshape
from seqsynth.shards import open_shards, read_index
from seqsynth.synthesis import RunConfig, generate
from tests.conftest import MakeShards
from tests.seqsynth.comparison.conftest import MakePairs


class Stopped:
    """Progress of a fit that is stopped, as by Ctrl-C, at a trial; it counts the trials made."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.labels: list[str] = []
        self.trials = 0
        self._stop_at = stop_at

    @contextmanager
    def __call__(self, label: str, total: int, unit: str, *, done: int = 0) -> Iterator[Advance]:
        """Count what is done under a label."""
        self.labels.append(label)

        def advance(steps: int = 1) -> None:
            self.trials += unit == "trials"
            if unit == "trials" and self.trials == self._stop_at:
                raise KeyboardInterrupt

        yield advance


def config_in(folder: Path, **changes: object) -> FitConfig:
    return replace(FitConfig(folder / "fitted.toml", samples=12, trials=48), **changes)


@pytest.fixture
def no_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out of the page what takes half of a short fit and is tested in test_sheet."""
    monkeypatch.setattr(fit_page, "draw_sheet", lambda _: b"")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fit")


@pytest.fixture(scope="module")
def found(synthetic: Path, real: Path, folder: Path) -> Fit:
    return fit(synthetic, real, config_in(folder, by=("subset",)))


def test_the_distance_from_the_pairs_held_back_falls(found: Fit) -> None:
    assert found.fitted.distance < found.original.distance - 0.1
    assert found.fitting_distances[1] < found.fitting_distances[0] - 0.1
    assert found.real.distance < found.original.distance


def test_the_gain_of_the_glass_is_found(found: Fit) -> None:
    # The pairs were dimmed to 0.6 to 0.8, linear begins at 0.85 to 1.
    low, high = found.after.blend_linear.transmission_gain
    assert 0.5 <= low < high < 0.9
    assert found.before.blend_linear.transmission_gain == (0.85, 1)


def test_half_the_scenes_are_held_back(found: Fit, real: Path) -> None:
    scenes = [one.metadata["subset"] for one in open_shards(real)]
    sides = [{scenes[n] for n in half} for half in (found.halves.fitting, found.halves.held_back)]
    assert [len(side) for side in sides] == [4, 4]
    assert not sides[0] & sides[1]


def test_every_distance_is_from_the_pairs_held_back(found: Fit, real: Path) -> None:
    pairs = [(one.centre_blended, one.centre_transmission) for one in open_shards(real)]
    energies = [np.sqrt(np.mean((i.astype(float) - t) ** 2)) for i, t in pairs]
    wanted = np.percentile([energies[n] for n in found.halves.held_back], [10, 50, 90])
    for one in (found.stored, found.original, found.fitted, found.real):
        energy = one.of("energy")
        assert energy is not None
        assert energy.second == pytest.approx(wanted)
    fitting = np.percentile([energies[n] for n in found.halves.fitting], [10, 50, 90])
    energy = found.real.of("energy")
    assert energy is not None
    assert energy.first == pytest.approx(fitting)


def test_the_set_as_it_stands_is_the_synthetic_one(found: Fit, synthetic: Path) -> None:
    means = [one.centre_blended.mean() for one in open_shards(synthetic)]
    stored = found.stored.of("blended")
    assert stored is not None
    assert stored.first == pytest.approx(np.percentile(means, [10, 50, 90]))


def test_what_no_quantity_tells_is_left_as_it_was(found: Fit) -> None:
    for name in ("ghost_share", "ghost_shift_px", "ghost_weight"):
        assert getattr(found.after.blend_linear, name) == getattr(found.before.blend_linear, name)
    plain = {"blend_linear": found.before.blend_linear}
    assert found.after.model_copy(update=plain) == found.before


def test_the_file_makes_sets_by_what_was_found(
    found: Fit, folder: Path, tiny_voc: Path, tmp_path: Path
) -> None:
    config, run = load_configs(folder / "fitted.toml", {"sequences": 3, "val_fraction": 0.0})
    assert (config.blend_linear, config.window) == (found.after.blend_linear, (24, 32))
    assert run == RunConfig()
    generate(tiny_voc, tmp_path / "set", config, RunConfig(jobs=1))
    made = read_index(tmp_path / "set").configuration["blend_linear"]
    assert tuple(made["sigma_px"]) == found.after.blend_linear.sigma_px


def test_the_file_leaves_photos_and_their_number_to_the_command(folder: Path, found: Fit) -> None:
    text = (folder / "fitted.toml").read_text()
    values = tomllib.loads(text)
    assert values.keys() >= {"blend", "window", "reflection_step"}
    assert not {"sequences", "image_set", "sigma", "layout"} & values.keys()
    assert values["blend"].keys() == {"linear"}
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert f"{found.fitted.distance:.3f} with these settings" in head[1]
    assert "12 pairs held back" in head[1]


def test_the_file_of_a_set_by_a_camera_keeps_its_motion(found: Fit, tmp_path: Path) -> None:
    moved = {"motion": "camera", "camera": {"rise": 0.5}, "compression": "gzip"}
    after = SynthesisConfig.model_validate(
        {"blend": {"linear": {"mask_share": 0.5}}, "scale": 0.5, **moved}
    )
    (tmp_path / "fitted.toml").write_text(fit_toml(replace(found, after=after)))
    again, _ = load_configs(tmp_path / "fitted.toml", {})
    assert again == SynthesisConfig.model_validate({**after.model_dump(), "compression": "none"})


def test_names_of_sets_cannot_end_a_line_of_the_file(found: Fit) -> None:
    text = fit_toml(replace(found, names=("a\nseed = 5", "b")))
    assert "seed" not in tomllib.loads(text)


@pytest.mark.usefixtures("no_sheet")
def test_names_that_are_no_text_are_no_obstacle(
    synthetic: Path, real: Path, tmp_path: Path
) -> None:
    first, out = tmp_path / "first\udcff", tmp_path / "out\udcff" / "fitted\udcff.toml"
    first.symlink_to(synthetic)
    config = FitConfig(out, samples=4, trials=48)
    found = fit(first, real, config)
    assert f"Blend linear of {tmp_path / 'first?'}, " in out.read_text()
    assert fit(first, real, replace(config, seed=1)).names == found.names


def test_the_page_shows_both_and_loads_nothing(folder: Path, found: Fit) -> None:
    page = (folder / "fitted.html").read_text()
    for text in (
        f"{found.original.distance:.3f}",
        f"{found.fitted.distance:.3f}",
        f"{found.real.distance:.3f}",
        "blend.linear.sigma_px",
        "slope of I on T",
        "I before",
        "I after",
        "Real pairs that were held back",
    ):
        assert text in page
    assert page.count("data:image/webp") == 12
    assert page.count("data:image/png") == 1
    assert "http" not in page


def test_lines_name_every_distance_and_setting(found: Fit, real: Path) -> None:
    lines = describe_fit(found)
    assert lines[0].startswith(f"held back: 12 of 24 pairs of {real}; ")
    assert [float(line.split()[-1]) for line in lines[1:5]] == [
        round(one.distance, 3) for one in (found.stored, found.original, found.fitted, found.real)
    ]
    assert "  blend.linear.transmission_gain: 0.85 to 1 before, " in lines[6]
    assert len(lines) == 13


def test_no_journal_is_left_at_the_end(folder: Path, found: Fit) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "SHA256SUMS",
        "fitted.html",
        "fitted.toml",
    ]


def test_a_fit_that_is_stopped_goes_on_to_the_same_bytes(
    synthetic: Path, real: Path, folder: Path, found: Fit, tmp_path: Path
) -> None:
    config = config_in(tmp_path, by=("subset",))
    with pytest.raises(KeyboardInterrupt):
        fit(synthetic, real, config, progress=Stopped(stop_at=30))
    assert [path.name for path in tmp_path.iterdir()] == ["fitted.toml.journal"]
    rest = Stopped()
    assert fit(synthetic, real, config, progress=rest) == found
    assert rest.trials == 48 - 30
    for name in ("fitted.toml", "fitted.html"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_journal_of_other_pairs_is_not_gone_on_with(
    synthetic: Path, real: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(synthetic, real, config_in(tmp_path), progress=Stopped(stop_at=1))
    with pytest.raises(OutputError, match=r"\(seed 0 there, 1 now\)"):
        fit(synthetic, real, config_in(tmp_path, seed=1))


@pytest.mark.parametrize("name", ["fitted.toml", "fitted.html"])
def test_a_file_of_ones_own_is_not_replaced(
    name: str, synthetic: Path, real: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_text("mine")
    watched = Stopped()
    with pytest.raises(OutputError, match="was not written by this command"):
        fit(synthetic, real, config_in(tmp_path), progress=watched)
    assert watched.labels == []
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.usefixtures("no_sheet")
def test_a_fitted_file_may_be_fitted_again_but_not_once_it_was_edited(
    synthetic: Path, real: Path, tmp_path: Path
) -> None:
    config = config_in(tmp_path, trials=48, samples=4)
    fit(synthetic, real, config)
    fit(synthetic, real, replace(config, seed=1))
    with config.out.open("a") as file:
        file.write("# mine\n")
    with pytest.raises(OutputError, match="was changed since"):
        fit(synthetic, real, config)
    fit(synthetic, real, replace(config, overwrite=True))
    assert "# mine" not in config.out.read_text()


# Bad input: one sentence, before any work


Refusal = Callable[..., str]


@pytest.fixture
def refusal(synthetic: Path, tmp_path: Path) -> Refusal:
    """Return the sentence a fit is refused with, nothing measured and nothing written before."""

    def refuse(first: Path = synthetic, *, second: Path, out: str = "fitted.toml") -> str:
        watched = Stopped()
        with pytest.raises(ConfigError) as caught:
            fit(first, second, config_in(tmp_path, out=tmp_path / out), progress=watched)
        assert watched.labels == []
        assert not list(tmp_path.glob("fitted*"))
        return str(caught.value)

    return refuse


def test_too_few_pairs_are_refused(refusal: Refusal, make_pairs: MakePairs) -> None:
    assert "holds 12 pairs, and 20 are the least" in refusal(second=make_pairs(12))


def test_a_set_without_truth_is_refused(refusal: Refusal, make_pairs: MakePairs) -> None:
    assert "holds no pair" in refusal(second=make_pairs(25, known=False))


def test_a_first_set_of_pairs_is_refused(refusal: Refusal, real: Path) -> None:
    assert refusal(real, second=real) == (
        f"--fit searches the settings of FIRST's blend, but {real} is pair, not synthetic"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"window": (28, 32)},
        {"blend_linear": LinearSettings(mask_share=1.0)},
        {"blend": "zhang"},
    ],
)
def test_sets_merged_of_several_settings_are_refused(
    changes: dict[str, object],
    refusal: Refusal,
    make_shards: MakeShards,
    synthetic: Path,
    real: Path,
    tmp_path: Path,
) -> None:
    other = {"blend": "linear", "window": (24, 32), "sequences": 4, "seed": 9, **changes}
    _merge(tmp_path / "both", synthetic, make_shards(tmp_path / "other", **other))
    (name,) = changes
    assert refusal(tmp_path / "both", second=real) == (
        f"{tmp_path / 'both'} is made of sets that differ in {name}, and one is fitted: name a set "
        "whose settings are the same throughout"
    )


@pytest.mark.usefixtures("no_sheet")
def test_sets_merged_of_several_seeds_are_fitted_as_one(
    make_shards: MakeShards, synthetic: Path, real: Path, tmp_path: Path
) -> None:
    settings = {"blend": "linear", "window": (24, 32), "sequences": 4}
    other = make_shards(tmp_path / "other", seed=9, **settings)
    _merge(tmp_path / "both", synthetic, other)
    found = fit(tmp_path / "both", real, config_in(tmp_path, trials=48, samples=4))
    assert found.before.window == (24, 32)


def _merge(out: Path, *sets: Path) -> None:
    reshape(plan_merge(sets, MergeConfig(rename=True, drop_leaks=True)), out, RunConfig(jobs=1))


def test_a_folder_for_the_settings_is_refused(refusal: Refusal, real: Path, tmp_path: Path) -> None:
    assert refusal(second=real, out="settings") == (
        f"--fit writes a file of settings: name it, like --out {tmp_path / 'settings'}.toml"
    )
    (tmp_path / "folder.toml").mkdir()
    assert "name it" in refusal(second=real, out="folder.toml")


def test_a_synthetic_set_of_one_sequence_is_refused(
    make_shards: MakeShards, real: Path, tmp_path: Path
) -> None:
    one = make_shards(tmp_path / "one", blend="linear", sequences=1, window=(24, 32))
    with pytest.raises(ConfigError, match="1 sequence is too few to blend anew"):
        fit(one, real, config_in(tmp_path))


def test_views_too_small_to_measure_are_refused(
    make_shards: MakeShards, real: Path, tmp_path: Path
) -> None:
    small = make_shards(tmp_path / "small", blend="linear", sequences=4, window=(16, 24))
    with pytest.raises(ConfigError, match="has no transmission of 20 px or more"):
        fit(small, real, config_in(tmp_path))


@pytest.mark.usefixtures("no_sheet")
@pytest.mark.parametrize("blend", ["ceilnet", "dsrnet"])
def test_other_blends_are_fitted_too(
    blend: str, make_shards: MakeShards, real: Path, tmp_path: Path
) -> None:
    folder = make_shards(tmp_path / "set", blend=blend, sequences=8, window=(24, 32))
    found = fit(folder, real, config_in(tmp_path, trials=48, samples=8))
    assert found.fitting_distances[1] < found.fitting_distances[0]
    config, _ = load_configs(tmp_path / "fitted.toml", {})
    assert config.blend == blend
    assert config.blend_settings == found.after.blend_settings
    assert config.reflection_strength == found.after.reflection_strength
    assert np.isfinite(found.stored.distance)
    assert found.after != SynthesisConfig()
