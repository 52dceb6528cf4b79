"""Sequences without shards: one from two arrays, or an endless stream for use inside a loader."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seqsynth.config import SynthesisConfig
from seqsynth.errors import ConfigError, SourceError
from seqsynth.sequence import Image, Trajectory, ViewSequence, camera_motion
from seqsynth.shards.mapping import FRAMES
from seqsynth.shards.rebuild import Crop, rebuild_frames
from seqsynth.synthesis.blends import Blend
from seqsynth.synthesis.draft import Record
from seqsynth.synthesis.integers.arithmetic import WORTHWHILE, arithmetic_for, resampler_for
from seqsynth.synthesis.photos import PhotoCache, PhotoSource
from seqsynth.synthesis.pipeline import Synthesiser
from seqsynth.voc import Pools, find_photos, split_pools


class GivenPhotos:
    """Photos that are already arrays, in place of a `PhotoSource`."""

    def __init__(self, photos: dict[str, Image]) -> None:
        self.unusable: dict[str, str] = {}
        self._photos = photos

    def find(self, photo_id: str, height: int, width: int) -> Image | None:
        """Return a photo of at least ``height`` x ``width`` px, or None and note the reason."""
        photo = self._photos[photo_id]
        if photo.shape[0] >= height and photo.shape[1] >= width:
            return photo
        self.unusable[photo_id] = (
            f"is {photo.shape[0]}x{photo.shape[1]} px; {height}x{width} (height x width) are needed"
        )
        return None


def synthesise(
    transmission: Image,
    reflection: Image,
    config: SynthesisConfig | None = None,
    *,
    number: int = 0,
    blend: Blend | None = None,
) -> ViewSequence:
    """Make one multi-view sequence from a transmission and a reflection photo (paper 4.2).

    Parameters
    ----------
    transmission, reflection : uint8 (H, W, 3), RGB; with the defaults at least 228 and 264 px a
        side
    config : what to make; its seed and ``number`` decide every draw
    number : which of the seed's sequences
    blend : a blend model of your own, in place of the configuration's

    Raises
    ------
    ConfigError
        ``blend`` returned views of another type or shape than uint8 (V, H, W, 3).
    SourceError
        A photo is no uint8 (H, W, 3) array, or too small for the windows.
    """
    photos = {"transmission": transmission, "reflection": reflection}
    for name, photo in photos.items():
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
            raise SourceError(f"{name} is {photo.dtype} {photo.shape}; uint8 (H, W, 3) is needed")
    pools = Pools(("transmission",), ("reflection",), (), (), ())
    synthesiser = Synthesiser(config or SynthesisConfig(), pools, GivenPhotos(photos), blend)
    return _sequence(synthesiser, "train", number)


class SequenceStream:
    """Endless fresh sequences of VOC; number i equals training sequence i of the shards.

    It may be forked and pickled; a copy finds the photos anew and starts with an empty cache.

    Parameters
    ----------
    voc : VOCdevkit, VOC2012 folder or a plain folder of images
    config : what to make; ``sequences`` and the shard settings do not matter here
    split : "train" or "val", whose photos are used
    cache_bytes : memory for decoded photos
    blend : as for `synthesise`; the sequences are then no training sequences of any shards
    """

    def __init__(
        self,
        voc: Path,
        config: SynthesisConfig | None = None,
        *,
        split: str = "train",
        cache_bytes: int = 0,
        blend: Blend | None = None,
    ) -> None:
        self.config = config or SynthesisConfig()
        self.split = split
        photos = find_photos(voc, self.config.image_set)
        pools = split_pools(list(photos.files), self.config.seed, self.config.val_fraction)
        if not all(pools.of(split)):
            raise SourceError(f"no photos are held back for split {split!r}; raise val_fraction")
        cache = PhotoCache(cache_bytes)
        source = PhotoSource(photos, self.config.scale, cache, bits=self.config.bits)
        arithmetic, resampler = arithmetic_for(WORTHWHILE), resampler_for(WORTHWHILE)
        self._synthesiser = Synthesiser(
            self.config, pools, source, blend, arithmetic=arithmetic, resampler=resampler
        )
        self._remake = partial(
            SequenceStream, voc, self.config, split=split, cache_bytes=cache_bytes, blend=blend
        )

    def __reduce__(self) -> tuple["partial[SequenceStream]", tuple[()]]:
        return self._remake, ()

    def __getitem__(self, number: int) -> ViewSequence:
        """Return sequence ``number``, from 0 without end."""
        if number < 0:
            raise IndexError(f"sequence {number}: the stream starts at 0 and has no end")
        return _sequence(self._synthesiser, self.split, number)

    def __iter__(self) -> Iterator[ViewSequence]:
        number = 0
        while True:
            yield self[number]
            number += 1


def _sequence(synthesiser: Synthesiser, split: str, number: int) -> ViewSequence:
    record = synthesiser.record(split, number)
    frames = _frames(record, synthesiser.config.window)
    _check(frames, (synthesiser.config.views, *synthesiser.config.window, 3))
    return ViewSequence(
        blended=frames["blended"],
        transmission=frames["transmission"],
        reflection=frames["reflection"],
        trajectory=_trajectory(record),
        name=f"{split}-{number:06d}",
        split=split,
        metadata=_metadata(record),
        camera=camera_motion(record, synthesiser.config.window),
    )


def _trajectory(record: Record) -> Trajectory | None:
    if "transmission_origin" not in record:
        return None
    return Trajectory(record["transmission_origin"], record["reflection_origin"])


def _frames(record: Record, window: tuple[int, int]) -> Record:
    """Return the views of a record of either layout."""
    if "blended" in record:
        return record
    shape = (len(record["transmission_origin"]), *window, 3)
    frames = {name: np.empty(shape, np.uint8) for name in FRAMES}
    rebuild_frames(record, Crop(0, 0, *window), frames)
    return frames


def _check(frames: Record, wanted: tuple[int, ...]) -> None:
    """Refuse views that a caller's blend made in another form than all others do."""
    for name in ("blended", "transmission", "reflection"):
        found = np.asarray(frames[name])
        if found.dtype != np.uint8 or found.shape != wanted:
            raise ConfigError(
                f"the blend returned {name} as {found.dtype} {found.shape}; uint8 "
                f"{wanted} is needed"
            )


def _metadata(record: Record) -> dict[str, Any]:
    """Return what shards record of the same sequence, in JSON types."""
    metadata: dict[str, Any] = {
        name: record[name] for name in ("sigma", "strength") if name in record
    }
    metadata["source"] = [name.decode() for name in record["source"].tolist()]
    metadata["window_source"] = record["window_source"].tolist()
    if "attenuation" in record:
        metadata["attenuation"] = record["attenuation"].tolist()
    if "parameters" in record:
        metadata["parameters"] = dict(record["parameters"])
    return metadata
