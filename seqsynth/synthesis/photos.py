"""Photos by id for the synthesis: decoded, scaled, and kept in memory as far as allowed."""

import threading
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from seqsynth.errors import SourceError
from seqsynth.images import read_photo
from seqsynth.sequence import Image
from seqsynth.voc import PhotoList


class Photos(Protocol):
    """Where the synthesis gets its photos; `PhotoSource` reads files."""

    unusable: dict[str, str]

    def find(self, photo_id: str, height: int, width: int) -> Image | None:
        """Return a photo of at least ``height`` x ``width`` px, or None and note the reason."""


class PhotoCache:
    """The photos decoded last, up to a number of bytes; shared by the threads of a process."""

    def __init__(self, room_bytes: int) -> None:
        self.room_bytes = room_bytes
        self._photos: OrderedDict[tuple[Path, float], Image] = OrderedDict()
        self._free = room_bytes
        self._lock = threading.Lock()

    def read(self, path: Path, scale: float) -> Image:
        """Return a photo, uint8 RGB (H, W, 3), from memory or file.

        Raises
        ------
        SourceError
            See `read_photo`.
        """
        if not self.room_bytes:
            return read_photo(path, scale)
        with self._lock:
            photo = self._photos.get((path, scale))
            if photo is not None:
                self._photos.move_to_end((path, scale))
                return photo
        photo = read_photo(path, scale)
        with self._lock:
            self._keep((path, scale), photo)
        return photo

    def _keep(self, key: tuple[Path, float], photo: Image) -> None:
        if key in self._photos or photo.nbytes > self.room_bytes:
            return
        self._photos[key] = photo
        self._free -= photo.nbytes
        while self._free < 0:
            self._free += self._photos.popitem(last=False)[1].nbytes


@lru_cache(maxsize=1)
def shared_cache(room_bytes: int) -> PhotoCache:
    """Return this process's cache, so that the shards a worker makes share decoded photos."""
    return PhotoCache(room_bytes)


class PhotoSource:
    """Find usable photos of a list, and remember why others are not.

    Parameters
    ----------
    photos : where the photos lie
    scale : factor every photo is shrunk by
    cache : where decoded photos are kept

    Attributes
    ----------
    unusable : photo id -> why it could not be used the last time it was refused
    """

    def __init__(self, photos: PhotoList, scale: float, cache: PhotoCache | None = None) -> None:
        self.unusable: dict[str, str] = {}
        self._photos = photos
        self._scale = scale
        self._cache = cache or PhotoCache(0)
        self._sizes: dict[str, tuple[int, int]] = {}

    def find(self, photo_id: str, height: int, width: int) -> Image | None:
        """Return a photo of at least ``height`` x ``width`` px, or None and note the reason.

        Returns
        -------
        uint8 (H, W, 3), RGB
        """
        size = self._sizes.get(photo_id)
        if size is None or (size[0] >= height and size[1] >= width):
            try:
                photo = self._cache.read(self._photos.path(photo_id), self._scale)
            except SourceError as error:
                self.unusable[photo_id] = str(error)
                self._sizes[photo_id] = (0, 0)
                return None
            size = (photo.shape[0], photo.shape[1])
            if size[0] >= height and size[1] >= width:
                return photo
        if size != (0, 0):
            self.unusable[photo_id] = (
                f"is {size[0]}x{size[1]} px; {height}x{width} (height x width) are needed"
            )
        # Its size, not its refusal: what is too small for one motion may do for another.
        self._sizes[photo_id] = size
        return None
