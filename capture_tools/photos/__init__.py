"""Photos: files told by their first bytes, their EXIF, their pixels, and their working size."""

from capture_tools.photos.photo import (
    DecodedPhoto,
    is_photo_name,
    read_capture,
    read_photo,
    read_photo_exif,
)
from capture_tools.photos.working_view import Light, WorkingView, reduce_view

__all__ = [
    "DecodedPhoto",
    "Light",
    "WorkingView",
    "is_photo_name",
    "read_capture",
    "read_photo",
    "read_photo_exif",
    "reduce_view",
]
