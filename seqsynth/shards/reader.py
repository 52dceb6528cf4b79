"""Read shard sets as one long, lazy list of sequences."""

import logging
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import ShardError
from seqsynth.motion import Motion
from seqsynth.motion.checks import are_invertible
from seqsynth.sequence import CameraMotion, Trajectory, ViewSequence, camera_motion, slides
from seqsynth.shards.agreement import Stated, check_agreement, check_count, stated_by
from seqsynth.shards.index import (
    Location,
    ShardEntry,
    ShardIndex,
    locate,
    read_index,
    shard_file,
)
from seqsynth.shards.mapping import FRAMES, Head, MappedShard
from seqsynth.shards.rebuild import Crop, fill_frames
from seqsynth.shards.schema import CAMERA, HOMOGRAPHIES, SECOND_PLANE

log = logging.getLogger(__name__)

_COLUMNS = ("sigma", "strength", "attenuation", "source", "window_source")
"""Datasets that the metadata of a sequence are read from, beside its parameters."""

MOST_OPEN = 512
"""Shards a set keeps open at once: each holds a file descriptor, and 1024 is a usual limit."""


class ShardSet(Sequence[ViewSequence]):
    """All sequences of one or more shard sets, read when they are asked for.

    Indexing gives a `ViewSequence`, slicing another `ShardSet` over the same files. Files are
    opened on first use and once per process, so a set may be pickled, forked and shared between
    threads; those at a URL are fetched then, unless they are cached. `close`, or leaving a ``with``
    block, lets go of them; a later read opens them again.

    Parameters
    ----------
    parts : location and index of each shard set
    shards : location and entry of each shard, in order
    rows : numbers of the chosen sequences, counted over ``shards``
    """

    def __init__(
        self,
        parts: Sequence[tuple[Location, ShardIndex]],
        shards: Sequence[tuple[Location, ShardEntry]],
        rows: Sequence[int] | None = None,
    ) -> None:
        self.parts = parts
        self._shards = shards
        self._ends = list(accumulate(entry.count for _, entry in shards))
        total = self._ends[-1] if self._ends else 0
        self._rows: Sequence[int] = range(total) if rows is None else rows
        self._open: dict[int, MappedShard] = {}
        self._heads: dict[int, Head] = {}
        self._told: dict[Location, Mapping[str, Stated]] = {}
        self._pid = os.getpid()

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, number: int) -> ViewSequence: ...
    @overload
    def __getitem__(self, number: slice) -> "ShardSet": ...
    def __getitem__(self, number: int | slice) -> "ViewSequence | ShardSet":
        """Return one sequence whole, or a slice of the set; `IndexError` beyond its end."""
        if isinstance(number, slice):
            return ShardSet(self.parts, self._shards, self._rows[number])
        shard, entry, row = self._locate(number)
        shapes = shard.shapes
        frames: dict[str, NDArray[np.uint8]] = {
            name: np.empty(shape, np.uint8) for name, shape in shapes.items()
        }
        _, height, width, _ = shapes["blended"]
        fill_frames(shard, row, Crop(0, 0, height, width), frames)
        return ViewSequence(
            blended=frames["blended"],
            transmission=frames.get("transmission"),
            reflection=frames.get("reflection"),
            trajectory=_trajectory(shard, row),
            name=_name(shard, entry, row),
            split=entry.split,
            metadata=_metadata(shard, entry, row),
            camera=camera_of(shard, row),
        )

    def __iter__(self) -> Iterator[ViewSequence]:
        return (self[number] for number in range(len(self)))

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {split}" for split, count in self.counts().items())
        return f"ShardSet({len(self)} sequences: {counts or 'none'})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": {}, "_heads": {}, "_told": {}}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every open file; arrays that were read stay valid."""
        self._open.clear()

    def files(self) -> Iterator[Path]:
        """Yield a local file of every shard that the chosen sequences lie in, fetching each."""
        for place in np.unique(self._places()).tolist():
            yield shard_file(*self._shards[place])

    def split(self, *names: str) -> "ShardSet":
        """Return the sequences of the named splits ("train", "val", "test")."""
        if self._is_whole:
            return ShardSet(self.parts, [s for s in self._shards if s[1].split in names])
        wanted = np.array([entry.split in names for _, entry in self._shards], bool)
        return self.take(np.flatnonzero(wanted[self._places()]).tolist())

    def take(self, numbers: Iterable[int]) -> "ShardSet":
        """Return the sequences with these numbers, in this order."""
        return ShardSet(self.parts, self._shards, [self._rows[number] for number in numbers])

    def counts(self) -> dict[str, int]:
        """Return the number of sequences of each split, in the order of the shards."""
        per_shard = np.bincount(self._places(), minlength=len(self._shards)).tolist()
        counts: dict[str, int] = {}
        for (_, entry), count in zip(self._shards, per_shard, strict=True):
            if count:
                counts[entry.split] = counts.get(entry.split, 0) + count
        return counts

    def splits(self) -> NDArray[np.str_]:
        """Return the split of every sequence, text (n,)."""
        names = np.array([entry.split for _, entry in self._shards], np.str_)
        return names[self._places()]

    def shapes(self, number: int) -> dict[str, tuple[int, int, int, int]]:
        """Return (V, H, W, 3) of each known kind of frame of a sequence; views come first."""
        return self._locate(number)[0].shapes

    def batch(
        self,
        numbers: Sequence[int],
        *,
        frames: Sequence[str] = FRAMES,
        crops: Sequence[Crop] | None = None,
        out: Mapping[str, NDArray[np.uint8]] | None = None,
    ) -> Mapping[str, NDArray[np.uint8]]:
        """Read several sequences into one array per kind of frame.

        Parameters
        ----------
        numbers : the sequences wanted; all of one size, unless cropped to one
        frames : the kinds wanted, of "blended", "transmission", "reflection"
        crops : a rectangle for each sequence, all of one size; only its rows are read
        out : arrays to write to, as an earlier call returned: uint8, each sequence in one piece

        Returns
        -------
        kind -> uint8 (B, V, H, W, 3); "transmission" may be (B, 1, H, W, 3)

        Raises
        ------
        ShardError
            No sequence is asked for, they differ in size, a wanted kind is unknown to one of them,
            or ``out`` is not what they can be written to.
        IndexError
            The set has no sequence of one of the numbers.
        """
        if not len(numbers):
            raise ShardError("a batch of no sequence is asked for; give at least one number")
        if out is not None:
            _check_out(out, len(numbers))
        if crops is None:
            crops = [_whole(self.shapes(number)) for number in numbers]
        if out is None:
            shapes = self.shapes(numbers[0])
            sides = (crops[0].height, crops[0].width, 3)
            missing = [name for name in frames if name not in shapes]
            if missing:
                raise ShardError(f"the {missing[0]} of these sequences is unknown")
            out = {
                name: np.empty((len(numbers), shapes[name][0], *sides), np.uint8) for name in frames
            }
        wanted = {name: array.shape[1:] for name, array in out.items()}
        for place, (number, crop) in enumerate(zip(numbers, crops, strict=True)):
            shard, _, row = self._locate(number)
            _check_fits(shard, crop, wanted)
            fill_frames(shard, row, crop, {name: array[place] for name, array in out.items()})
        return out

    def trajectory(self, number: int) -> Trajectory | None:
        """Return how the layers of a sequence moved, or None where unknown."""
        shard, _, row = self._locate(number)
        return _trajectory(shard, row)

    def motion(self, number: int) -> Motion | None:
        """Return how both layers of a sequence moved, by slide or camera; None where unknown."""
        shard, _, row = self._locate(number)
        camera = camera_of(shard, row)
        if camera is not None:
            return camera.motion
        trajectory = _trajectory(shard, row)
        return None if trajectory is None else slides(trajectory, shard.shapes["blended"][1:3])

    def metadata(self, number: int) -> Mapping[str, Any]:
        """Return what the set records of a sequence, without reading its frames."""
        shard, entry, row = self._locate(number)
        return _metadata(shard, entry, row)

    def name(self, number: int) -> str:
        """Return a sequence's name, unique in its set."""
        shard, entry, row = self._locate(number)
        return _name(shard, entry, row)

    def stretches(self) -> Iterator[range]:
        """Yield the numbers of the sequences in ranges, each of which lies in one shard."""
        places = self._places()
        ends = [*(np.flatnonzero(np.diff(places)) + 1).tolist(), len(places)]
        first = 0
        for end in ends if len(places) else ():
            yield range(first, end)
            first = end

    def column(self, key: str, numbers: range) -> NDArray[Any] | None:
        """Return what is stored of the sequences of a stretch under a key of their metadata.

        Parameters
        ----------
        key : "sigma", "attenuation", "source", "parameters.gain", ...
        numbers : one of `stretches`, or part of one

        Returns
        -------
        (n, k), numbers or bytes; None where no dataset of the shard holds the key
        """
        shard, _, first = self._locate(numbers[0])
        stored = _stored(shard, key)
        if stored is None:
            return None
        rows = np.asarray(self._rows[numbers.start : numbers.stop], np.int64)
        values: NDArray[Any] = stored[:][rows - rows[0] + first]
        return values.reshape(len(rows), -1)

    def place(self, number: int) -> tuple[Location, ShardEntry, int]:
        """Return the folder, the shard and the row in it where a sequence is stored."""
        place, entry, row = self._entry(number)
        return self._shards[place][0], entry, row

    @property
    def _is_whole(self) -> bool:
        return isinstance(self._rows, range) and self._rows == range(
            self._ends[-1] if self._ends else 0
        )

    def _places(self) -> NDArray[np.intp]:
        """Return the shard number of every chosen sequence."""
        if self._is_whole:
            return np.repeat(np.arange(len(self._shards)), [e.count for _, e in self._shards])
        return np.searchsorted(self._ends, np.asarray(self._rows, np.int64), side="right")

    def _entry(self, number: int) -> tuple[int, ShardEntry, int]:
        """Return a sequence's shard number, shard entry and row; `IndexError` for none."""
        if not -len(self) <= number < len(self):
            raise IndexError(f"no sequence {number}: the set holds {len(self)}, numbered from 0")
        row = int(self._rows[number])
        place = bisect_right(self._ends, row)
        entry = self._shards[place][1]
        return place, entry, row - (self._ends[place] - entry.count)

    def _stated(self, place: int) -> Stated | None:
        """Return what the index of a shard's set says of it; None where the set has no index."""
        location, entry = self._shards[place]
        if location not in self._told:
            found = next((index for where, index in self.parts if where == location), None)
            self._told[location] = {} if found is None else stated_by(found)
        return self._told[location].get(entry.file)

    def _locate(self, number: int) -> tuple[MappedShard, ShardEntry, int]:
        place, entry, row = self._entry(number)
        if self._pid != os.getpid():
            # An HDF5 handle must not cross a fork; a map could, but is cheap to make again.
            self._open, self._pid = {}, os.getpid()
        shard = self._open.get(place)
        if shard is None:
            path = shard_file(self._shards[place][0], entry)
            shard = MappedShard(path, self._heads.get(place))
            check_agreement(shard, path, entry, self._stated(place))
            check_count(shard, entry, path)
            self._open[place] = shard
            if shard.head is not None:
                self._heads[place] = shard.head
            # Copied first: another thread may be adding to it.
            for oldest in list(self._open)[:-MOST_OPEN]:
                self._open.pop(oldest, None)
        return shard, entry, row


def open_shards(paths: str | Path | Iterable[str | Path]) -> ShardSet:
    """Open one shard set or several as one `ShardSet`.

    Only the indexes are read; a set whose making was interrupted is read as far as it goes, with
    a warning.

    Parameters
    ----------
    paths : shard folders, or URLs of such, which need the extra ``remote``; or their index.json

    Raises
    ------
    ShardError
        A path holds no shard set, or one of a newer version; a URL cannot be read.
    """
    parts: list[tuple[Location, ShardIndex]] = []
    for path in [paths] if isinstance(paths, str | Path) else paths:
        location = locate(path)
        index = read_index(location)
        if not index.complete:
            log.warning(
                "%s is incomplete: only its %d finished sequences are read",
                location,
                index.sequences,
            )
        parts.append((location, index))
    return ShardSet(parts, [(place, entry) for place, index in parts for entry in index.shards])


def _whole(shapes: Mapping[str, tuple[int, int, int, int]]) -> Crop:
    _, height, width, _ = shapes["blended"]
    return Crop(0, 0, height, width)


def _check_fits(shard: MappedShard, crop: Crop, wanted: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse what numpy would broadcast or cut short without a word."""
    shapes = shard.shapes
    for name, shape in wanted.items():
        views, height, width, _ = shapes.get(name, (0, 0, 0, 0))
        found = (views, crop.height, crop.width, 3)
        if name in shapes and found != shape:
            raise ShardError(
                f"a {name} of {found} cannot join a batch of {shape}; crop to one "
                "size or batch by size"
            )
        inside = 0 <= crop.row <= height - crop.height and 0 <= crop.column <= width - crop.width
        if name in shapes and not inside:
            raise ShardError(f"{crop} leaves the view of {height}x{width} px")


def _trajectory(shard: MappedShard, row: int) -> Trajectory | None:
    if "transmission_origin" not in shard or "reflection_origin" not in shard:
        return None
    return Trajectory(
        transmission=np.array(shard.arrays["transmission_origin"][row]),
        reflection=np.array(shard.arrays["reflection_origin"][row]),
    )


def camera_of(shard: MappedShard, row: int) -> CameraMotion | None:
    """Return how the camera of a sequence moved, or None where none did or it is unknown.

    Raises
    ------
    ShardError
        A homography shows no plane.
    """
    stored = {n: np.array(shard.arrays[n][row]) for n in CAMERA | SECOND_PLANE if n in shard}
    for name in HOMOGRAPHIES & stored.keys():
        if not are_invertible(stored[name]):
            raise ShardError(f"{name} of sequence {row} shows no plane; run seqsynth verify")
    return camera_motion(stored, shard.shapes["blended"][1:3])


def _name(shard: MappedShard, entry: ShardEntry, row: int) -> str:
    if "name" in shard:
        return shard.texts("name", row)[0]
    return f"{entry.split}-{shard.attributes.get('first', 0) + row:06d}"


def _stored(shard: MappedShard, key: str) -> Any:
    """Return the dataset (or its column) that a key of the metadata is read from, if any."""
    if key in _COLUMNS and key in shard:
        return shard.arrays[key]
    name = key.removeprefix("parameters.")
    if name != key and name in shard.parameter_names:
        return shard.arrays["parameters"][:, shard.parameter_names.index(name)]
    return None


def _metadata(shard: MappedShard, entry: ShardEntry, row: int) -> dict[str, Any]:
    described = entry.details.get("sequences")
    if described and row >= len(described):
        raise ShardError(
            f"{entry.file}: the index describes {len(described)} of {entry.count} sequences; "
            "run seqsynth verify"
        )
    metadata = dict(described[row]) if described else {}
    for name in ("sigma", "strength"):
        if name in shard:
            metadata[name] = shard.number(name, row)
    if "attenuation" in shard:
        metadata["attenuation"] = shard.arrays["attenuation"][row].tolist()
    if "source" in shard:
        metadata["source"] = list(shard.texts("source", row))
    if "window_source" in shard:
        metadata["window_source"] = shard.arrays["window_source"][row].tolist()
    if "parameters" in shard:
        metadata["parameters"] = shard.parameters(row)
    return metadata


def _check_out(out: Mapping[str, NDArray[np.uint8]], count: int) -> None:
    """Refuse arrays that a batch cannot be written to, or not whole."""
    if not out or not set(out) <= set(FRAMES):
        raise ShardError(f"out has arrays of {', '.join(out) or 'nothing'}; {FRAMES} are wanted")
    for name, array in out.items():
        if array.dtype != np.uint8 or array.shape[:1] != (count,):
            raise ShardError(
                f"out[{name!r}] is {array.dtype} of {array.shape}; uint8 of {count} sequences is "
                "wanted"
            )
        if not (array.flags.writeable and all(one.flags.c_contiguous for one in array)):
            raise ShardError(
                f"out[{name!r}] is read-only, or a sequence of it is not in one piece of memory"
            )
