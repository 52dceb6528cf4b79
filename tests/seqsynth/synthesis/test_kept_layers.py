"""Every blend in layout layers: few bytes, and the very views that layout views keeps."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.config import BlendName, SynthesisConfig
from seqsynth.shards import FRAMES, Crop, Fault, ShardSet, open_shards, read_index, verify_shards
from seqsynth.synthesis import SequenceStream, plan_generation
from seqsynth.synthesis.blends import LEVEL_TABLES
from seqsynth.synthesis.regenerate import regenerate_faults
from tests.documentation.pages import blocks

MakeShards = Callable[..., Path]
Views = NDArray[np.uint8]

OTHERS = [blend for blend in get_args(BlendName) if blend != "ceilnet"]

SETTINGS: dict[str, dict[str, Any]] = {
    "three views": {"sequences": 8},
    "five views, any direction, weak": {
        "sequences": 6,
        "views": 5,
        "window": (17, 13),
        "direction": "random",
        "reflection_strength": (0.2, 0.9),
        "seed": 7,
    },
    "packed": {"sequences": 4, "compression": "gzip", "seed": 9},
}


@pytest.fixture(scope="module", params=[(b, s) for b in OTHERS for s in SETTINGS], ids="-".join)
def both(
    request: pytest.FixtureRequest,
    make_shards: MakeShards,
    photo_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Path]:
    """The same sequences of a blend in layouts layers and views."""
    blend, name = request.param
    parent = tmp_path_factory.mktemp("layouts")
    layers, views = (
        make_shards(
            parent / layout,
            photo_folder,
            blend=blend,
            layout=layout,
            shard_size=2**20,
            **SETTINGS[name],
        )
        for layout in ("layers", "views")
    )
    return layers, views


def frames_of(sequences: ShardSet) -> Iterator[dict[str, Views]]:
    for sequence in sequences:
        yield {name: np.asarray(getattr(sequence, name)) for name in FRAMES}


def test_views_are_rebuilt_to_the_bit(both: tuple[Path, Path]) -> None:
    layers, views = (list(frames_of(open_shards(folder))) for folder in both)
    assert len(layers) == len(views) > 0
    for rebuilt, kept in zip(layers, views, strict=True):
        for name in FRAMES:
            np.testing.assert_array_equal(rebuilt[name], kept[name], err_msg=name)


def test_reflection_is_there_and_differs_between_views(both: tuple[Path, Path]) -> None:
    shown = [frames["reflection"] for frames in frames_of(open_shards(both[0]))]
    assert max(int(reflection.max()) for reflection in shown) > 60
    assert any((reflection[0] != reflection[-1]).any() for reflection in shown)


def test_all_else_is_recorded_alike(both: tuple[Path, Path]) -> None:
    layers, views = (open_shards(folder) for folder in both)
    for number in range(len(views)):
        recorded = dict(layers.metadata(number))
        recorded.pop("attenuation", None)
        assert recorded == views.metadata(number)
        assert layers.name(number) == views.name(number)
        for layer in ("transmission", "reflection"):
            origins = [getattr(s.trajectory(number), layer) for s in (layers, views)]
            np.testing.assert_array_equal(*origins)


def test_crops_and_single_kinds_of_frames_are_the_same(both: tuple[Path, Path]) -> None:
    layers, views = (open_shards(folder) for folder in both)
    crops = [Crop(0, 0, 9, 5), Crop(3, 8, 9, 5), Crop(7, 2, 9, 5)]
    for kinds in (["reflection"], ["blended"], ["transmission", "reflection"], list(FRAMES)):
        found, wanted = (s.batch([2, 0, 3], frames=kinds, crops=crops) for s in (layers, views))
        assert list(found) == kinds
        for name in kinds:
            np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


def test_set_has_no_fault_and_is_made_again(both: tuple[Path, Path], photo_folder: Path) -> None:
    layers, _ = both
    assert [f for f in verify_shards(layers, LEVEL_TABLES) if isinstance(f, Fault)] == []
    assert set(regenerate_faults(layers, photo_folder, samples=3)) == {1}


def test_stream_gives_the_same_sequences(
    both: tuple[Path, Path], photo_folder: Path, tiny_settings: dict[str, Any]
) -> None:
    index = read_index(both[0])
    kept = {k: v for k, v in index.configuration.items() if k in SynthesisConfig.model_fields}
    stream = SequenceStream(photo_folder, SynthesisConfig(**kept))
    for number, stored in enumerate(frames_of(open_shards(both[1]).split("train")[:2])):
        for name in FRAMES:
            np.testing.assert_array_equal(getattr(stream[number], name), stored[name])


BLOCKS = {"ghosting": 0, "linear": 1, "dsrnet": 1, "zhang": 2, "ibcln": 2}
"""Which piece of code of docs/shard-format.md reads which blend."""


def by_the_document(blend: str, names: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Run the document's lines on an open shard ``f``, sequence ``i``, view ``v``."""
    lines = blocks("docs/shard-format.md", "python")[BLOCKS[blend]].text.splitlines()
    kept = [line for line in lines if not line.startswith("f = h5py.File")]
    names = {"np": np, **names}
    exec("\n".join(kept), names)
    return {name: names[letter] for name, letter in zip(FRAMES, "ITR", strict=True)}


def test_lines_of_the_document_rebuild_every_view(both: tuple[Path, Path]) -> None:
    layers, views = (folder / "train-00000.h5" for folder in both)
    blend = str(read_index(both[0]).configuration["blend"])
    with h5py.File(layers) as stored, h5py.File(views) as truth:
        count, number = truth["blended"].shape[:2]
        for i in range(min(count, len(stored["strength"]))):
            for v in range(number):
                for name, found in by_the_document(blend, {"f": stored, "i": i, "v": v}).items():
                    np.testing.assert_array_equal(found, truth[name][i, v], err_msg=name)


def test_sets_state_the_version_that_can_read_them(both: tuple[Path, Path]) -> None:
    # The sum of layers is version 1's; a reader of that refuses tables by their number.
    index = read_index(both[0])
    version = 1 if index.configuration["blend"] == "ghosting" else 3
    assert index.schema_version == version
    with h5py.File(both[0] / "train-00000.h5") as shard:
        assert shard.attrs["schema_version"] == version
    assert read_index(both[1]).schema_version == 1


@pytest.mark.parametrize("blend", get_args(BlendName))
def test_layers_of_five_default_views_take_at_most_three_tenths(
    blend: BlendName, photo_folder: Path
) -> None:
    plans = [
        plan_generation(photo_folder, SynthesisConfig(blend=blend, views=5, layout=layout))
        for layout in ("layers", "views")
    ]
    assert plans[0].nbytes <= 0.3 * plans[1].nbytes
