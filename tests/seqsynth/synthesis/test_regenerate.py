"""Deep verification: stored sequences against what their photos give."""

import hashlib
import json
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.errors import ShardError, SourceError
from seqsynth.shards import Fault
from seqsynth.synthesis import generate
from seqsynth.synthesis.regenerate import regenerate_faults
from tests.conftest import draw_photo

MakeShards = Callable[..., Path]


def deep(folder: Path, voc: Path, samples: int = 1000) -> tuple[list[str], int]:
    """Return the faults and the number of sequences compared."""
    results = list(regenerate_faults(folder, voc, samples))
    compared = [result for result in results if isinstance(result, int)]
    return [str(result) for result in results if isinstance(result, Fault)], sum(compared)


SETS: dict[str, dict[str, Any]] = {
    "layers": {},
    "views": {"layout": "views", "compression": "gzip"},
    "scaled": {"scale": 0.8, "image_set": "all"},
    "linear": {"blend": "linear", "reflection_strength": (0.5, 1)},
}


@pytest.mark.parametrize("name", SETS)
def test_sound_set_is_made_again_without_a_fault(
    make_shards: MakeShards, tiny_voc: Path, tmp_path: Path, name: str
) -> None:
    folder = make_shards(tmp_path / "set", sequences=9, **SETS[name])
    assert deep(folder, tiny_voc) == ([], 9)


def test_plain_folder_of_the_same_photos_will_do(tiny_shards: Path, tiny_voc: Path) -> None:
    assert deep(tiny_shards, tiny_voc / "VOC2012" / "JPEGImages") == ([], 24)


@pytest.mark.parametrize(("samples", "compared"), [(1, 1), (6, 6), (23, 23), (100, 24)])
def test_samples_are_spread_over_the_set(
    tiny_shards: Path, tiny_voc: Path, samples: int, compared: int
) -> None:
    assert deep(tiny_shards, tiny_voc, samples) == ([], compared)


def change_a_pixel(path: Path) -> None:
    """Save a photo again with its content slightly changed."""
    with Image.open(path) as picture:
        pixels = np.array(picture)
    pixels += 1
    Image.fromarray(pixels).save(path, quality=92)


def test_changed_photo_is_caught(tiny_shards: Path, tiny_voc: Path, tmp_path: Path) -> None:
    voc = Path(shutil.copytree(tiny_voc, tmp_path / "voc"))
    with h5py.File(tiny_shards / "train-00001.h5") as shard:
        sources = shard["source"][2].astype(str)
    change_a_pixel(voc / "VOC2012" / "JPEGImages" / f"{sources[0]}.jpg")
    found, _ = deep(tiny_shards, voc)
    message = "transmission_layer of sequence 2 differs from what the photos give"
    assert f"train-00001.h5: {message}" in found


def test_only_sequences_of_the_changed_photo_are_named(
    tiny_shards: Path, tiny_voc: Path, tmp_path: Path
) -> None:
    voc = Path(shutil.copytree(tiny_voc, tmp_path / "voc"))
    with h5py.File(tiny_shards / "val-00000.h5") as shard:
        sources = shard["source"][:].astype(str)
    changed = sources[0, 1]
    change_a_pixel(voc / "VOC2012" / "JPEGImages" / f"{changed}.jpg")
    found, _ = deep(tiny_shards, voc)
    wanted = [
        f"val-00000.h5: reflection_layer of sequence {row} differs from what the photos give"
        for row in np.flatnonzero(sources[:, 1] == changed)
    ]
    assert [fault for fault in found if "reflection_layer" in fault] == wanted
    assert all(fault.startswith("val-00000.h5") for fault in found)


@pytest.mark.parametrize("name", ["attenuation", "reflection_layer", "source", "sigma"])
def test_changed_value_is_caught_whatever_its_hash(
    shards_copy: Path, tiny_voc: Path, name: str
) -> None:
    with h5py.File(shards_copy / "train-00000.h5", "r+") as shard:
        values = shard[name][3]
        shard[name][3] = values[::-1] if name == "source" else values + 1
    found, _ = deep(shards_copy, tiny_voc)
    assert found == [f"train-00000.h5: {name} of sequence 3 differs from what the photos give"]


def test_other_photos_are_named(tiny_shards: Path, photo_folder: Path) -> None:
    with pytest.raises(SourceError, match=r"20 of the 20 photos.*give the folder they were made"):
        deep(tiny_shards, photo_folder)


def edit_index(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((folder / "index.json").read_bytes())
    change(document)
    del document["digest"]
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    document["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    (folder / "index.json").write_text(json.dumps(document))


@pytest.mark.parametrize("key", ["pools", "train", "val", "unused"])
def test_index_that_does_not_state_the_pools_says_so(
    shards_copy: Path, tiny_voc: Path, key: str
) -> None:
    def forget(document: dict[str, Any]) -> None:
        del (document["sources"] if key == "pools" else document["sources"]["pools"])[key]

    edit_index(shards_copy, forget)
    with pytest.raises(ShardError, match=r"does not state the pools .* without --deep checks all"):
        deep(shards_copy, tiny_voc)


def test_photos_may_lie_on_a_disk_that_stores_accents_in_another_way(tmp_path: Path) -> None:
    names = [f"caf\xe9-{number}" for number in range(6)]
    for form in ("NFC", "NFD"):
        (tmp_path / form).mkdir()
        for seed, name in enumerate(names):
            photo = Image.fromarray(draw_photo(seed, (40, 40, 3)))
            photo.save(tmp_path / form / f"{unicodedata.normalize(form, name)}.png")
    config = SynthesisConfig(window=(16, 16), reflection_step=(1, 2), val_fraction=0)
    generate(tmp_path / "NFC", tmp_path / "out", config, RunConfig(jobs=1))
    assert deep(tmp_path / "out", tmp_path / "NFD") == ([], 3)


def test_captures_cannot_be_made_again(shards_copy: Path, tiny_voc: Path) -> None:
    edit_index(shards_copy, lambda document: document.update(kind="captured"))
    with pytest.raises(ShardError, match="of kind captured; only synthetic sets"):
        deep(shards_copy, tiny_voc)
