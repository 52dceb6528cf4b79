"""Methods in the table: against files read by hand, in every protocol, with gaps and faults."""

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from seqsynth.errors import ConfigError, SourceError
from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import PairConfig, ingest_pairs
from seqsynth.metrics import score
from trainer.checkpoint import Checkpoint, current_versions, save_checkpoint
from trainer.cli.evaluate import command as evaluate_command
from trainer.cli.score import command as score_command
from trainer.evaluation.examples import open_examples
from trainer.evaluation.methods import (
    Method,
    Predictions,
    checkpoint_method,
    fit_colour_maps,
    untrained_methods,
)
from trainer.evaluation.protocols import PROTOCOLS
from trainer.evaluation.tally import Tally, evaluate
from trainer.machine import open_machine
from trainer.nets import StudentNet
from trainer.recipe import load_recipe

NATIVE = PROTOCOLS["native"]
SIZE = (42, 50)


def draw(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 200, (*(side // 7 + 1 for side in size), 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC)
    return np.asarray(smooth)


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def haze(truth: np.ndarray, seed: int) -> np.ndarray:
    reflection = draw(seed + 50, truth.shape[:2]) // (3 + seed)
    hazy: np.ndarray = np.minimum(truth.astype(int) + reflection + 10, 255).astype(np.uint8)
    return hazy


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pairs a, b (Postcard), c, d (Wild) in folders of roles."""
    folder = tmp_path_factory.mktemp("sir2")
    for seed, (subset, name) in enumerate(
        [("postcard", "a"), ("postcard", "b"), ("wild", "c"), ("wild", "d")]
    ):
        truth = draw(seed)
        save(folder / subset / "blended" / f"{name}.png", haze(truth, seed))
        save(folder / subset / "transmission_layer" / f"{name}.png", truth)
    return folder


@pytest.fixture(scope="module")
def shards(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shards") / "sir2"
    ingest_pairs(find_pairs("sir2", files, {}), out)
    return out


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student of random weights."""
    config = load_recipe(
        "small", overrides={"net": {"width": 1 / 32, "context_blocks": 1, "residual": False}}
    )
    file = tmp_path_factory.mktemp("run") / "student.pt"
    weights = StudentNet(config.net).state_dict()
    save_checkpoint(Checkpoint("student", 1, config, (), weights, {}, current_versions()), file)
    return file


def tally_of(folder: Path, *methods: Method, protocol: str = "native") -> Tally:
    benchmark = open_examples([("", folder)])
    rules = PROTOCOLS[protocol]
    chosen = [*untrained_methods(fit_colour_maps(benchmark.examples, rules)), *methods]
    tally = Tally(chosen, benchmark, benchmark.notes)
    for result in evaluate(chosen, benchmark, rules):
        tally.add(result)
    return tally


def cell(tally: Tally, row: str, column: str, key: str) -> float:
    rows = {one.name: one for one in tally.details(column).rows}
    return rows[row].cells.get((column, key), math.nan)


Save = Callable[..., Path]


@pytest.fixture
def predictions(files: Path, tmp_path: Path) -> Save:
    """Write predictions that are the truths, for the names given."""

    def write(*names: str, change: Callable[[np.ndarray], np.ndarray] = lambda p: p) -> Path:
        for file in files.glob("*/transmission_layer/*.png"):
            if file.stem in names:
                save(tmp_path / "predictions" / file.name, change(np.asarray(Image.open(file))))
        return tmp_path / "predictions"

    return write


def read_pair(files: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    (blended,) = files.glob(f"*/blended/{name}.png")
    (truth,) = files.glob(f"*/transmission_layer/{name}.png")
    return np.asarray(Image.open(blended)), np.asarray(Image.open(truth))


def test_identity_row_is_the_mean_over_the_files(files: Path, shards: Path) -> None:
    decibels = []
    for name in "abcd":
        blended, truth = (picture.astype(np.float64) for picture in read_pair(files, name))
        decibels.append(10 * math.log10(255**2 / ((blended - truth) ** 2).mean()))
    found = cell(tally_of(shards), "identity", "SIR2", "psnr_pooled")
    assert found == pytest.approx(sum(decibels) / 4, abs=1e-9)


def test_subsets_are_columns_of_their_own(files: Path, shards: Path) -> None:
    tally = tally_of(shards)
    assert tally.benchmark.columns == ["SIR2", "SIR2-Postcard", "SIR2-Wild"]
    expected = np.mean([score(*read_pair(files, name)).ssim for name in "cd"])
    assert cell(tally, "identity", "SIR2-Wild", "ssim") == pytest.approx(expected)


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


def test_prediction_of_another_size_is_refused(shards: Path, predictions: Save) -> None:
    folder = Predictions(predictions("a", change=lambda p: p[:-1]), NATIVE)
    with pytest.raises(SourceError, match="50x41 px, its photo 50x42"):
        tally_of(shards, Method("cut", folder.restore))


def test_two_files_for_one_photo_are_refused(shards: Path, predictions: Save) -> None:
    folder = predictions("a")
    save(folder / "again" / "a.png", draw(9))
    (folder / "a.png").rename(folder / "again" / "a.jpg")
    with pytest.raises(SourceError, match="may both"):
        tally_of(shards, Method("twice", Predictions(folder, NATIVE).restore))


def test_prediction_of_no_photo_is_named(shards: Path, predictions: Save) -> None:
    path = predictions("a", "b", "c", "d")
    save(path / "zebra.png", draw(9))
    folder = Predictions(path, NATIVE)
    tally_of(shards, Method("more", folder.restore))
    assert folder.unused() == [path / "zebra.png"]


def test_name_that_two_photos_share_matches_neither(tmp_path: Path) -> None:
    for scene in ("postcard/1", "postcard/2"):
        truth = draw(len(scene) + int(scene[-1]))
        save(tmp_path / "sir2" / scene / "g.png", truth)
        save(tmp_path / "sir2" / scene / "m.png", haze(truth, 1))
    ingest_pairs(find_pairs("sir2", tmp_path / "sir2", {}), tmp_path / "shards")
    save(tmp_path / "out" / "m.png", draw(1))
    folder = Predictions(tmp_path / "out", NATIVE)
    examples = open_examples([("", tmp_path / "shards")]).examples
    assert [folder.restore(one.read()[0], one) for one in examples] == [None, None]


def test_photo_without_truth_is_skipped_and_counted(files: Path, tmp_path: Path) -> None:
    save(tmp_path / "a" / "x.png", draw(1))
    save(tmp_path / "a" / "y.png", draw(2))
    save(tmp_path / "b" / "x.png", draw(3))
    folders = {"blended": tmp_path / "a", "transmission": tmp_path / "b"}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "s", PairConfig(benchmark="Own"))
    benchmark = open_examples([("", tmp_path / "s")])
    assert [one.name for one in benchmark.examples] == ["x"]
    assert benchmark.notes == ("Own: 1 photo of split test, 1 without ground truth skipped",)


@pytest.mark.parametrize(
    ("protocol", "size"),
    [("native", (45, 70)), ("errnet", (45, 70)), ("dsrnet", (32, 64)), ("ibcln", (44, 68))],
)
def test_protocol_sizes_photo_and_truth(
    protocol: str, size: tuple[int, int], tmp_path: Path
) -> None:
    save(tmp_path / "a" / "x.png", draw(1, (45, 70)))
    save(tmp_path / "b" / "x.png", draw(2, (45, 70)))
    folders = {"blended": tmp_path / "a", "transmission": tmp_path / "b"}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "s")
    seen = []

    def watch(photo: np.ndarray, _: object) -> np.ndarray:
        seen.append(photo.shape[:2])
        return photo

    method = Method("watch", watch)
    results = evaluate([method], open_examples([("", tmp_path / "s")]), PROTOCOLS[protocol])
    assert [result.truth.shape[:2] for result in results] == [size]
    assert seen == [size]


@pytest.mark.parametrize(
    ("protocol", "level"), [("native", 121), ("errnet", 120.6), ("dsrnet", 120.6), ("ibcln", 120)]
)
def test_protocol_rounds_as_it_says(protocol: str, level: float) -> None:
    finished = PROTOCOLS[protocol].finish(np.full((1, 1, 3), 120.6))
    np.testing.assert_array_equal(finished, np.full((1, 1, 3), level))


def test_linear_row_never_sees_the_photo_it_maps(tmp_path: Path) -> None:
    """Of two photos whose truths are half and twice the photo, each gets the other's factor."""
    photo = draw(3) // 2
    for name, truth in (("half", photo // 2 * 2 // 2), ("twice", photo * 2)):
        save(tmp_path / "a" / f"{name}.png", photo if name == "half" else photo[::-1])
        save(tmp_path / "b" / f"{name}.png", truth if name == "half" else truth[::-1])
    folders = {"blended": tmp_path / "a", "transmission": tmp_path / "b"}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "s")
    benchmark = open_examples([("", tmp_path / "s")])
    maps = fit_colour_maps(benchmark.examples, NATIVE)
    half = next(one for one in benchmark.examples if one.name == "half")
    np.testing.assert_allclose(maps.restore(photo, half), np.minimum(photo * 2.0, 255), atol=1e-6)


def test_checkpoint_row_is_its_students_output(shards: Path, checkpoint: Path) -> None:
    from trainer.checkpoint import load_student

    net, _ = load_student(checkpoint)
    example = open_examples([("", shards)]).examples[0]
    photo = example.read()[0]
    import torch

    expected = net(torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].float() / 255).transmission
    with open_machine("cpu", "float32") as machine:
        restored = checkpoint_method("own", checkpoint, machine).restore(photo, example)
    assert restored is not None
    np.testing.assert_allclose(
        restored, expected[0].permute(1, 2, 0).numpy() * 255, rtol=1e-4, atol=1e-2
    )


def test_paired_comparison_has_the_sign_of_the_gain(shards: Path, predictions: Save) -> None:
    worse = Predictions(predictions("a", "b", "c", "d", change=lambda p: 255 - p), NATIVE)
    tally = tally_of(shards, Method("negative", worse.restore))
    comparison = tally.compare("negative", "identity")["SIR2", "psnr_pooled"]
    assert comparison.interval.high < 0
    assert (comparison.better, comparison.worse) == (0, 1)


def test_interval_holds_the_mean(shards: Path) -> None:
    summary = tally_of(shards).intervals()["identity", "SIR2", "ssim"]
    assert summary.interval.low < summary.mean < summary.interval.high


def invoke(command: object, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])  # type: ignore[arg-type]  # a click command


def test_evaluate_always_prints_the_rows_that_learn_nothing(shards: Path) -> None:
    output = invoke(evaluate_command, "yang", shards).output
    for row in ("identity", "stretch", "linear", "yang"):
        assert f"\n{row} (learns nothing)" in output
    assert "protocol native" in output


def test_evaluate_quotes_the_paper_on_request_alone(shards: Path) -> None:
    assert "quoted" not in invoke(evaluate_command, "identity", shards).output
    assert "ERRNet (quoted)" in invoke(evaluate_command, "identity", shards, "--quoted").output


def test_evaluate_writes_one_line_an_image_and_method(shards: Path, tmp_path: Path) -> None:
    invoke(evaluate_command, "yang", shards, "--out", tmp_path / "out")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out/images.csv").read_text())))
    assert len(rows) == 4 * 4
    assert {row["subset"] for row in rows} == {"Postcard", "Wild"}


def test_page_shows_the_worst_image_first(
    files: Path, shards: Path, predictions: Save, tmp_path: Path
) -> None:
    folder = predictions("a", "b", "d")
    save(folder / "c.png", 255 - read_pair(files, "c")[1])
    invoke(evaluate_command, folder, shards, "--out", tmp_path / "out", "--pictures", 2)
    page = (tmp_path / "out/index.html").read_text()
    assert "predictions, worst first" in page
    assert (
        page.index("SIR2 Wild/c")
        == min(
            page.index(f"<b>SIR2 {n}")
            for n in ("Wild/c", "Postcard/a", "Postcard/b", "Wild/d")
            if f"<b>SIR2 {n}" in page
        )
        + 3
    )


def test_score_names_rows_and_shows_every_image(
    shards: Path, predictions: Save, tmp_path: Path
) -> None:
    folder = predictions("a", "b", "c", "d")
    result = invoke(score_command, f"Perfect={folder}", shards, "--out", tmp_path / "out")
    assert "\nPerfect" in result.output
    page = (tmp_path / "out/index.html").read_text()
    assert page.count("<tr><th><b>") == 4
    assert page.count('class="difference"') == 4 * 4
    assert "http" not in page


def test_score_refuses_two_rows_of_one_name(shards: Path, predictions: Save) -> None:
    folder = predictions("a", "b", "c", "d")
    result = invoke(score_command, f"A={folder}", f"A={folder}", shards)
    assert isinstance(result.exception, ConfigError)


@pytest.mark.parametrize("arguments", [["identity"], ["no/such/path"]])
def test_arguments_without_shards_are_one_sentence(arguments: list[str]) -> None:
    result = invoke(score_command, *arguments)
    assert isinstance(result.exception, ConfigError)


def test_folder_without_any_photo_of_the_shards_is_refused(shards: Path, tmp_path: Path) -> None:
    save(tmp_path / "zebra.png", draw(9))
    result = invoke(score_command, f"Zoo={tmp_path}", shards)
    assert isinstance(result.exception, SourceError)
    assert "zebra.png" in str(result.exception)
