"""Restoring files: what a person's photo must keep, and tiles that must add up to one picture."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps
from torch import Tensor, nn

from seqsynth.errors import ConfigError, OutputError, SourceError
from trainer.checkpoint import Checkpoint, current_versions, save_checkpoint
from trainer.cli.restore import command
from trainer.machine import Machine
from trainer.nets import StudentNet
from trainer.nets.config import NetConfig
from trainer.recipe import load_recipe
from trainer.restoring.jobs import Errand, Restorer, find_errands, run_errand
from trainer.restoring.photos import read_photo
from trainer.restoring.tiles import (
    axis_weights,
    choose_tile,
    cut_spans,
    needed_bytes,
    picture_knowledge,
    restore,
)

CPU = Machine(torch.device("cpu"))
TINY = {"width": 1 / 32, "context_blocks": 1, "d_layers": 1}


class Stub(nn.Module):
    """A student that does something one can foresee; ``change(photo, call)``."""

    def __init__(self, change: Any = lambda photo, call: photo) -> None:
        super().__init__()
        self.config = NetConfig()
        self.change = change
        self.calls = 0

    def forward(self, blended: Tensor) -> Any:
        self.calls += 1
        changed = self.change(blended.clone(), self.calls)
        return SimpleNamespace(transmission=changed, hallucinated=blended[..., ::4, ::4])


def draw(height: int, width: int, *, levels: int = 256, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    kind = np.uint8 if levels == 256 else np.uint16
    return rng.integers(0, levels, (height, width, 3), dtype=kind)


def as_floats(image: np.ndarray) -> NDArray[np.float32]:
    floats: NDArray[np.float32] = (image / 255).astype(np.float32)
    return floats


def restorer(change: Any = lambda photo, call: photo, tile: int = 0) -> Restorer:
    return Restorer(Stub(change), CPU, None, tile)  # type: ignore[arg-type]  # stands in for a student


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A residual student at its birth, which returns every photo as it is."""
    config = load_recipe("small", overrides={"net": TINY})
    file = tmp_path_factory.mktemp("run") / "best.pt"
    net = StudentNet(config.net)
    save_checkpoint(
        Checkpoint("student", 1, config, (), net.state_dict(), {}, current_versions()), file
    )
    return file


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


@pytest.mark.parametrize("length", [288, 320, 321, 447, 448, 511, 512, 999, 1760])
@pytest.mark.parametrize("tile", [320, 384, 704])
def test_tiles_cover_every_pixel_with_weight_one(length: int, tile: int) -> None:
    total = np.zeros(length)
    spans = cut_spans(length, tile)
    for span, weights in zip(spans, axis_weights(spans), strict=True):
        total[span.start : span.stop] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


@pytest.mark.parametrize("length", [330, 512, 1160, 1760])
@pytest.mark.parametrize("tile", [320, 384, 704])
def test_tiles_begin_on_the_grid_and_share_enough(length: int, tile: int) -> None:
    spans = cut_spans(length, tile)
    assert all(span.start % 64 == 0 and span.stop - span.start <= tile for span in spans)
    assert all(span.before >= 160 for span in spans[1:])
    assert spans[-1].stop == length


@pytest.mark.parametrize("tile", [300, 256, 64])
def test_useless_tile_is_one_sentence(tile: int) -> None:
    with pytest.raises(ConfigError, match="multiple of 64"):
        restore(Stub(), as_floats(draw(40, 40)), CPU, tile)  # type: ignore[arg-type]  # a stub


def test_tiles_of_an_unchanged_photo_are_the_photo() -> None:
    photo = as_floats(draw(400, 530))
    result = restore(Stub(), photo, CPU, 320)  # type: ignore[arg-type]  # a stub
    assert result.tiles > 1
    np.testing.assert_allclose(result.transmission, photo, atol=1e-6)
    assert result.seams is not None
    assert result.seams.largest == 0


def test_seams_are_what_two_tiles_differ_by() -> None:
    photo = np.full((300, 400, 3), 0.5, np.float32)
    brighter = Stub(lambda blended, call: blended + 3 * (call - 1) / 255)
    result = restore(brighter, photo, CPU, 320)  # type: ignore[arg-type]  # a stub
    assert result.tiles == 2
    assert result.seams is not None
    assert result.seams.mean == pytest.approx(3, abs=1e-3)
    assert result.seams.largest == pytest.approx(3, abs=1e-3)


def test_tiled_representation_is_the_whole_one() -> None:
    photo = as_floats(draw(400, 530))
    whole, tiled = (restore(Stub(), photo, CPU, tile).hallucinated for tile in (0, 320))  # type: ignore[arg-type]  # a stub
    assert whole is not None
    assert tiled is not None
    np.testing.assert_array_equal(whole, tiled)


def test_tiles_of_a_network_agree_with_the_whole_but_for_attention() -> None:
    """With the attention held at one half, a tile's middle is what the whole photo gives."""
    torch.manual_seed(3)
    net = StudentNet(NetConfig(width=1 / 64, context_blocks=2)).eval()
    for name, weight in net.named_parameters():
        if "excite" in name:
            nn.init.zeros_(weight)
    photo = as_floats(draw(300, 640))
    whole, tiled = restore(net, photo, CPU), restore(net, photo, CPU, 448)
    assert tiled.tiles > 1
    # What lies farther away than the shared strip moves the result by less than half a level.
    assert np.abs(whole.transmission - tiled.transmission).max() * 255 < 0.5


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (5, 7), (65, 67), (64, 100)])
def test_every_size_comes_out_as_it_went_in(size: tuple[int, int], checkpoint: Path) -> None:
    from trainer.checkpoint import load_student

    photo = as_floats(draw(*size))
    result = restore(load_student(checkpoint)[0], photo, CPU)
    np.testing.assert_allclose(result.transmission, photo, atol=1e-6)


def test_whole_photo_is_taken_where_memory_suffices() -> None:
    config = NetConfig()
    enough = needed_bytes(config, 600, 800)
    assert choose_tile(config, 600, 800, enough) == 0
    tile = choose_tile(config, 600, 800, enough - 1)
    assert 0 < tile < 800
    assert needed_bytes(config, tile, tile) < enough


def test_too_little_memory_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="too little"):
        choose_tile(NetConfig(), 600, 800, 2**20)


def test_representation_is_shown_by_its_first_components() -> None:
    """A ramp in one of five channels is a ramp in red."""
    features = np.zeros((4, 50, 5), np.float32)
    features[:, :, 3] = np.arange(50)
    red = picture_knowledge(features)[0, :, 0].astype(int)
    assert red[0] == 0
    assert red[-1] == 255
    assert (np.diff(red) >= 0).all()


def blacken_top(blended: Tensor, call: int) -> Tensor:
    blended[..., : blended.shape[-2] // 2, :] = 0
    return blended


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_photo_is_restored_upright_and_keeps_its_orientation(
    orientation: int, suffix: str, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Nikon"
    photo, result = tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}"
    Image.fromarray(np.full((16, 24, 3), 200, np.uint8)).save(photo, exif=exif)
    run_errand(
        Errand(photo, result, suffix == "jpg"), restorer(blacken_top), layers=False, strip=False
    )
    with Image.open(result) as restored:
        assert restored.size == (24, 16)
        assert restored.getexif()[ExifTags.Base.Orientation] == orientation
        assert restored.getexif()[ExifTags.Base.Make] == "Nikon"
        shown = np.asarray(ImageOps.exif_transpose(restored), int)
    half = shown.shape[0] // 2
    assert shown[:half].max() < 20
    assert shown[half:].min() > 180


PROFILE = b"a colour profile, whatever it says" * 9


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_colour_profile_is_kept(suffix: str, tmp_path: Path) -> None:
    photo, result = tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}"
    Image.fromarray(draw(16, 16)).save(photo, icc_profile=PROFILE)
    run_errand(Errand(photo, result, suffix == "jpg"), restorer(), layers=False, strip=False)
    assert Image.open(result).info["icc_profile"] == PROFILE


def write_deep(path: Path, pixels: np.ndarray) -> None:
    cv2.imwrite(str(path), pixels[:, :, ::-1])


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_are_kept_to_the_last_level(suffix: str, tmp_path: Path) -> None:
    pixels = draw(20, 31, levels=65536)
    photo, result = tmp_path / f"in.{suffix}", tmp_path / "out.png"
    write_deep(photo, pixels)
    run_errand(Errand(photo, result, jpeg=False), restorer(), layers=False, strip=False)
    read = cv2.imread(str(result), cv2.IMREAD_UNCHANGED)
    assert read is not None
    np.testing.assert_array_equal(read[:, :, ::-1], pixels)


def test_16_bit_file_keeps_profile_and_orientation(tmp_path: Path) -> None:
    from trainer.restoring.photos import Photo, encode_photo

    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    pixels = draw(12, 20, levels=65536)
    photo = Photo(pixels, None, 6, exif.tobytes(), PROFILE, jpeg=False)
    file = tmp_path / "deep.png"
    file.write_bytes(encode_photo(photo, (pixels / 65535).astype(np.float32), jpeg=False))
    again = read_photo(file)
    np.testing.assert_array_equal(again.pixels, pixels)
    assert (again.orientation, again.profile) == (6, PROFILE)


def test_transparency_is_kept(tmp_path: Path) -> None:
    pixels = np.dstack([draw(9, 8), np.arange(72, dtype=np.uint8).reshape(9, 8)])
    Image.fromarray(pixels).save(tmp_path / "in.png")
    errand = Errand(tmp_path / "in.png", tmp_path / "out.png", jpeg=False)
    run_errand(errand, restorer(), layers=False, strip=False)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), pixels)


def test_torn_file_is_named(tmp_path: Path) -> None:
    Image.fromarray(draw(64, 64)).save(tmp_path / "torn.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "torn.png").read_bytes()[:900])
    with pytest.raises(SourceError, match=r"torn\.png"):
        read_photo(tmp_path / "torn.png")


def test_reflection_is_what_was_taken_away(tmp_path: Path) -> None:
    Image.fromarray(np.full((16, 16, 3), 100, np.uint8)).save(tmp_path / "in.png")
    errand = Errand(tmp_path / "in.png", tmp_path / "out.png", jpeg=False)
    darker = restorer(lambda blended, _: blended - 30 / 255)
    run_errand(errand, darker, layers=True, strip=True)
    assert np.unique(np.asarray(Image.open(tmp_path / "out-reflection.png"))).tolist() == [30]
    assert Image.open(tmp_path / "out-hallucinated.png").size == (16, 16)
    assert Image.open(tmp_path / "out-strip.jpg").size == (32, 16)


def photos_in(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(20, 24, seed=number)).save(folder / name)
    return folder


def test_folders_keep_their_shape_and_patterns_are_expanded(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png", "deep/b.jpg", "c.bmp")
    out = tmp_path / "out"

    def results(argument: object) -> list[str]:
        found = find_errands([str(argument)], out, file_format="same", overwrite=False)
        return sorted(one.result.relative_to(out).as_posix() for one in found)

    assert results(folder) == ["a.png", "c.png", "deep/b.jpg"]
    assert results(folder / "*.bmp") == ["c.png"]


def test_nothing_is_written_over_untold(checkpoint: Path, tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.png").write_bytes(b"precious")
    arguments = [folder, "--checkpoint", checkpoint, "--out", tmp_path / "out"]
    assert isinstance(invoke(*arguments).exception, OutputError)
    assert (tmp_path / "out/a.png").read_bytes() == b"precious"
    assert invoke(*arguments, "--overwrite").exit_code == 0
    assert (tmp_path / "out/a.png").read_bytes() != b"precious"


def test_photo_itself_is_never_written_over(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png")
    with pytest.raises(OutputError, match="written over by its result"):
        find_errands([str(folder)], folder, file_format="same", overwrite=True)


def test_two_photos_of_one_result_are_refused(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "a.png", "a.bmp")
    with pytest.raises(OutputError, match="both"):
        find_errands([str(folder)], tmp_path / "out", file_format="same", overwrite=False)


def test_unreadable_photo_does_not_stop_the_others(checkpoint: Path, tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "in", "b.png")
    (folder / "a.png").write_bytes(b"no picture")
    result = invoke(folder, "--checkpoint", checkpoint, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "a.png" in result.output
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "out/b.png")), np.asarray(Image.open(folder / "b.png"))
    )


def test_missing_photo_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no photo"):
        find_errands([str(tmp_path / "x*.png")], tmp_path, file_format="same", overwrite=False)


def test_shards_are_restored_with_and_without_ground_truth(tmp_path: Path) -> None:
    from seqsynth.ingest.layouts import find_pairs
    from seqsynth.ingest.pairs import ingest_pairs

    folder = photos_in(tmp_path / "in", "a.png", "deep/b.png")
    photos_in(tmp_path / "truth", "a.png")
    folders = {"blended": folder, "transmission": tmp_path / "truth"}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "shards")
    out = tmp_path / "out"
    for errand in find_errands(
        [str(tmp_path / "shards")], out, file_format="same", overwrite=False
    ):
        run_errand(errand, restorer(), layers=False, strip=False)
    for name in ("a.png", "deep/b.png"):
        restored, photo = (np.asarray(Image.open(where / name)) for where in (out, folder))
        np.testing.assert_array_equal(restored, photo)
