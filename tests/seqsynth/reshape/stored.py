"""What bare h5py and json read of shard sets, and what must hold of it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Document = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One sequence as it lies in its file.

    Attributes
    ----------
    split, name : its own
    values : dataset -> value
    packed : dataset -> bytes of its chunk, of packed ones
    described : what the index records of it
    """

    split: str
    name: str
    values: dict[str, Any]
    packed: dict[str, bytes]
    described: Document

    @property
    def photos(self) -> set[str]:
        """Ids of the photos of T and R."""
        return {photo.decode() for photo in self.values["source"].tolist()}


def index_of(folder: Path) -> Document:
    """The index, read as plain JSON."""
    document: Document = json.loads((folder / "index.json").read_bytes())
    return document


def rows_of(folder: Path) -> list[Row]:
    """Every sequence of a set in its order, read by h5py and json alone."""
    rows = []
    for entry in index_of(folder)["shards"]:
        with h5py.File(folder / entry["file"]) as shard:
            data = {name: dataset[:] for name, dataset in shard.items()}
            for number in range(entry["count"]):
                packed = {
                    name: dataset.id.read_direct_chunk((number,) + (0,) * (dataset.ndim - 1))[1]
                    for name, dataset in shard.items()
                    if dataset.chunks
                }
                place = int(shard.attrs["first"]) + number
                name = data["name"][number].decode() if "name" in data else ""
                rows.append(
                    Row(
                        split=shard.attrs["split"],
                        name=name or f"{entry['split']}-{place:06d}",
                        values={name: value[number] for name, value in data.items()},
                        packed=packed,
                        described=entry.get("sequences", [{}] * entry["count"])[number],
                    )
                )
    return rows


def by_name(folder: Path) -> dict[str, Row]:
    """Name -> sequence."""
    return {row.name: row for row in rows_of(folder)}


def assert_same_row(copy: Row, original: Row) -> None:
    """Hold all that is stored of a sequence, but its name, against the original."""
    assert copy.values.keys() == original.values.keys()
    assert copy.packed == original.packed
    for name in original.values.keys() - {"name"}:
        np.testing.assert_array_equal(copy.values[name], original.values[name], name)


def assert_copies(folder: Path, *originals: Path) -> None:
    """Hold every sequence of a derived set against the one its origin names."""
    parts = [part["fingerprint"] for part in index_of(folder)["sources"]["parts"]]
    known = {
        (index_of(original)["fingerprint"], row.name): row
        for original in originals
        for row in rows_of(original)
    }
    for row in rows_of(folder):
        origin = row.described["origin"]
        assert_same_row(row, known[parts[origin["part"]], origin["name"]])


def assert_disjoint(folder: Path) -> None:
    """Hold the photos that the splits' sequences show against one another."""
    shown: dict[str, set[str]] = {}
    for row in rows_of(folder):
        shown.setdefault(row.split, set()).update(row.photos)
    splits = list(shown)
    for number, split in enumerate(splits):
        for other in splits[number + 1 :]:
            assert not shown[split] & shown[other]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def seal(folder: Path, document: Document) -> None:
    """Write an index as docs/shard-format.md says, with the digest of the rest."""
    content = {key: value for key, value in document.items() if key != "digest"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    content["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    (folder / "index.json").write_bytes(text.encode())
