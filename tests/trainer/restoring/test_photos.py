"""What a person's photo must keep."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps
from torch import Tensor

from seqsynth.errors import SourceError
from tests.trainer.restoring.stubs import draw, restorer
from trainer.restoring.jobs import Job
from trainer.restoring.photos import read_photo
from trainer.restoring.running import run_job


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
    run_job(Job(photo, result, suffix == "jpg"), restorer(blacken_top), layers=False, strip=False)
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
    run_job(Job(photo, result, suffix == "jpg"), restorer(), layers=False, strip=False)
    assert Image.open(result).info["icc_profile"] == PROFILE


def write_deep(path: Path, pixels: np.ndarray) -> None:
    cv2.imwrite(str(path), pixels[:, :, ::-1])


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_are_kept_to_the_last_level(suffix: str, tmp_path: Path) -> None:
    pixels = draw(20, 31, levels=65536)
    photo, result = tmp_path / f"in.{suffix}", tmp_path / "out.png"
    write_deep(photo, pixels)
    run_job(Job(photo, result, jpeg=False), restorer(), layers=False, strip=False)
    read = cv2.imread(str(result), cv2.IMREAD_UNCHANGED)
    assert read is not None
    np.testing.assert_array_equal(read[:, :, ::-1], pixels)


def test_16_bit_file_keeps_profile_and_orientation(tmp_path: Path) -> None:
    from seqsynth.pictures import PictureFormat, Raster
    from trainer.restoring.photos import encode_photo

    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    pixels = draw(12, 20, levels=65536)
    photo = Raster(pixels, None, PictureFormat.PNG, 6, exif.tobytes(), PROFILE)
    file = tmp_path / "deep.png"
    file.write_bytes(encode_photo(photo, (pixels / 65535).astype(np.float32), jpeg=False))
    again = read_photo(file)
    np.testing.assert_array_equal(again.levels, pixels)
    assert (again.orientation, again.profile) == (6, PROFILE)


def test_transparency_is_kept(tmp_path: Path) -> None:
    pixels = np.dstack([draw(9, 8), np.arange(72, dtype=np.uint8).reshape(9, 8)])
    Image.fromarray(pixels).save(tmp_path / "in.png")
    job = Job(tmp_path / "in.png", tmp_path / "out.png", jpeg=False)
    run_job(job, restorer(), layers=False, strip=False)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), pixels)


def test_torn_file_is_named(tmp_path: Path) -> None:
    Image.fromarray(draw(64, 64)).save(tmp_path / "torn.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "torn.png").read_bytes()[:900])
    with pytest.raises(SourceError, match=r"torn\.png"):
        read_photo(tmp_path / "torn.png")
