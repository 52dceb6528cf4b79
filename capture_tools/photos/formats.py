"""Photo formats: told by a file's first bytes, since names lie (phones call JPEGs ``.heic``)."""

from pathlib import Path

from capture_tools.capture import PhotoFormat

# fmt: off
RAW_SUFFIXES = frozenset({
    ".3fr", ".arw", ".cr2", ".cr3", ".dcr", ".dng", ".erf", ".iiq",
    ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef",
    ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
})
# fmt: on
"""Camera raw files; many begin like a TIFF, so here only the name tells."""


SUFFIXES = {
    PhotoFormat.JPEG: frozenset({".jpg", ".jpeg", ".jpe", ".mpo"}),
    PhotoFormat.PNG: frozenset({".png"}),
    PhotoFormat.TIFF: frozenset({".tif", ".tiff"}),
    PhotoFormat.HEIC: frozenset({".heic", ".heif", ".hif"}),
    PhotoFormat.RAW: RAW_SUFFIXES,
}

PHOTO_SUFFIXES = frozenset().union(*SUFFIXES.values())

HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

RAW_SIGNATURES = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
"""Beginnings of raw files that are no TIFF: Fujifilm, Olympus, Panasonic, Sigma, Minolta."""

HEADER_BYTES = 16


def is_photo_name(path: Path) -> bool:
    """Tell whether a file is a photo by its name; hidden files never are."""
    return path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".")


def name_suits(path: Path, photo_format: PhotoFormat) -> bool:
    """Tell whether the suffix is one of those the format goes by."""
    return path.suffix.lower() in SUFFIXES[photo_format]


def sniff_format(header: bytes, path: Path) -> PhotoFormat | None:
    """Tell the format from the file's first `HEADER_BYTES` bytes; None where it is none of ours."""
    if header.startswith(b"\xff\xd8\xff"):
        return PhotoFormat.JPEG
    if header.startswith(b"\x89PNG\r\n\x1a\n"):
        return PhotoFormat.PNG
    if header[4:8] == b"ftyp":
        return _box_format(header[8:12])
    if header.startswith(RAW_SIGNATURES):
        return PhotoFormat.RAW
    if header.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        raw = path.suffix.lower() in RAW_SUFFIXES
        return PhotoFormat.RAW if raw else PhotoFormat.TIFF
    return None


def _box_format(brand: bytes) -> PhotoFormat | None:
    """Tell Canon's raw files from HEIC: both are boxes that name their brand first."""
    if brand == b"crx ":
        return PhotoFormat.RAW
    return PhotoFormat.HEIC if brand in HEIC_BRANDS else None
