"""What shard sets hold, sequence by sequence: where each lies and which photos it shows."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqsynth.errors import ShardError
from seqsynth.shards.agreement import Stated, check_agreement, check_count, stated_by
from seqsynth.shards.folder import JOURNAL_NAME
from seqsynth.shards.forms import ShardForm, form_of, text_bytes_of
from seqsynth.shards.index import Location, ShardEntry, ShardIndex, locate, read_index, shard_file
from seqsynth.shards.mapping import MappedShard
from seqsynth.shards.provenance import Part, index_digest, is_derived, origin_of, parts_of
from seqsynth.shards.schema import FIELDS, SPLITS


@dataclass(frozen=True)
class Photo:
    """A photo, or a scene, that a sequence shows.

    Attributes
    ----------
    key : equal where the photo is: its id, the sha256 of its file, or the name of the scene
    label : what a person knows it by
    """

    key: str
    label: str = field(compare=False)


@dataclass(frozen=True)
class StoredShard:
    """A shard file to copy from; ``text_bytes`` are the lengths of its texts by dataset."""

    location: Location
    entry: ShardEntry
    form: ShardForm
    text_bytes: Mapping[str, int]


@dataclass(frozen=True)
class StoredSequence:
    """A sequence and where it lies.

    Attributes
    ----------
    place : number of its set among those read
    shard : the file
    row : its number in the file
    split, name : there
    part, origin : number of the `Part` it was first made in, and its name there
    photos : what it shows
    layer_photos : ids of the photos of T and R, of a synthetic sequence that states them
    traits : hash of all that is stored of it but name and pictures; "" where that is nothing
    """

    place: int
    shard: StoredShard
    row: int
    split: str
    name: str
    part: int
    origin: str
    photos: tuple[Photo, ...]
    layer_photos: tuple[str, ...] = ()
    traits: str = ""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the index records of it."""
        described = self.shard.entry.details.get("sequences")
        return described[self.row] if described and self.row < len(described) else {}


@dataclass(frozen=True)
class InputSet:
    """One of the sets read."""

    location: Location
    index: ShardIndex
    digest: str


@dataclass(frozen=True)
class Inventory:
    """Some shard sets.

    Attributes
    ----------
    inputs : the sets
    parts : every set their sequences were first made in, each once
    sequences : all, in the order of the sets and their shards
    """

    inputs: tuple[InputSet, ...]
    parts: tuple[Part, ...]
    sequences: tuple[StoredSequence, ...]

    def label(self, sequence: StoredSequence) -> str:
        """Return a sequence's name with its set, as a sentence names it."""
        return f"{self.inputs[sequence.place].location}: {sequence.name}"

    def identity(self, sequence: StoredSequence) -> tuple[str, str]:
        """Return the fingerprint of the set a sequence was first made in, and its name there."""
        return self.parts[sequence.part].fingerprint, sequence.origin

    def lot(self, sequence: StoredSequence, seed: int) -> str:
        """Return what a sequence is ordered by where chance decides, whatever others there are."""
        fingerprint, name = self.identity(sequence)
        return hashlib.sha256(f"{seed}/{fingerprint}/{name}".encode()).hexdigest()


def read_inventory(
    paths: Sequence[str | Location],
    *,
    incomplete: bool = False,
    own_names: bool = False,
    alike: bool = True,
) -> Inventory:
    """Read the indexes and the small datasets of shard sets; no picture is looked at.

    Parameters
    ----------
    paths : the sets
    incomplete : take the finished sequences of a set whose making was interrupted
    own_names : every set names its scenes for itself, so that equal names are other scenes
    alike : refuse sets of different kinds or layouts, which cannot be joined

    Raises
    ------
    ShardError
        A set cannot be read, is incomplete, or is of another kind or layout than the first.
    """
    inputs: list[InputSet] = []
    parts: dict[str, Part] = {}
    sequences: list[StoredSequence] = []
    for place, path in enumerate(paths):
        location = locate(path)
        index = read_index(location)
        _check_complete(location, index, incomplete)
        if inputs and alike:
            _check_alike(inputs[0], location, index)
        own = parts_of(index)
        for part in own:
            parts.setdefault(part.digest, part)
        numbers = [list(parts).index(part.digest) for part in own]
        reader = _SetReader(place, location, index, stated_by(index), numbers, own_names)
        sequences += [s for entry in index.shards for s in reader.sequences(entry)]
        inputs.append(InputSet(location, index, index_digest(index)))
    return Inventory(tuple(inputs), tuple(parts.values()), tuple(sequences))


@dataclass(frozen=True)
class _SetReader:
    """Reads the sequences of one set, shard by shard."""

    place: int
    location: Location
    index: ShardIndex
    stated: Mapping[str, Stated]
    parts: Sequence[int]
    own_names: bool

    def sequences(self, entry: ShardEntry) -> Iterator[StoredSequence]:
        """Yield the sequences of a shard."""
        path = shard_file(self.location, entry)
        if entry.split not in SPLITS:
            raise ShardError(
                f"{path}: split {entry.split!r} is unknown; there are {', '.join(SPLITS)}"
            )
        shard = MappedShard(path)
        check_agreement(shard, path, entry, self.stated[entry.file])
        check_count(shard, entry, path)
        stored = StoredShard(self.location, entry, form_of(shard, path), text_bytes_of(shard))
        names = _names(shard, entry)
        for row, name in enumerate(names):
            ids = shard.texts("source", row) if "source" in shard else ()
            yield StoredSequence(
                self.place,
                stored,
                row,
                entry.split,
                name,
                *self._origin(entry, row, name),
                self._photos(name, ids),
                ids,
                _traits(shard, row),
            )

    def _origin(self, entry: ShardEntry, row: int, name: str) -> tuple[int, str]:
        if not is_derived(self.index):
            return self.parts[0], name
        number, origin = origin_of(self.index, entry, row)
        return self.parts[number], origin

    def _photos(self, name: str, ids: Sequence[str]) -> tuple[Photo, ...]:
        if ids:
            return tuple(Photo(photo_id, photo_id) for photo_id in dict.fromkeys(ids))
        if self.index.kind == "synthetic":
            return ()
        scope = f"{self.place}:" if self.own_names else ""
        if self.index.kind == "pair":
            files = tuple(_pair_files(self.index.sources, name))
            shown = _pair_scene(self.index.sources, name)
            scenes = (Photo(f"scene {scope}{shown}", f"scene {shown}"),) if shown else ()
            return (*(files or (Photo(f"pair {scope}{name}", name),)), *scenes)
        scene = Photo(f"scene {scope}{name}", f"scene {name}")
        return (scene, *_scene_files(self.index.sources, name))


def _pair_files(sources: Mapping[str, Any], name: str) -> Iterator[Photo]:
    """Yield the files of a pair, as `seqsynth ingest-pairs` records them."""
    pair = _pair(sources, name)
    for file in pair.values():
        if isinstance(file, Mapping) and "sha256" in file:
            yield Photo(str(file["sha256"]), str(file.get("file", name)))
    if "pixels" in pair:
        # Files may differ and show one photo all the same.
        yield Photo(f"pixels {pair['pixels']}", name)


def _pair_scene(sources: Mapping[str, Any], name: str) -> str:
    """Return the scene of a pair, as a list of pairs may state it, or ""."""
    return str(_pair(sources, name).get("scene", ""))


def _pair(sources: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    pairs = sources.get("pairs")
    pair = pairs.get(name) if isinstance(pairs, Mapping) else None
    return pair if isinstance(pair, Mapping) else {}


def _scene_files(sources: Mapping[str, Any], name: str) -> Iterator[Photo]:
    """Yield the photos of a scene, as `seqsynth ingest-captures` records them."""
    scenes = sources.get("scenes")
    scene = scenes.get(name) if isinstance(scenes, Mapping) else None
    files = scene.get("files") if isinstance(scene, Mapping) else None
    for file, digest in files.items() if isinstance(files, Mapping) else ():
        yield Photo(str(digest), f"{name}/{file}")


def _traits(shard: MappedShard, row: int) -> str:
    values = {
        name: array[row].tolist()
        for name, array in shard.arrays.items()
        if FIELDS[name].layout is None and name != "name"
    }
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest() if values else ""


def _names(shard: MappedShard, entry: ShardEntry) -> list[str]:
    if "name" in shard:
        return [shard.texts("name", row)[0] for row in range(entry.count)]
    first = shard.attributes.get("first", 0)
    return [f"{entry.split}-{first + row:06d}" for row in range(entry.count)]


def _check_complete(location: Location, index: ShardIndex, incomplete: bool) -> None:
    unfinished = isinstance(location, Path) and (location / JOURNAL_NAME).exists()
    if (unfinished or not index.complete) and not incomplete:
        raise ShardError(
            f"{location} is incomplete: run the command that makes it again, or take its "
            f"{index.sequences} finished sequences with --incomplete"
        )


def _check_alike(first: InputSet, location: Location, index: ShardIndex) -> None:
    for name in ("kind", "layout"):
        there, here = getattr(first.index, name), getattr(index, name)
        if there != here:
            advice = (
                "a set has one kind; trainer fit takes several sets as they are"
                if name == "kind"
                else "a set has one layout; make both with the same --layout"
            )
            raise ShardError(
                f"{first.location} is of {name} {there}, {location} of {here}: {advice}"
            )
