"""Reading sets as one list of sequences: every layout, every compression, every way to share it."""

import errno
import logging
import multiprocessing
import os
import pickle
import resource
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.errors import ShardError
from seqsynth.sequence import ViewSequence
from seqsynth.shards import FRAMES, Crop, ShardSet, open_shards
from seqsynth.shards import reader as reader_module

MakeShards = Callable[..., Path]
Truth = dict[str, NDArray[Any]]

STORAGE = [
    f"{layout}-{packed}" for layout in ("layers", "views") for packed in ("none", "gzip", "zstd")
]


def open_files() -> list[int]:
    """Descriptors this process has open."""
    return [int(path.name) for path in Path("/proc/self/fd").iterdir()]


@pytest.fixture(scope="module")
def folders(make_shards: MakeShards, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same 24 sequences in every layout and compression."""
    parent = tmp_path_factory.mktemp("storage")
    return {
        name: make_shards(parent / name, layout=name.split("-")[0], compression=name.split("-")[1])
        for name in STORAGE
    }


@pytest.fixture(scope="module")
def truth(folders: dict[str, Path]) -> Truth:
    """All datasets of layout views, joined over the shards, read by h5py alone."""
    names = ("train-00000.h5", "train-00001.h5", "train-00002.h5", "val-00000.h5")
    shards = sorted(folders["views-none"].glob("*.h5"))
    assert len(shards) > len(names)
    joined: dict[str, list[NDArray[Any]]] = {}
    for path in shards:
        with h5py.File(path) as shard:
            for name, dataset in shard.items():
                joined.setdefault(name, []).append(dataset[:])
    return {name: np.concatenate(parts) for name, parts in joined.items()}


@pytest.fixture(params=STORAGE)
def shards(request: pytest.FixtureRequest, folders: dict[str, Path]) -> ShardSet:
    return open_shards(folders[request.param])


@pytest.fixture
def tiny(tiny_shards: Path) -> ShardSet:
    return open_shards(tiny_shards)


def assert_same(sequence: ViewSequence, truth: Truth, number: int) -> None:
    for name in FRAMES:
        np.testing.assert_array_equal(getattr(sequence, name), truth[name][number])


# --- one sequence -------------------------------------------------------------------------------


def test_every_sequence_is_what_h5py_reads(shards: ShardSet, truth: Truth) -> None:
    assert len(shards) == len(truth["blended"])
    for number, sequence in enumerate(shards):
        assert_same(sequence, truth, number)


def test_trajectory_is_in_pixels_of_the_layers(shards: ShardSet, truth: Truth) -> None:
    for number in (0, 20):
        trajectory = shards.trajectory(number)
        assert trajectory is not None
        for layer in ("transmission", "reflection"):
            wanted = truth[f"{layer}_origin"][number]
            np.testing.assert_array_equal(getattr(trajectory, layer), wanted)


def test_metadata_says_what_was_drawn(shards: ShardSet, truth: Truth) -> None:
    assert shards.metadata(21) == {
        "sigma": truth["sigma"][21],
        "strength": 1.0,
        "attenuation": truth["attenuation"][21].tolist(),
        "source": [name.decode() for name in truth["source"][21]],
        "window_source": truth["window_source"][21].tolist(),
    }


def test_frames_may_be_written_to(shards: ShardSet, truth: Truth) -> None:
    shards[2].blended[:] = 0
    assert_same(shards[2], truth, 2)


def test_synthetic_names_count_within_the_split(tiny: ShardSet) -> None:
    assert [tiny.name(number) for number in (0, 18, 19, 23)] == [
        "train-000000",
        "train-000018",
        "val-000000",
        "val-000004",
    ]


def test_sequence_carries_name_split_and_metadata(tiny: ShardSet) -> None:
    sequence = tiny[20]
    assert (sequence.name, sequence.split) == ("val-000001", "val")
    assert sequence.metadata == tiny.metadata(20)


def test_negative_numbers_count_from_the_end(tiny: ShardSet) -> None:
    assert tiny[-1].name == tiny[23].name == "val-000004"


@pytest.mark.parametrize("number", [24, -25])
def test_number_beyond_the_set_is_an_index_error(tiny: ShardSet, number: int) -> None:
    with pytest.raises(IndexError, match=f"no sequence {number}: the set holds 24, numbered from"):
        tiny[number]
    with pytest.raises(IndexError, match=f"no sequence {number}"):
        tiny.batch([0, number])


def test_batch_of_nothing_is_refused(tiny: ShardSet) -> None:
    out = tiny.batch([0])
    for arrays in (None, {name: array[:0] for name, array in out.items()}):
        with pytest.raises(ShardError, match="of no sequence is asked for; give at least one"):
            tiny.batch([], out=arrays)


def test_parameters_of_other_blends_are_named(make_shards: MakeShards, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "set", blend="ghosting", sequences=3)
    with h5py.File(folder / "train-00000.h5") as shard:
        names = [name.decode() for name in shard["parameters"].attrs["names"]]
        values = shard["parameters"][1].tolist()
    assert open_shards(folder).metadata(1)["parameters"] == dict(zip(names, values, strict=True))


# --- parts of a set -----------------------------------------------------------------------------


def names_of(shards: ShardSet) -> list[str]:
    return [shards.name(number) for number in range(len(shards))]


@pytest.mark.parametrize(
    "part", [slice(3, 9), slice(None, None, 5), slice(None, None, -1), slice(17, 21), slice(5, 5)]
)
def test_slice_is_the_slice_of_the_list(tiny: ShardSet, part: slice) -> None:
    assert names_of(tiny[part]) == names_of(tiny)[part]


def test_slice_of_a_slice_is_relative_to_it(tiny: ShardSet) -> None:
    assert names_of(tiny[4:20][2:6]) == names_of(tiny)[6:10]


def test_slice_reads_its_own_sequences(shards: ShardSet, truth: Truth) -> None:
    part = shards[7:23:5]
    for number, wanted in enumerate(range(7, 23, 5)):
        assert_same(part[number], truth, wanted)


def test_split_is_the_named_sequences_in_order(tiny: ShardSet) -> None:
    assert names_of(tiny.split("val")) == [f"val-{number:06d}" for number in range(5)]


def test_split_of_a_slice_keeps_to_the_slice(tiny: ShardSet) -> None:
    assert names_of(tiny[17:21].split("val")) == ["val-000000", "val-000001"]


def test_several_splits_keep_the_order_of_the_set(tiny: ShardSet) -> None:
    assert names_of(tiny.split("val", "train")) == names_of(tiny)


def test_absent_split_is_empty(tiny: ShardSet) -> None:
    assert len(tiny.split("test")) == 0


def test_take_gives_any_order_and_repetition(tiny: ShardSet) -> None:
    names = names_of(tiny)
    chosen = [20, 3, 3, -1]
    assert names_of(tiny.take(chosen)) == [names[number] for number in chosen]


def test_take_from_a_part_is_relative_to_it(tiny: ShardSet) -> None:
    assert names_of(tiny.split("val").take([1])) == ["val-000001"]


def test_counts_are_of_the_part(tiny: ShardSet) -> None:
    assert tiny.counts() == {"train": 19, "val": 5}
    assert tiny[17:21].counts() == {"train": 2, "val": 2}
    assert tiny.split("val").counts() == {"val": 5}


def test_several_folders_make_one_set(tiny_shards: Path, captures: Path) -> None:
    both = open_shards([tiny_shards, captures])
    assert len(both) == 28
    assert both.counts() == {"train": 22, "val": 5, "test": 1}
    assert both[24].name == "attic"


def test_repr_says_what_is_in_it(tiny: ShardSet) -> None:
    assert repr(tiny) == "ShardSet(24 sequences: 19 train, 5 val)"


# --- batches ------------------------------------------------------------------------------------


def test_batch_is_the_single_sequences_stacked(shards: ShardSet, truth: Truth) -> None:
    numbers = [22, 0, 9, 9, 5]
    batch = shards.batch(numbers)
    assert batch.keys() == set(FRAMES)
    for name, frames in batch.items():
        np.testing.assert_array_equal(frames, truth[name][numbers])


@pytest.mark.parametrize("frames", [["blended"], ["reflection"], ["transmission", "blended"]])
def test_batch_reads_the_wanted_frames_alone(
    shards: ShardSet, truth: Truth, frames: list[str]
) -> None:
    batch = shards.batch([1, 21], frames=frames)
    assert list(batch) == frames
    for name in frames:
        np.testing.assert_array_equal(batch[name], truth[name][[1, 21]])


def test_batch_of_crops_is_cut_from_every_view(shards: ShardSet, truth: Truth) -> None:
    crops = [Crop(0, 0, 8, 12), Crop(8, 12, 8, 12), Crop(3, 5, 8, 12)]
    batch = shards.batch([4, 4, 20], crops=crops)
    for name, frames in batch.items():
        for place, (number, crop) in enumerate(zip([4, 4, 20], crops, strict=True)):
            rows = slice(crop.row, crop.row + 8)
            columns = slice(crop.column, crop.column + 12)
            np.testing.assert_array_equal(frames[place], truth[name][number][:, rows, columns])


def test_batch_fills_given_arrays(shards: ShardSet, truth: Truth) -> None:
    out = shards.batch([0, 1])
    assert shards.batch([22, 3], out=out) is out
    np.testing.assert_array_equal(out["blended"], truth["blended"][[22, 3]])


OUTSIDE = [Crop(9, 0, 8, 12), Crop(0, 13, 8, 12), Crop(-1, 0, 8, 12), Crop(0, -3, 8, 12)]


@pytest.mark.parametrize("crop", OUTSIDE)
def test_crop_that_leaves_the_view_is_refused(shards: ShardSet, crop: Crop) -> None:
    with pytest.raises(ShardError, match="leaves the view of 16x24 px"):
        shards.batch([0], crops=[crop])


def test_sequences_of_two_sizes_make_no_batch(captures: Path) -> None:
    with pytest.raises(ShardError, match="crop to one size or batch by size"):
        open_shards(captures).batch([0, 2], frames=["blended"])


def test_sequences_of_two_sizes_make_a_batch_of_crops(captures: Path) -> None:
    sequences = open_shards(captures)
    crops = [Crop(2, 3, 16, 16), Crop(9, 1, 16, 16)]
    batch = sequences.batch([0, 2], frames=["blended", "transmission"], crops=crops)
    assert batch["blended"].shape == (2, 3, 16, 16, 3)
    assert batch["transmission"].shape == (2, 1, 16, 16, 3)
    np.testing.assert_array_equal(batch["blended"][1], sequences[2].blended[:, 9:25, 1:17])


def test_unknown_frames_make_no_batch(captures: Path) -> None:
    with pytest.raises(ShardError, match="reflection of these sequences is unknown"):
        open_shards(captures).batch([0])


def test_frames_unknown_to_a_later_sequence_make_no_batch(
    tiny_shards: Path, captures: Path
) -> None:
    both = open_shards([tiny_shards, captures])
    crops = [Crop(0, 0, 8, 8)] * 2
    with pytest.raises(ShardError, match="reflection of these sequences is unknown"):
        both.batch([0, 24], frames=["reflection"], crops=crops)


# --- captures -----------------------------------------------------------------------------------


def test_captures_know_no_reflection_and_no_trajectory(captures: Path) -> None:
    sequence = open_shards(captures)[1]
    assert sequence.reflection is None
    assert sequence.trajectory is None


def test_captures_know_the_transmission_of_the_centre(captures: Path) -> None:
    sequence = open_shards(captures)[1]
    assert sequence.transmission is not None
    assert sequence.transmission.shape == (1, 20, 30, 3)
    np.testing.assert_array_equal(sequence.centre_transmission, sequence.transmission[0])


def test_captures_have_their_own_names_and_metadata(captures: Path) -> None:
    sequence = open_shards(captures)[3]
    assert (sequence.name, sequence.split) == ("garden gate, été", "test")
    assert sequence.metadata == {"camera": "Drawn 1", "scene": "garden gate, été"}


def test_shapes_are_those_of_each_shard(captures: Path) -> None:
    sequences = open_shards(captures)
    assert sequences.shapes(2) == {"blended": (3, 30, 20, 3), "transmission": (1, 30, 20, 3)}


# --- sharing a set ------------------------------------------------------------------------------


def test_read_set_can_be_pickled(shards: ShardSet, truth: Truth) -> None:
    assert shards[0].name
    twin = pickle.loads(pickle.dumps(shards[5:9]))
    assert_same(twin[3], truth, 8)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("storage", ["layers-none", "views-gzip"])
def test_workers_read_a_set_their_parent_has_open(
    folders: dict[str, Path], truth: Truth, method: str, storage: str
) -> None:
    """As a data loader does: the set is handed over, each worker reads its share of batches."""
    sequences = open_shards(folders[storage])
    assert_same(sequences[0], truth, 0)
    batches = [[0, 23], [7, 7], [19, 1], [12, 4]]
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.map(sequences.batch, batches, chunksize=1)
    for numbers, batch in zip(batches, results, strict=True):
        for name, frames in batch.items():
            np.testing.assert_array_equal(frames, truth[name][numbers])
    assert_same(sequences[11], truth, 11)


def test_threads_share_a_set(shards: ShardSet, truth: Truth) -> None:
    numbers = [number % len(shards) for number in range(0, 7 * 96, 7)]
    with ThreadPoolExecutor(8) as pool:
        sequences = list(pool.map(shards.__getitem__, numbers))
    for number, sequence in zip(numbers, sequences, strict=True):
        assert_same(sequence, truth, number)


def test_closed_set_opens_again(shards: ShardSet, truth: Truth) -> None:
    with shards:
        kept = shards[3]
    assert_same(kept, truth, 3)
    assert_same(shards[3], truth, 3)


def test_closed_set_holds_no_file(folders: dict[str, Path]) -> None:
    before = len(open_files())
    for storage in ("layers-none", "views-gzip"):
        with open_shards(folders[storage]) as sequences:
            assert sequences[0].views == 3
            assert len(open_files()) > before
        assert len(open_files()) == before


@pytest.mark.parametrize("storage", ["layers-none", "views-gzip"])
def test_bare_h5py_opens_a_shard_beside_an_open_set(folders: dict[str, Path], storage: str) -> None:
    sequences = open_shards(folders[storage])
    assert sequences[0].views == 3
    with h5py.File(folders[storage] / "train-00000.h5") as shard:
        assert "sigma" in shard


# --- many shards, and what is wrong with them ---------------------------------------------------


@pytest.fixture
def thousand(tiny_shards: Path, tmp_path: Path, edit_index: Callable[..., Any]) -> Path:
    """A set of 1,000 shards of six sequences: one file under 1,000 names."""
    (tmp_path / "index.json").write_bytes((tiny_shards / "index.json").read_bytes())
    source = shutil.copy(tiny_shards / "train-00000.h5", tmp_path / "source")
    with edit_index(tmp_path) as document:
        entry = document["shards"][0]
        files = [f"train-{number:05d}.h5" for number in range(1000)]
        document["shards"] = [{**entry, "file": file} for file in files]
        # Every one says of itself that it is the first, which a complete set does not pass.
        document["complete"] = False
    for file in files:
        os.link(source, tmp_path / file)
    return tmp_path


def test_thousand_shards_open_without_touching_one(thousand: Path) -> None:
    for path in thousand.glob("*.h5"):
        path.unlink()
    sequences = open_shards(thousand)
    assert len(sequences) == len(sequences.split("train")) == 6000
    assert len(sequences[100:5000]) == 4900


def test_lost_shard_is_named_when_it_is_read(thousand: Path) -> None:
    (thousand / "train-00700.h5").unlink()
    sequences = open_shards(thousand)
    assert sequences[4199].split == sequences[4206].split == "train"
    with pytest.raises(ShardError, match=r"train-00700\.h5: the file is missing"):
        sequences[4200]


def test_shard_that_may_not_be_read_is_not_called_torn(
    thousand: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permissions do not bind the super-user, so the refusal of the system is played.
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Unable to open file")

    sequences = open_shards(thousand)
    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(ShardError, match=r"train-00701\.h5: no permission to read it"):
        sequences[4206]


def test_file_is_no_folder_of_shards(tmp_path: Path) -> None:
    (tmp_path / "train-00000.h5").write_bytes(b"shard")
    with pytest.raises(ShardError, match=r"train-00000\.h5 is a file; name the folder"):
        open_shards(tmp_path / "train-00000.h5")


@pytest.fixture
def few_files() -> Iterator[None]:
    """Allow this process a few more open files than it has."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(open_files())
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_all_of_many_shards_can_be_read_with_few_open_files(
    thousand: Path, few_files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "MOST_OPEN", 8)
    sequences = open_shards(thousand)
    first = sequences[0].blended
    for number in range(0, 600, 6):
        np.testing.assert_array_equal(sequences[number].blended, first)


def test_as_many_shards_stay_open_as_allowed(
    thousand: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "MOST_OPEN", 10)
    sequences = open_shards(thousand)
    before = len(open_files())
    for number in range(0, 240, 6):
        sequences.trajectory(number)
    assert len(open_files()) - before == 10


def test_shard_opened_again_is_mapped_without_hdf5(
    thousand: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "MOST_OPEN", 2)
    sequences = open_shards(thousand)
    first = [sequences[number] for number in range(0, 30, 6)]
    monkeypatch.setattr(h5py, "File", None)
    for number, before in zip(range(0, 30, 6), first, strict=True):
        again = sequences[number]
        np.testing.assert_array_equal(again.blended, before.blended)
        assert (again.name, again.metadata) == (before.name, before.metadata)


def test_shard_replaced_meanwhile_is_read_anew(
    thousand: Path, tiny_shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "MOST_OPEN", 1)
    sequences = open_shards(thousand)
    assert sequences[0].name == "train-000000"
    assert sequences[6].name == "train-000000"
    (thousand / "train-00000.h5").unlink()
    shutil.copy(tiny_shards / "train-00001.h5", thousand / "train-00000.h5")
    np.testing.assert_array_equal(sequences[0].blended, open_shards(tiny_shards)[6].blended)
    assert sequences[0].name == "train-000006"


def test_compressed_shard_is_opened_again(
    make_shards: MakeShards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_shards(tmp_path / "set", compression="gzip", shard_size=1)
    monkeypatch.setattr(reader_module, "MOST_OPEN", 1)
    sequences = open_shards(folder)
    first = sequences[0].blended
    assert sequences[1].views == 3
    np.testing.assert_array_equal(sequences[0].blended, first)


def test_index_file_may_stand_for_its_folder(tiny_shards: Path) -> None:
    assert open_shards(tiny_shards / "index.json")[0].views == 3


def test_incomplete_set_is_read_with_a_warning(
    shards_copy: Path, edit_index: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with edit_index(shards_copy) as document:
        document["complete"] = False
        document["shards"] = document["shards"][:2]
    with caplog.at_level(logging.WARNING):
        sequences = open_shards(shards_copy)
    assert "is incomplete: only its 12 finished sequences are read" in caplog.text
    assert sequences[11].name == "train-000011"


def test_complete_set_is_read_without_a_word(
    tiny_shards: Path, caplog: pytest.LogCaptureFixture
) -> None:
    open_shards(tiny_shards)
    assert not caplog.records


def test_set_without_shards_is_empty(shards_copy: Path, edit_index: Callable[..., Any]) -> None:
    with edit_index(shards_copy) as document:
        document["shards"] = []
    empty = open_shards(shards_copy)
    assert (len(empty), list(empty), empty.counts()) == (0, [], {})


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def rename_format(path: Path) -> None:
    with h5py.File(path, "r+") as shard:
        shard.attrs["format"] = "photo-album"


def raise_version(path: Path) -> None:
    with h5py.File(path, "r+") as shard:
        shard.attrs["schema_version"] = 4


def drop_version(path: Path) -> None:
    with h5py.File(path, "r+") as shard:
        del shard.attrs["schema_version"]


def drop_window(path: Path) -> None:
    with h5py.File(path, "r+") as shard:
        del shard.attrs["window"]


def drop_layer(path: Path) -> None:
    with h5py.File(path, "r+") as shard:
        del shard["reflection_layer"]


def add_group(path: Path) -> None:
    with h5py.File(path, "r+") as shard:
        shard.create_group("extras")


DAMAGE: dict[Callable[[Path], None], str] = {
    truncate: r"is torn: \d+ of its \d+ bytes are there",
    rename_format: "is an HDF5 file but no seqsynth-shard",
    raise_version: "version 4; this seqsynth reads up to 3: upgrade",
    drop_version: "schema version None",
    drop_window: "attribute 'window' is missing",
    drop_layer: "'reflection_layer' is missing",
    add_group: "is no dataset",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damaged_shard_is_refused_by_name(
    shards_copy: Path, damage: Callable[[Path], None]
) -> None:
    damage(shards_copy / "train-00001.h5")
    sequences = open_shards(shards_copy)
    assert sequences[0].views == 3
    with pytest.raises(ShardError, match=f"train-00001.h5.*{DAMAGE[damage]}"):
        sequences[6]


def test_parameters_without_names_are_refused(make_shards: MakeShards, tmp_path: Path) -> None:
    folder = make_shards(tmp_path / "set", blend="zhang", sequences=2, val_fraction=0)
    with h5py.File(folder / "train-00000.h5", "r+") as shard:
        del shard["parameters"].attrs["names"]
    with pytest.raises(ShardError, match="does not name every column"):
        open_shards(folder)[0]


def _wrong_out(kind: str, fit: np.ndarray) -> dict[str, np.ndarray]:
    locked = fit.copy()
    locked.flags.writeable = False
    return {
        "float32": {"blended": fit.astype(np.float32)},
        "too short": {"blended": fit[:1]},
        "in pieces": {"blended": np.repeat(fit, 2, axis=-1)[..., ::2]},
        "read-only": {"blended": locked},
        "unknown": {"shadow": fit},
        "nothing": {},
    }[kind]


@pytest.mark.parametrize(
    "kind", ["float32", "too short", "in pieces", "read-only", "unknown", "nothing"]
)
def test_arrays_that_no_batch_can_be_written_to_are_refused(kind: str, tiny_shards: Path) -> None:
    with open_shards(tiny_shards) as shards:
        fit = shards.batch([0, 1])["blended"]
        with pytest.raises(ShardError, match="out"):
            shards.batch([0, 1], out=_wrong_out(kind, fit))
