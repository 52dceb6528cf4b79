"""A photo's format is told by its first bytes, a photo file by its name."""

from pathlib import Path

import pytest

from capture_tools.capture import PhotoFormat
from capture_tools.photos.formats import is_photo_name, name_suits, sniff_format

HEADS = {
    b"\xff\xd8\xff\xe1": ("photo.heic", PhotoFormat.JPEG),
    b"\x89PNG\r\n\x1a\n": ("photo.jpg", PhotoFormat.PNG),
    b"II*\0\x08\0\0\0": ("photo.tif", PhotoFormat.TIFF),
    b"MM\0*\0\0\0\x08": ("photo.nef", PhotoFormat.RAW),
    b"\0\0\0\x18ftypheic": ("photo.jpg", PhotoFormat.HEIC),
    b"FUJIFILMCCD-RAW 0201": ("photo.jpg", PhotoFormat.RAW),
    b"Dear diary, today": ("photo.jpg", None),
}


@pytest.mark.parametrize("head", HEADS)
def test_first_bytes_tell_the_format(head: bytes) -> None:
    name, photo_format = HEADS[head]
    assert sniff_format(head.ljust(16, b"\0"), Path(name)) is photo_format


@pytest.mark.parametrize(
    ("name", "is_photo"), [("a.JPG", True), ("a.nef", True), ("a.txt", False), ("._a.jpg", False)]
)
def test_photo_is_known_by_its_name_unless_hidden(name: str, is_photo: bool) -> None:
    assert is_photo_name(Path(name)) is is_photo


def test_name_suits_only_its_own_format() -> None:
    assert name_suits(Path("a.jpeg"), PhotoFormat.JPEG)
    assert not name_suits(Path("a.heic"), PhotoFormat.JPEG)
