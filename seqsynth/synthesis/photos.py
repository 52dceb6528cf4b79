"""Photos by id for the synthesis: decoded, scaled, and kept in memory as far as allowed."""

import threading
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from seqsynth.errors import SourceError
from seqsynth.pictures import read, shrink
from seqsynth.sequence import Image
from seqsynth.voc import PhotoList


class Photos(Protocol):
    """Where the synthesis gets its photos; `PhotoSource` reads files."""

    unusable: dict[str, str]

    def find(self, photo_id: str, height: int, width: int) -> Image | None:
        """Return a photo of at least ``height`` x ``width`` px, or None and note the reason."""


class PhotoCache:
    """The photos decoded last, up to a number of bytes; shared by the threads of a process.

    Attributes
    ----------
    shallow : file -> what to say of it, for every one read whose 16 bits hold data of fewer
    """

    def __init__(self, room_bytes: int) -> None:
        self.room_bytes = room_bytes
        self.shallow: dict[Path, str] = {}
        self._photos: OrderedDict[tuple[Path, float, int], Image] = OrderedDict()
        self._free = room_bytes
        self._lock = threading.Lock()

    def read(self, path: Path, scale: float, bits: int = 16) -> Image:
        """Return a photo, uint8 RGB (H, W, 3), from memory or file.

        Raises
        ------
        SourceError
            See `seqsynth.pictures.decode`.
        """
        if not self.room_bytes:
            return self._read(path, scale, bits)
        key = path, scale, bits
        with self._lock:
            photo = self._photos.get(key)
            if photo is not None:
                self._photos.move_to_end(key)
                return photo
        photo = self._read(path, scale, bits)
        with self._lock:
            self._keep(key, photo)
        return photo

    def _read(self, path: Path, scale: float, bits: int) -> Image:
        raster = read(path, bits=bits)
        if remark := raster.describe_depth():
            self.shallow[path] = remark
        elif self.shallow:
            self.shallow.pop(path, None)
        return shrink(raster.to_rgb(), scale)

    def _keep(self, key: tuple[Path, float, int], photo: Image) -> None:
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
    bits : what the data of 16-bit files use; 9 to 15 are scaled to 16

    Attributes
    ----------
    unusable : photo id -> why it could not be used the last time it was refused
    shallow : photo id -> what to say of it, for every one used whose 16 bits hold data of fewer
    """

    def __init__(
        self, photos: PhotoList, scale: float, cache: PhotoCache | None = None, *, bits: int = 16
    ) -> None:
        self.unusable: dict[str, str] = {}
        self.shallow: dict[str, str] = {}
        self._photos = photos
        self._scale = scale
        self._bits = bits
        self._cache = cache or PhotoCache(0)
        self._sizes: dict[str, tuple[int, int]] = {}

    def find(self, photo_id: str, height: int, width: int) -> Image | None:
        """Return a photo of at least ``height`` x ``width`` px, or None and note the reason.

        Returns
        -------
        uint8 (H, W, 3), RGB
        """
        path = self._photos.path(photo_id)
        size = self._sizes.get(photo_id)
        if size is None or (size[0] >= height and size[1] >= width):
            try:
                photo = self._cache.read(path, self._scale, self._bits)
            except SourceError as error:
                self.unusable[photo_id] = str(error)
                self._sizes[photo_id] = (0, 0)
                return None
            size = (photo.shape[0], photo.shape[1])
            if size[0] >= height and size[1] >= width:
                if self._cache.shallow and path in self._cache.shallow:
                    self.shallow[photo_id] = self._cache.shallow[path]
                return photo
        if size != (0, 0):
            self.unusable[photo_id] = (
                f"is {size[0]}x{size[1]} px; {height}x{width} (height x width) are needed"
            )
        # Its size, not its refusal: what is too small for one motion may do for another.
        self._sizes[photo_id] = size
        return None
