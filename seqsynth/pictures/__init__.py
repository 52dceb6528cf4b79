"""The one door through which picture files come in and go out, for all packages.

A file is what its first bytes say, of a fixed list of formats; no picture starts a program. See
`decode` for the pixels with all the file has, `read_photo` for uint8 RGB, `read_head` for size and
EXIF without pixels, `encode` and `encode_like` for files, and `list_pictures` for folders.
"""

from seqsynth.pictures.decoding import Raster, decode, read
from seqsynth.pictures.encoding import encode, encode_like
from seqsynth.pictures.faults import Fault, PictureFileError
from seqsynth.pictures.folders import PictureListing, is_litter, lies_in, list_pictures, same_name
from seqsynth.pictures.formats import PictureFormat
from seqsynth.pictures.limits import MAX_PIXELS
from seqsynth.pictures.opening import Head, open_file, read_head
from seqsynth.pictures.photo import decode_photo, read_photo
from seqsynth.pictures.scaling import shrink

__all__ = [
    "MAX_PIXELS",
    "Fault",
    "Head",
    "PictureFileError",
    "PictureFormat",
    "PictureListing",
    "Raster",
    "decode",
    "decode_photo",
    "encode",
    "encode_like",
    "is_litter",
    "lies_in",
    "list_pictures",
    "open_file",
    "read",
    "read_head",
    "read_photo",
    "same_name",
    "shrink",
]
