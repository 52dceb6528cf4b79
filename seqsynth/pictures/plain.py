"""Plain JPEGs: those whose head says no more than size and tables, as photos of data sets do.

Pillow reads a head in a tenth of the time that decoding takes. Of a plain one there is nothing to
ask it: no EXIF, no profile, no second picture, nothing unusual. Whatever else a file has or lacks
is Pillow's to judge.
"""

import itertools

from seqsynth.pictures.limits import MAX_PIXELS

_APP0, _TABLES, _SCAN = 0xE0, 0xDB, 0xDA
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive frames of Huffman coding."""
_PASSED_OVER = frozenset({0xC4, 0xDD, 0xFE})
"""Huffman tables, restart interval, comment."""


def is_plain_jpeg(data: bytes) -> bool:
    """Tell whether a file is a JPEG of grey or colour in 8 bits whose head says no more than that.

    False means no more than that its head needs a closer look.
    """
    if data[:2] != b"\xff\xd8":
        return False
    place, frames = 2, 0
    for number in itertools.count():
        if len(data) < place + 4 or data[place] != 0xFF:
            return False
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4])
        content = data[place + 4 : place + 2 + length]
        if len(content) != length - 2:
            return False
        if marker == _SCAN:
            return frames == 1
        if marker in _FRAMES:
            frames += 1
        if not _is_plain(marker, content, first=number == 0):
            return False
        place += 2 + length
    return False


def _is_plain(marker: int, content: bytes, *, first: bool) -> bool:
    """Tell whether a segment is one that a plain head has."""
    if first or marker == _APP0:
        return first and marker == _APP0 and len(content) >= 14 and content[:5] == b"JFIF\0"
    if marker == _TABLES:
        return _are_tables(content)
    return marker in _PASSED_OVER or (marker in _FRAMES and _is_frame(content))


def _is_frame(content: bytes) -> bool:
    """Tell whether a frame is of 8 bits, one or three channels, and of a size that is read."""
    if len(content) < 6 or content[0] != 8 or content[5] not in (1, 3):
        return False
    pixels = int.from_bytes(content[1:3]) * int.from_bytes(content[3:5])
    return 0 < pixels <= MAX_PIXELS and len(content) == 6 + 3 * content[5]


def _are_tables(content: bytes) -> bool:
    """Tell whether a segment holds whole quantisation tables, of 8 or 16 bits, and no more."""
    place = 0
    while place < len(content):
        if content[place] >> 4 > 1:
            return False
        place += 1 + 64 * (1 + (content[place] >> 4))
    return place == len(content)
