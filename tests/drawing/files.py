"""Picture files written by hand: what Pillow cannot write, and what nobody should open."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

POSTSCRIPT = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n%%EndComments\n"
    b"0 0 40 40 rectfill\nshowpage\n%%EOF\n"
)
"""A program that Pillow hands to Ghostscript, whatever its file is called."""


def fake_ghostscript(folder: Path) -> Path:
    """Lay a program ``gs`` into a folder that leaves a mark when it runs; return the mark."""
    folder.mkdir()
    mark = folder / "mark"
    program = folder / "gs"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 0\n")
    program.chmod(0o755)
    return mark


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk of a PNG file."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG file of chunks (kind, content)."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_of(
    levels: NDArray[np.unsignedinteger], *more: tuple[bytes, bytes], colour_type: int = 2
) -> bytes:
    """Return (H, W) or (H, W, channels) of 8 or 16 bits as PNG, with more chunks before pixels."""
    height, width = levels.shape[:2]
    depth = 8 * levels.dtype.itemsize
    rows = b"".join(b"\0" + row.astype(f">u{depth // 8}").tobytes() for row in levels)
    head = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return png((b"IHDR", head), *more, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


def exif_block(orientation: int, kind: str, endian: str) -> bytes:
    """Return an EXIF block with an orientation as "short", "long" or "byte"; endian "<" or ">"."""
    number, code, room = {"short": (3, "H", "2x"), "long": (4, "I", ""), "byte": (1, "B", "3x")}[
        kind
    ]
    mark = b"II*\0" if endian == "<" else b"MM\0*"
    entry = struct.pack(f"{endian}HHI{code}{room}", 274, number, 1, orientation)
    return mark + struct.pack(f"{endian}IH", 8, 1) + entry + bytes(4)


def tiff_of(
    levels: NDArray[np.unsignedinteger], orientation: int = 1, *, kind: str = "short"
) -> bytes:
    """Return (H, W, 3) of 8 or 16 bits as an uncompressed TIFF with an orientation."""
    height, width, channels = levels.shape
    depth = 8 * levels.dtype.itemsize
    long = {273, 279} | ({274} if kind == "long" else set())
    tags = {
        256: width,
        257: height,
        258: 0,
        259: 1,
        262: 2,
        273: 0,
        274: orientation,
        277: channels,
        278: height,
        279: levels.nbytes,
        284: 1,
    }
    depth_at = 8 + 2 + 12 * len(tags) + 4
    tags |= {258: depth_at, 273: depth_at + 2 * channels}
    entries = b"".join(
        struct.pack("<HHII", tag, 4 if tag in long else 3, channels if tag == 258 else 1, value)
        for tag, value in tags.items()
    )
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    depths = struct.pack("<3H", depth, depth, depth)
    return head + depths + levels.astype(f"<u{depth // 8}").tobytes()


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    """Return a JPEG with an EXIF block in segments of at most 65,000 bytes."""
    pieces = [block[start : start + 65_000] for start in range(0, len(block), 65_000)]
    segments = [b"Exif\0\0" + piece for piece in pieces]
    framed = b"".join(b"\xff\xe1" + struct.pack(">H", len(s) + 2) + s for s in segments)
    return jpeg[:2] + framed + jpeg[2:]
