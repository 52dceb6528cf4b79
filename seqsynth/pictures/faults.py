"""Why a picture cannot be read or written: one class of error, with the kind of fault beside it."""

import enum
import struct
import zlib

import cv2

from seqsynth.errors import SourceError


class Fault(enum.Enum):
    """What is wrong with a picture, for a caller who has advice of its own to add."""

    UNREADABLE = enum.auto()
    """The file system does not give the file."""
    EMPTY = enum.auto()
    FOREIGN = enum.auto()
    """Its first bytes are those of no picture."""
    NOT_READ = enum.auto()
    """A picture of a format outside the fixed list."""
    EXTRA = enum.auto()
    """A picture whose format needs a library that is not installed."""
    HEAD = enum.auto()
    """No picture behind its first bytes: torn before its pixels begin, or of a rare variant."""
    TORN = enum.auto()
    """Truncated or corrupt."""
    TOO_LARGE = enum.auto()
    """More pixels, or a longer side, than is read or written."""
    DEPTH = enum.auto()
    """Values that are neither of 8 nor of 16 bits."""
    UNWRITABLE = enum.auto()
    """Sound, but what it holds does not fit into the format asked for."""


class PictureFileError(SourceError):
    """A picture cannot be read or written; the text is what would stand behind its name.

    Attributes
    ----------
    reason : what is wrong, without advice
    fault : which kind of fault it is
    """

    def __init__(self, reason: str, fault: Fault = Fault.TORN, advice: str = "") -> None:
        if fault is Fault.TORN:
            advice = advice or "copy it again from where it came"
        super().__init__(f"{reason}; {advice}" if advice else reason)
        self.reason = reason
        self.fault = fault


DECODE_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
    cv2.error,
)
"""What Pillow, OpenCV and libheif raise on files that are torn or are not what they claim."""


def in_brackets(error: Exception) -> str:
    """Return an error's text on one short line, in brackets; LibRaw's comes as bytes."""
    first = error.args[0] if error.args else ""
    text = first.decode(errors="replace") if isinstance(first, bytes) else str(error)
    line = " ".join(text.split())
    return f" ({line[:120]})" if line.isprintable() and line else ""
