"""HDF5 never follows a damaged heap of texts, in which it would stay for ever."""

import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from seqsynth.errors import ShardError
from seqsynth.shards.heaps import sound_attributes
from tests.conftest import MakeShards

TEXTS = {"format": "made up", "long": "a" * 9000, "empty": "", "odd": "Glas und Licht"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return an HDF5 file with texts before and behind the values of a dataset."""
    path = tmp_path / "file.h5"
    with h5py.File(path, "w", libver="v110") as made:
        made.attrs["format"] = TEXTS["format"]
        made["values"] = np.arange(20_000, dtype="u2")
        made.create_dataset("packed", data=np.zeros((9, 700), "u1"), chunks=(2, 300))
        made.attrs.update(TEXTS)
    return path


def heaps(content: bytes) -> list[tuple[int, int]]:
    """Return first byte and size of each heap, by HDF5's format specification III.E."""
    return [
        (found.start(), int.from_bytes(content[found.start() + 8 : found.start() + 16], "little"))
        for found in re.finditer(b"GCOL\1\0\0\0", content)
    ]


def overwrite(path: Path, place: int, data: bytes) -> None:
    with path.open("r+b") as stream:
        stream.seek(place)
        stream.write(data)


def read(path: Path) -> dict[str, str]:
    with h5py.File(path) as opened:
        return dict(sound_attributes(opened, path))


def test_texts_of_a_sound_file_are_read(file: Path) -> None:
    small, large = heaps(file.read_bytes())
    assert small[1] == 4096
    assert large[1] > 9000
    assert read(file) == TEXTS


@pytest.mark.parametrize("heap", [0, 1])
def test_zeros_over_a_heap_are_named(file: Path, heap: int) -> None:
    start, size = heaps(file.read_bytes())[heap]
    overwrite(file, start + 16, bytes(size - 16))
    with pytest.raises(ShardError, match=f"damaged .what lies at byte {start + 16} is no text"):
        read(file)


def test_text_that_leaves_its_heap_is_named(file: Path) -> None:
    ((start, size), _) = heaps(file.read_bytes())
    overwrite(file, start + 24, (size + 1).to_bytes(8, "little"))
    with pytest.raises(ShardError, match=f"at byte {start + 16} "):
        read(file)


def test_values_may_look_like_a_damaged_heap(tmp_path: Path) -> None:
    like = np.frombuffer(b"GCOL\1\0\0\0" + (4096).to_bytes(8, "little") + bytes(5000), "u1")
    with h5py.File(tmp_path / "file.h5", "w") as made:
        made["whole"] = like
        made.create_dataset("packed", data=like, chunks=like.shape)
        made.attrs["format"] = "made up"
    assert read(tmp_path / "file.h5") == {"format": "made up"}


def test_every_reader_of_a_shard_looks_first(make_shards: MakeShards, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "set", val_fraction=0)
    shard = folder / "train-00000.h5"
    for start, size in heaps(shard.read_bytes()):
        overwrite(shard, start + 16, bytes(size - 16))
    program = """
import sys
from pathlib import Path
from seqsynth.errors import ShardError
from seqsynth.shards import open_shards
from seqsynth.shards.folder import shards_of
from seqsynth.shards.record import read_record
folder, shard = Path(sys.argv[1]), Path(sys.argv[2])
print(list(shards_of(folder, "0" * 64)))
for read in (lambda: open_shards(folder)[0], lambda: read_record(shard, "1")):
    try:
        read()
    except ShardError as error:
        print("is no text" in str(error))
"""
    # In a process of its own: what HDF5 hangs in, no signal stops.
    done = subprocess.run(
        [sys.executable, "-c", program, folder, shard],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout.split() == ["[]", "True", "True"]
