"""A picture is opened by the reader of its own format, and nowhere but here."""

import ast
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from seqsynth.pictures import Fault, PictureFileError, PictureFormat, decode, read_head
from seqsynth.pictures import opening as opening_module
from seqsynth.pictures.formats import CAMERA

ROOT = Path(__file__).parents[3]

KINDS = ("JPEG", "PNG", "TIFF", "BMP", "GIF", "PPM", "WEBP")


def saved(kind: str, *, comment: bool = False) -> bytes:
    """Encode a picture; a comment in EXIF has a JPEG's head looked at closely."""
    buffer, exif = io.BytesIO(), Image.Exif()
    if comment:
        exif[ExifTags.Base.ImageDescription] = "a wall"
    Image.fromarray(np.full((8, 12, 3), 70, np.uint8)).save(buffer, kind, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_pillow_is_called_with_the_one_format_of_the_file(kind: str, monkeypatch) -> None:
    called = []
    bare = opening_module.PillowImage.open

    def spy(file: Any, **options: Any) -> Image.Image:
        called.append(options)
        return bare(file, **options)

    monkeypatch.setattr(opening_module.PillowImage, "open", spy)
    data = saved(kind, comment=True)
    decode(data)
    read_head(io.BytesIO(data))
    assert called == [{"formats": (kind,)}] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_head_is_what_decoding_gives(kind: str) -> None:
    data = saved(kind)
    head, raster = read_head(io.BytesIO(data)), decode(data)
    assert (head.format, head.size) == (raster.format, raster.levels.shape[:2])


def test_head_that_is_torn_is_no_picture() -> None:
    with pytest.raises(PictureFileError, match="is no picture, or torn at its head") as refused:
        read_head(io.BytesIO(saved("PNG")[:20]))
    assert refused.value.fault is Fault.HEAD


def test_camera_raw_is_opened_for_those_alone_who_read_it() -> None:
    data = saved("TIFF")
    assert read_head(io.BytesIO(data), ".tif").format is PictureFormat.TIFF
    with pytest.raises(PictureFileError, match="camera raw, which is not read here"):
        read_head(io.BytesIO(data), ".nef")
    with pytest.raises(PictureFileError, match="LibRaw"):
        read_head(io.BytesIO(data), ".nef", CAMERA)


@pytest.mark.parametrize("package", ["seqsynth", "capture_tools", "trainer"])
def test_no_module_but_the_door_reads_a_picture_file(package: str) -> None:
    readers = {"imread", "imdecode", "open_heif", "exif_transpose", "imreadmulti"}
    images = {"Image", "PillowImage", "Pictures"}
    found = set()
    for path in (ROOT / package).rglob("*.py"):
        if path.is_relative_to(ROOT / "seqsynth" / "pictures"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Attribute):
                continue
            opens = node.attr == "open" and getattr(node.value, "id", "") in images
            if node.attr in readers or opens:
                found.add(f"{path.relative_to(ROOT)}: {ast.unparse(node)}")
    assert found == set()
