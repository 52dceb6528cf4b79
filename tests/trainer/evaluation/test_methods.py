from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqsynth.errors import SourceError
from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import ingest_pairs
from tests.drawing.files import POSTSCRIPT, fake_ghostscript, png_of
from tests.trainer.evaluation.pictures import NATIVE, Save, draw, haze, save, tally_of
from trainer.checkpoint import Checkpoint, current_versions, save_checkpoint
from trainer.evaluation.examples import open_examples
from trainer.evaluation.methods import (
    Method,
    Predictions,
    checkpoint_method,
    fit_colour_maps,
)
from trainer.evaluation.protocols import PROTOCOLS
from trainer.machine import open_machine
from trainer.nets import StudentNet
from trainer.recipe import load_recipe


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


def test_sixteen_bits_are_scored_as_restore_writes_them(
    shards: Path, predictions: Save, tmp_path: Path
) -> None:
    """Half a level of 8 bits more than the truth is neither cut off nor rounded."""
    folder = predictions("a", "b", "c", "d")
    for file in folder.iterdir():
        levels = np.asarray(Image.open(file)).clip(0, 254).astype(np.uint16) * 257 + 128
        file.write_bytes(png_of(levels))
    found = Predictions(folder, NATIVE)
    example = open_examples([("", shards)]).examples[0]
    photo, truth = example.read()
    restored = found.restore(photo, example)
    assert restored is not None
    expected = truth.clip(0, 254).astype(float) + 128 / 257
    np.testing.assert_allclose(restored, expected, atol=1e-4)


def test_sixteen_bits_are_shrunk_without_rounding(shards: Path, predictions: Save) -> None:
    folder = predictions("a")
    (file,) = folder.iterdir()
    file.write_bytes(png_of(np.full((42, 50, 3), 20_000, np.uint16)))
    protocol = PROTOCOLS["dsrnet"]
    found = Predictions(folder, protocol)
    example = next(one for one in open_examples([("", shards)]).examples if "a" in one.name)
    restored = found.restore(protocol.resize(example.read()[0]), example)
    assert restored is not None
    assert restored.shape == (32, 32, 3)
    np.testing.assert_allclose(restored, 20_000 / 257, atol=1e-3)


def test_litter_among_predictions_is_none_of_them(predictions: Save) -> None:
    folder = predictions("a")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX/._a.png").write_bytes(b"\0\5\26\7")
    (folder / "log.txt").touch()
    found = Predictions(folder, NATIVE)
    assert [path.name for path in found.unused()] == ["a.png"]
    assert found.left_out == "1 file of other kinds left out: .txt"


def test_program_among_predictions_is_refused_and_not_run(
    shards: Path, predictions: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = fake_ghostscript(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    folder = predictions("a")
    (folder / "a.png").write_bytes(POSTSCRIPT)
    with pytest.raises(SourceError, match=r"a\.png: is no picture but PostScript"):
        tally_of(shards, Method("it", Predictions(folder, NATIVE).restore))
    assert not mark.exists()
