"""Plain JPEGs are told from all others, and decoded to what Pillow makes of them."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

from seqsynth.pictures import PictureFileError, decode
from seqsynth.pictures import decoding as decoding_module
from seqsynth.pictures.plain import is_plain_jpeg


def draw(channels: int = 3) -> NDArray[np.uint8]:
    shape = (37, 53, channels)[: 2 if channels == 1 else 3]
    return np.random.default_rng(channels).integers(0, 256, shape, dtype=np.uint8)


def saved(channels: int = 3, mode: str | None = None, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(draw(channels), mode).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


PLAIN = {
    "colour": saved,
    "grey": lambda: saved(1),
    "progressive": lambda: saved(progressive=True),
    "full chroma": lambda: saved(subsampling=0, quality=97),
    "comment": lambda: saved(comment=b"by hand"),
    "coarse tables": lambda: saved(quality=1),
    "restarts": lambda: saved(restart_marker_rows=1),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_jpeg_is_decoded_as_pillow_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = PLAIN[name]()
    assert is_plain_jpeg(data)
    with Image.open(io.BytesIO(data)) as picture:
        truth = np.asarray(picture.convert("RGB"))
    # Pillow's head is not asked for.
    monkeypatch.delattr(decoding_module, "open_picture")
    raster = decode(data)
    np.testing.assert_array_equal(raster.levels, truth)
    assert (raster.alpha, raster.orientation, raster.exif, raster.profile) == (None, 1, None, None)


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return saved(exif=exif)


def with_profile() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(icc_profile=profile)


def after_start(piece: bytes) -> bytes:
    """Put a segment between a JPEG's APP0 and what follows."""
    data = saved()
    end = 4 + int.from_bytes(data[4:6], "big")
    return data[:end] + piece + data[end:]


def reframed(content: bytes) -> bytes:
    """Put another frame in the place of a JPEG's own."""
    data = saved()
    start = data.index(b"\xff\xc0")
    end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
    return data[:start] + segment(0xC0, content) + data[end:]


OTHERS: dict[str, Callable[[], bytes]] = {
    "EXIF": with_exif,
    "profile": with_profile,
    "inks": lambda: saved(4, "CMYK"),
    "four channels": lambda: reframed(bytes([8, 0, 37, 0, 53, 4]) + bytes(12)),
    "too few channels": lambda: reframed(bytes([8, 0, 37, 0, 53, 3]) + bytes(6)),
    "Adobe's segment": lambda: after_start(segment(0xEE, b"Adobe" + bytes(7))),
    "second APP0": lambda: after_start(segment(0xE0, b"JFIF\0" + bytes(9))),
    "short APP0": lambda: saved()[:2] + segment(0xE0, b"JFIF\0") + saved()[20:],
    "no APP0": lambda: saved()[:2] + saved()[20:],
    "second frame": lambda: after_start(segment(0xC0, bytes([8, 0, 9, 0, 9, 1, 1, 17, 0]))),
    "no frame": lambda: saved()[:20] + segment(0xDA, bytes(8)),
    "arithmetic coding": lambda: saved().replace(b"\xff\xc0", b"\xff\xc9", 1),
    "twelve bits": lambda: saved().replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c", 1),
    "no rows": lambda: saved().replace(
        b"\xff\xc0\x00\x11\x08\x00\x25", b"\xff\xc0\x00\x11\x08\0\0"
    ),
    "all the pixels there are": lambda: saved().replace(
        b"\xff\xc0\x00\x11\x08\x00\x25\x00\x35", b"\xff\xc0\x00\x11\x08\xff\xff\xff\xff"
    ),
    "half a table": lambda: after_start(segment(0xDB, bytes(64))),
    "table of 24 bits": lambda: after_start(segment(0xDB, b"\x20" + bytes(192))),
    "fill bytes": lambda: after_start(b"\xff\xff"),
    "torn segment": lambda: saved()[:30],
    "torn marker": lambda: saved()[:21],
    "nothing": lambda: b"",
    "PNG": lambda: b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_all_else_is_left_to_a_closer_look(name: str) -> None:
    assert not is_plain_jpeg(OTHERS[name]())


def test_orientation_still_turns_and_details_stay() -> None:
    raster = decode(with_exif())
    assert (raster.levels.shape, raster.orientation) == ((53, 37, 3), 6)
    assert raster.exif
    assert decode(with_profile()).profile


def test_plain_head_with_torn_pixels_is_refused_as_ever() -> None:
    data = saved()
    assert is_plain_jpeg(data[: len(data) // 2])
    with pytest.raises(PictureFileError, match="is truncated or corrupt"):
        decode(data[: len(data) // 2])
