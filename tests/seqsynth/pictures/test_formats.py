"""A file is what its first bytes say, of a fixed list; what is not read is named."""

import contextlib
import io
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from seqsynth.pictures import Fault, PictureFileError, PictureFormat, decode
from seqsynth.pictures.formats import (
    CAMERA,
    PHOTOS,
    can_read,
    name_foreign,
    name_suits,
    sniff_format,
    suffixes_of,
)
from seqsynth.pictures.opening import require_format
from tests.drawing.files import POSTSCRIPT, fake_ghostscript


def saved(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture = Image.fromarray(np.full((16, 16, 3), 99, np.uint8))
    if kind == "HEIC":
        pillow_heif.from_pillow(picture).save(buffer)
    else:
        picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("JPEG", PictureFormat.JPEG),
        ("PNG", PictureFormat.PNG),
        ("TIFF", PictureFormat.TIFF),
        ("BMP", PictureFormat.BMP),
        ("GIF", PictureFormat.GIF),
        ("PPM", PictureFormat.PPM),
        ("WEBP", PictureFormat.WEBP),
        ("HEIC", PictureFormat.HEIC),
    ],
)
def test_format_is_told_by_what_a_library_writes(kind: str, found: PictureFormat) -> None:
    assert sniff_format(saved(kind)[:64]) is found


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\xff\xd8\xff\xe1", PictureFormat.JPEG),
        (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
        (b"MM\0+\0\x08\0\0", PictureFormat.TIFF),
        (b"\0\0\0\x18ftypheic", PictureFormat.HEIC),
        (b"Dear diary, today", None),
        (b"P5 3 3 255\n", PictureFormat.PPM),
        (b"FUJIFILMCCD-RAW 0201", PictureFormat.RAW),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", PictureFormat.RAW),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", PictureFormat.HEIC),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", None),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"P7\nWIDTH 3\n", None),
        (POSTSCRIPT, None),
    ],
)
def test_format_is_told_by_first_bytes(head: bytes, found: PictureFormat | None) -> None:
    assert sniff_format(head) is found


def test_only_the_name_tells_camera_raw_from_tiff() -> None:
    assert sniff_format(b"II*\0\x08\0\0\0", ".NEF") is PictureFormat.RAW
    assert sniff_format(b"II*\0\x08\0\0\0", ".tif") is PictureFormat.TIFF


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (POSTSCRIPT, "no picture but PostScript"),
        (b"%PDF-1.7\n", "no picture but PDF"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "AVIF"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"8BPS\0\1", "a Photoshop file"),
        (b"FUJIFILMCCD-RAW 0201", "camera raw"),
    ],
)
def test_kind_that_is_not_read_is_named_with_the_way_out(data: bytes, name: str) -> None:
    with pytest.raises(PictureFileError) as refused:
        decode(data)
    wanted = f"is {name}, which is not read here; export it as JPEG, PNG or TIFF"
    assert (str(refused.value), refused.value.fault) == (wanted, Fault.NOT_READ)


def test_avif_among_the_compatible_brands_is_avif() -> None:
    assert name_foreign(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf") == "AVIF"


def test_what_the_caller_does_not_read_is_named_too() -> None:
    with pytest.raises(PictureFileError, match="is WebP, which is not read here"):
        require_format(saved("WEBP")[:64], formats=CAMERA)


def test_error_survives_the_way_from_a_worker() -> None:
    import pickle

    with pytest.raises(PictureFileError) as refused:
        decode(POSTSCRIPT)
    again = pickle.loads(pickle.dumps(refused.value))
    assert (str(again), again.fault, again.reason) == (
        str(refused.value),
        Fault.NOT_READ,
        refused.value.reason,
    )


def test_fake_ghostscript_would_be_run_by_a_bare_open(tmp_path: Path, monkeypatch) -> None:
    """Without this, the tests that no program is run would pass for want of one."""
    mark = fake_ghostscript(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    with contextlib.suppress(OSError), Image.open(io.BytesIO(POSTSCRIPT)) as picture:
        picture.load()
    assert mark.exists()


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.heic"])
def test_no_program_is_run_by_any_name(name: str, tmp_path: Path, monkeypatch) -> None:
    mark = fake_ghostscript(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    with pytest.raises(PictureFileError, match="is no picture but PostScript"):
        decode(POSTSCRIPT, Path(name).suffix)
    assert not mark.exists()


def test_heic_counts_among_photos_where_it_can_be_read(monkeypatch) -> None:
    assert {".heic", ".heif", ".hif"} <= suffixes_of(PHOTOS)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert not can_read(PictureFormat.HEIC)
    assert not {".heic", ".heif", ".hif"} & suffixes_of(PHOTOS)


def test_name_suits_in_any_case() -> None:
    assert name_suits(Path("a.JPE"), PictureFormat.JPEG)
    assert not name_suits(Path("a.heic"), PictureFormat.JPEG)
