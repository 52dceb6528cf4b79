"""HEIC is read like any picture where its library is installed, and named where it is not."""

import io
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image

from seqsynth.pictures import Fault, PictureFileError, PictureFormat, decode, read, read_head
from seqsynth.pictures import extras as extras_module
from seqsynth.pictures.limits import MAX_PIXELS
from tests.drawing.files import exif_block

BLOCKS = np.kron(
    np.array([[(200, 30, 40), (30, 180, 60)], [(20, 40, 220), (240, 230, 30)]], np.uint8),
    np.ones((24, 32, 1), np.uint8),
)
"""Four flat blocks, 48x64: turned or swapped, it shows."""


def heic(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Model] = "Pixel 2"
    buffer = io.BytesIO()
    # Given as bytes the orientation also goes into the boxes of the file, as phones write it.
    pillow_heif.from_pillow(Image.fromarray(BLOCKS)).save(buffer, exif=exif.tobytes(), quality=95)
    return buffer.getvalue()


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1)])
def test_heic_is_upright_and_its_exif_asks_for_no_turn(orientation: int, turns: int) -> None:
    raster = decode(heic(orientation))
    upright = np.rot90(BLOCKS, turns).astype(int)
    assert raster.format is PictureFormat.HEIC
    assert np.abs(raster.levels[4::16, 4::16].astype(int) - upright[4::16, 4::16]).max() <= 12
    assert raster.orientation == 1
    exif = Image.Exif()
    exif.load(raster.exif or b"")
    assert exif[ExifTags.Base.Model] == "Pixel 2"
    assert exif.get(ExifTags.Base.Orientation, 1) == 1


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("kind", ["short", "long"])
def test_no_type_of_the_tag_turns_heic_again(kind: str, endian: str) -> None:
    block = b"Exif\0\0" + exif_block(6, kind, endian)
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(BLOCKS)).save(buffer, exif=block)
    exif = Image.Exif()
    exif.load(decode(buffer.getvalue()).exif or b"")
    assert exif[ExifTags.Base.Orientation] == 1


def test_heic_is_read_under_the_name_of_a_jpeg(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.jpg").write_bytes(heic())
    assert read(tmp_path / "IMG_1.jpg").levels.shape == (48, 64, 3)


def test_head_of_heic_tells_size_and_exif() -> None:
    head = read_head(io.BytesIO(heic(6)))
    assert head.size == (64, 48)
    assert b"Pixel 2" in head.exif


def test_heic_without_its_library_is_named_with_the_way_to_read_it(monkeypatch) -> None:
    data = heic()
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PictureFileError) as refused:
        decode(data)
    assert refused.value.fault is Fault.EXTRA
    assert str(refused.value) == "is HEIC, which is not read here; pip install 'seqsynth[heif]'"


@pytest.mark.parametrize("share", [0.1, 0.4, 0.9, 0.99])
def test_torn_heic_is_refused(share: float) -> None:
    data = heic()
    with pytest.raises(PictureFileError, match=r"is (truncated or corrupt|no whole)"):
        decode(data[: int(len(data) * share)])


def test_heic_that_claims_too_much_is_refused_before_it_is_decoded(monkeypatch) -> None:
    class Claiming:
        size = (MAX_PIXELS, 2)

        def to_pillow(self) -> Image.Image:
            raise AssertionError("decoded")

    module = type("module", (), {"open_heif": staticmethod(lambda _: Claiming())})
    monkeypatch.setattr(extras_module, "import_extra", lambda _: module)
    with pytest.raises(PictureFileError, match="claims more than 178,956,970 pixels"):
        decode(heic())
