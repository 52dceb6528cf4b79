"""Which pictures are read: a fixed list of formats, told by first bytes, since names lie.

Nothing outside the list is handed to a library that might know it: some of what Pillow opens runs
other programs (PostScript) or fetches other files.
"""

import enum
import importlib.util
from collections.abc import Collection
from pathlib import PurePath


class PictureFormat(enum.StrEnum):
    """A kind of picture file that can be read."""

    JPEG = "JPEG"
    PNG = "PNG"
    TIFF = "TIFF"
    BMP = "BMP"
    GIF = "GIF"
    PPM = "PPM"
    WEBP = "WebP"
    HEIC = "HEIC"
    RAW = "camera raw"


RAW_SUFFIXES = frozenset(
    (
        *(".3fr", ".arw", ".cr2", ".cr3", ".dcr", ".dng", ".erf", ".iiq"),
        *(".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef"),
        *(".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
    )
)
"""Camera raw files; many begin like a TIFF, so there only the name tells."""

SUFFIXES = {
    PictureFormat.JPEG: frozenset({".jpg", ".jpeg", ".jpe", ".mpo"}),
    PictureFormat.PNG: frozenset({".png"}),
    PictureFormat.TIFF: frozenset({".tif", ".tiff"}),
    PictureFormat.BMP: frozenset({".bmp"}),
    PictureFormat.GIF: frozenset({".gif"}),
    PictureFormat.PPM: frozenset({".ppm", ".pgm", ".pnm"}),
    PictureFormat.WEBP: frozenset({".webp"}),
    PictureFormat.HEIC: frozenset({".heic", ".heif", ".hif"}),
    PictureFormat.RAW: RAW_SUFFIXES,
}
"""The names a format goes by."""

READ = frozenset(PictureFormat) - {PictureFormat.RAW}
"""What is read behind any name."""

PHOTOS = READ - {PictureFormat.GIF}
"""What is looked for in folders of photos: a GIF is hardly one."""

CAMERA = frozenset(
    {
        PictureFormat.JPEG,
        PictureFormat.PNG,
        PictureFormat.TIFF,
        PictureFormat.HEIC,
        PictureFormat.RAW,
    }
)
"""What cameras write, and what raw files are developed to."""

CAMERA_SUFFIXES = frozenset().union(*(SUFFIXES[one] for one in CAMERA))
"""The names of what cameras write, whether it can be read here or not: it is to be named."""

EXTRAS = {
    PictureFormat.HEIC: ("pillow_heif", "pillow-heif", "heif"),
    PictureFormat.RAW: ("rawpy", "rawpy", "raw"),
}
"""Formats that need an extra: the module, its name on the package index, our extra's name."""

HEAD_BYTES = 64
"""So many first bytes tell the format."""

_SIGNATURES = (
    (b"\xff\xd8\xff", PictureFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
    (b"BM", PictureFormat.BMP),
    (b"GIF87a", PictureFormat.GIF),
    (b"GIF89a", PictureFormat.GIF),
    *((b"P%d" % number, PictureFormat.PPM) for number in range(1, 7)),
    (b"Pf", PictureFormat.PPM),
    # Fujifilm, Olympus, Panasonic, Sigma, Minolta: raw files that are no TIFF.
    (b"FUJIFILMCCD-RAW", PictureFormat.RAW),
    (b"IIRO", PictureFormat.RAW),
    (b"IIRS", PictureFormat.RAW),
    (b"MMOR", PictureFormat.RAW),
    (b"IIU\0", PictureFormat.RAW),
    (b"FOVb", PictureFormat.RAW),
    (b"\0MRM", PictureFormat.RAW),
)

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"II\0*", b"MM*\0")
"""Little and big endian, each as the standard, as BigTIFF, and as some programs get it wrong."""

_HEIC_BRANDS = frozenset(b"heic heix heim heis hevc hevx mif1 msf1".split())

_NOT_READ = (
    (b"%!PS", "no picture but PostScript"),
    (b"\xc5\xd0\xd3\xc6", "no picture but PostScript"),
    (b"%PDF", "no picture but PDF"),
    (b"<svg", "no picture of pixels but SVG"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
)
"""First bytes of what people name .jpg and is not read -> what it is."""


def sniff_format(head: bytes, suffix: str = "") -> PictureFormat | None:
    """Tell the format from a file's first `HEAD_BYTES` bytes; None where it is none of ours.

    ``suffix`` only tells camera raw from TIFF.
    """
    if head.startswith(_TIFF):
        raw = suffix.lower() in RAW_SUFFIXES
        return PictureFormat.RAW if raw else PictureFormat.TIFF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureFormat.WEBP
    if head[4:8] == b"ftyp":
        return _box_format(head)
    return next((found for start, found in _SIGNATURES if head.startswith(start)), None)


def name_foreign(head: bytes) -> str:
    """Say what a file is that is not read here, as "JPEG 2000"; "" where nobody knows."""
    if head[4:8] == b"ftyp" and {b"avif", b"avis"} & _brands(head):
        return "AVIF"
    return next((name for start, name in _NOT_READ if head.startswith(start)), "")


def can_read(picture_format: PictureFormat) -> bool:
    """Say whether the library that a format needs is installed."""
    if picture_format not in EXTRAS:
        return True
    try:
        return importlib.util.find_spec(EXTRAS[picture_format][0]) is not None
    except ValueError:
        # A module that was put into `sys.modules` as None, to be without it.
        return False


def suffixes_of(formats: Collection[PictureFormat]) -> frozenset[str]:
    """Return the suffixes, lower case, of those formats that can be read here."""
    return frozenset().union(*(SUFFIXES[one] for one in formats if can_read(one)))


def name_suits(name: PurePath, picture_format: PictureFormat) -> bool:
    """Tell whether a file's suffix is one of those the format goes by."""
    return name.suffix.lower() in SUFFIXES[picture_format]


def _box_format(head: bytes) -> PictureFormat | None:
    """Tell Canon's raw files from HEIC: both are boxes that name their brand first."""
    brand = head[8:12]
    if brand == b"crx ":
        return PictureFormat.RAW
    if brand in _HEIC_BRANDS and b"avif" not in _brands(head):
        return PictureFormat.HEIC
    return None


def _brands(head: bytes) -> set[bytes]:
    """Return the brands of a file of boxes: the major one and those it is compatible with."""
    box = head[8 : int.from_bytes(head[:4], "big")]
    return {box[place : place + 4] for place in range(0, len(box), 4) if place != 4}
