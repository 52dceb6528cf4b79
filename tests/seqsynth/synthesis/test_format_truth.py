"""Shards against the truth built from docs/shard-format.md with bare numpy, h5py and Pillow.

Nothing of seqsynth is imported here; the sets are made by the command line and by the fixture that
calls ``generate``. Every number of every dataset is drawn and computed again from the seed.
"""

import hashlib
import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

Photo = NDArray[np.uint8]
Configuration = Mapping[str, Any]
Values = dict[str, Any]

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm"}
FAMILIES = {"train": 0, "val": 1}

RULES: dict[str, Callable[[Photo, Photo], bool]] = {
    "dim-reflection": lambda t, r: mean(t) / 2 > mean(r),
    "dark-reflection": lambda t, r: int(r.max()) <= 38,
    "flat-reflection": lambda t, r: mean(r.astype(np.int64) ** 2) - mean(r) ** 2 < 25,
    "dark-transmission": lambda t, r: int(t.max()) <= 38,
}


# --- the document, in the order it is written ---------------------------------------------------


def mean(values: NDArray[Any]) -> Fraction:
    return Fraction(int(values.sum(dtype=np.int64)), values.size)


def find_photos(folder: Path) -> dict[str, Path]:
    """Photo id -> file, for every file that counts."""
    files = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in files}


def read_photo(path: Path, scale: float) -> Photo:
    """Pixels by Pillow and the document's averaging; none where Pillow cannot read the file."""
    try:
        with Image.open(path) as picture:
            pixels = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except OSError:
        return np.empty((0, 0, 3), np.uint8)
    if scale == 1:
        return pixels
    height, width = (max(1, math.floor(side * scale + 0.5)) for side in pixels.shape[:2])
    rows = average(pixels.swapaxes(0, 1), width).swapaxes(0, 1)
    return average(rows, height)


def average(pixels: Photo, length: int) -> Photo:
    """Shrink the first axis."""
    if length == len(pixels):
        return pixels
    step = len(pixels) / length
    lines = []
    for place in range(length):
        centre = (place + 0.5) * step
        first = max(0, math.floor(centre - step / 2 + 0.5))
        last = min(len(pixels), math.floor(centre + step / 2 + 0.5))
        covered = [i for i in range(first, last) if -0.5 < (i - centre + 0.5) * (1 / step) <= 0.5]
        weight = math.floor(2**22 / len(covered) + 0.5)
        total = pixels[covered].astype(np.int64).sum(axis=0)
        lines.append(np.minimum((total * weight + 2**21) // 2**22, 255))
    return np.array(lines, np.uint8)


class Stream:
    """The draws of (seed, family, index)."""

    def __init__(self, seed: int, family: int, index: int) -> None:
        self.outputs = np.random.Philox(
            key=np.array([seed, family], np.uint64),
            counter=np.array([0, 0, index, 0], np.uint64),
        ).random_raw

    def below(self, count: int) -> int:
        while (output := int(self.outputs())) >= 2**64 - 2**64 % count:
            pass
        return output % count

    def integer(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def uniform(self, low: float, high: float) -> float:
        return low + self.below(math.floor(65536 * (high - low)) + 1) / 65536

    def sign(self) -> int:
        return 1 if self.below(2) == 0 else -1

    def shuffle(self, items: list[str]) -> list[str]:
        items = list(items)
        for place in range(len(items) - 1, 0, -1):
            other = self.below(place + 1)
            items[place], items[other] = items[other], items[place]
        return items


def draw_pools(ids: list[str], seed: int, val_fraction: float) -> dict[str, Any]:
    order = Stream(seed, 2, 0).shuffle(sorted(ids, key=lambda name: name.encode()))
    half = len(order) // 2
    held = max(1, math.floor(val_fraction * half + 0.5)) if val_fraction > 0 else 0
    both = {"transmission": order[:half], "reflection": order[half : 2 * half]}
    return {
        "train": {layer: pool[: half - held] for layer, pool in both.items()},
        "val": {layer: pool[half - held :] for layer, pool in both.items()},
        "unused": order[2 * half :],
    }


def blur_weights(kernel: int, sigma: float) -> list[int]:
    """In forty digits, so that no float rounding can decide a weight."""
    radius = kernel // 2
    with localcontext() as context:
        context.prec = 40
        spread = 2 * Decimal(sigma) ** 2
        gaussian = [(-Decimal(k * k) / spread).exp() for k in range(-radius, radius + 1)]
        shares = [65536 * value / sum(gaussian) + Decimal("0.5") for value in gaussian]
        weights = [int(share) for share in shares]
    weights[radius] += 65536 - sum(weights)
    return weights


def blur(surrounded: Photo, weights: list[int]) -> NDArray[np.int64]:
    """Blur, in 1/256 level; the picture carries the kernel's radius on every side."""
    pixels = surrounded.astype(np.int64)
    height, width = (side - len(weights) + 1 for side in pixels.shape[:2])
    rows = np.sum([w * pixels[i : i + height] for i, w in enumerate(weights)], axis=0)
    both = np.sum([w * rows[:, i : i + width] for i, w in enumerate(weights)], axis=0)
    return np.asarray((both + 2**23) // 2**24)


def scale_by(strength: float, fine: NDArray[np.int64]) -> NDArray[np.int64]:
    return (fine * round(65536 * strength) + 2**15) // 2**16


def attenuation(pairs: list[tuple[Photo, NDArray[np.int64]]], factor: Fraction) -> int:
    total = count = 0
    for transmission, fine in pairs:
        excess = 256 * transmission.astype(np.int64) + fine - 65280
        total += int(excess[excess > 0].sum())
        count += int((excess > 0).sum())
    if count == 0:
        return 0
    return min(255, math.floor(factor * Fraction(total, 256 * count) + Fraction(1, 2)))


def cut(layer: NDArray[Any], origin: NDArray[np.int16], window: list[int]) -> NDArray[Any]:
    row, column = origin.tolist()
    return layer[row : row + window[0], column : column + window[1]]


@dataclass
class Truth:
    """A shard set as the document says it must be.

    Attributes
    ----------
    configuration : as the index states it
    folder : where the photos lie
    ids : those of the image set
    """

    configuration: Configuration
    folder: Path
    ids: list[str]
    redraws: int = 0
    rejections: Counter[str] = field(default_factory=Counter)

    @cached_property
    def photos(self) -> dict[str, Photo]:
        files = find_photos(self.folder)
        return {name: read_photo(files[name], self.configuration["scale"]) for name in self.ids}

    @cached_property
    def pools(self) -> dict[str, Any]:
        settings = self.configuration
        return draw_pools(self.ids, settings["seed"], settings["val_fraction"])

    def layer_size(self, layer: str) -> tuple[int, int]:
        settings = self.configuration
        travel = (settings["views"] - 1) * settings[f"{layer}_step"][1]
        return settings["window"][0] + travel, settings["window"][1] + travel

    def sequence(self, split: str, number: int) -> Values:
        """All datasets of one sequence."""
        stream = Stream(self.configuration["seed"], FAMILIES[split], number)
        while True:
            values = self._draw(split, stream)
            crops = [self._crop(values, layer) for layer in (0, 1)]
            rule = next((r for r in self.configuration["reject"] if RULES[r](*crops)), None)
            if rule is None:
                break
            self.rejections[rule] += 1
        return {**values, **self._blend(values, crops)}

    def _draw(self, split: str, stream: Stream) -> Values:
        settings = self.configuration
        layers = ("transmission", "reflection")
        steps = [
            [[stream.integer(*settings[f"{layer}_step"]) for _ in range(2)] for layer in layers]
            for _ in range(settings["views"] - 1)
        ]
        signs = [[stream.sign() for _ in range(2)] for _ in layers]
        sigma = stream.uniform(*settings["sigma"])
        strength = stream.uniform(*settings["reflection_strength"])
        names = [self._draw_photo(self.pools[split][layer], layer, stream) for layer in layers]
        places = []
        for layer, name in zip(layers, names, strict=True):
            height, width = self.layer_size(layer)
            rows, columns = self.photos[name].shape[:2]
            places.append([stream.integer(0, rows - height), stream.integer(0, columns - width)])
        origins = {
            f"{layer}_origin": self._origins([step[k] for step in steps], signs[k], layer)
            for k, layer in enumerate(layers)
        }
        source = [name.encode() for name in names]
        return {
            "sigma": sigma,
            "strength": strength,
            "source": source,
            "window_source": places,
            **origins,
        }

    def _draw_photo(self, pool: list[str], layer: str, stream: Stream) -> str:
        height, width = self.layer_size(layer)
        for _ in range(100):
            name = pool[stream.below(len(pool))]
            photo = self.photos[name]
            if photo.shape[0] >= height and photo.shape[1] >= width:
                return name
            self.redraws += 1
        raise AssertionError("a hundred unusable photos in a row")

    def _origins(self, steps: list[list[int]], signs: list[int], layer: str) -> NDArray[np.int16]:
        settings = self.configuration
        far = (settings["views"] - 1) * settings[f"{layer}_step"][1]
        backward = settings["direction"] == "random"
        places = []
        for view in range(settings["views"]):
            gone = [sum(step[axis] for step in steps[:view]) for axis in range(2)]
            places.append(
                [
                    far - gone[axis] if backward and signs[axis] < 0 else gone[axis]
                    for axis in range(2)
                ]
            )
        return np.array(places, np.int16)

    def _crop(self, values: Values, layer: int, margin: int = 0) -> Photo:
        """The layer as cut from its photo, with a margin that is mirrored where the photo ends."""
        height, width = self.layer_size(("transmission", "reflection")[layer])
        row, column = values["window_source"][layer]
        photo = self.photos[values["source"][layer].decode()]
        padded = np.pad(photo, ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
        crop = padded[row : row + height + 2 * margin, column : column + width + 2 * margin]
        return np.asarray(crop, np.uint8)

    def _blend(self, values: Values, crops: list[Photo]) -> Values:
        settings = self.configuration
        window = settings["window"]
        weights = blur_weights(settings["kernel"], values["sigma"])
        radius = len(weights) // 2
        layer = blur(self._crop(values, 1, margin=radius), weights)
        layer = scale_by(values["strength"], layer)
        fine = [cut(layer, origin, window) for origin in values["reflection_origin"]]
        if settings["border"] == "zero":
            edge = ((radius, radius), (radius, radius), (0, 0))
            bare = [cut(crops[1], origin, window) for origin in values["reflection_origin"]]
            fine = [blur(np.pad(crop, edge), weights) for crop in bare]
            fine = [scale_by(values["strength"], view) for view in fine]
        shown = [cut(crops[0], origin, window) for origin in values["transmission_origin"]]
        pairs = list(zip(shown, fine, strict=True))
        factor = Fraction(repr(settings["attenuation"]))
        if settings["overflow"] == "sequence":
            levels = [attenuation(pairs, factor)] * len(pairs)
        else:
            levels = [attenuation([pair], factor) for pair in pairs]
        if settings["layout"] == "layers":
            return {
                "attenuation": levels,
                "transmission_layer": crops[0],
                "reflection_layer": (layer + 128) // 256,
            }
        reflection = [
            np.maximum((view + 128) // 256 - level, 0)
            for view, level in zip(fine, levels, strict=True)
        ]
        blended = [np.minimum(t + r, 255) for t, r in zip(shown, reflection, strict=True)]
        return {
            "attenuation": levels,
            "transmission": shown,
            "reflection": reflection,
            "blended": blended,
        }

    def array_types(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """Dataset -> shape of one sequence's value, and type."""
        settings = self.configuration
        views = settings["views"]
        pools = [
            self.pools[split][layer]
            for split in ("train", "val")
            for layer in ("transmission", "reflection")
        ]
        longest = max(len(name.encode()) for pool in pools for name in pool)
        types: dict[str, tuple[tuple[int, ...], str]] = {
            "transmission_origin": ((views, 2), "<i2"),
            "reflection_origin": ((views, 2), "<i2"),
            "attenuation": ((views,), "|u1"),
            "sigma": ((), "<f8"),
            "strength": ((), "<f8"),
            "source": ((2,), f"|S{longest}"),
            "window_source": ((2, 2), "<i4"),
        }
        if settings["layout"] == "layers":
            for layer in ("transmission", "reflection"):
                types[f"{layer}_layer"] = ((*self.layer_size(layer), 3), "|u1")
        else:
            for name in ("blended", "transmission", "reflection"):
                types[name] = ((views, *settings["window"], 3), "|u1")
        return types

    def shards(self) -> Iterator[tuple[str, str, int, int]]:
        """File, split, first sequence and number of sequences of every shard."""
        settings = self.configuration
        one = sum(math.prod(s) * np.dtype(t).itemsize for s, t in self.array_types().values())
        most = max(1, settings["shard_size"] // one)
        val = math.floor(settings["val_fraction"] * settings["sequences"] + 0.5)
        for split, count in (("train", settings["sequences"] - val), ("val", val)):
            files = math.ceil(count / most)
            for k in range(files):
                first, end = count * k // files, count * (k + 1) // files
                yield f"{split}-{k:05d}.h5", split, first, end - first

    def datasets(self, split: str, first: int, count: int) -> dict[str, NDArray[Any]]:
        """All datasets of a shard."""
        rows = [self.sequence(split, number) for number in range(first, first + count)]
        return {
            name: np.array([row[name] for row in rows]).astype(kind).reshape(count, *shape)
            for name, (shape, kind) in self.array_types().items()
        }


# --- sets to hold against it --------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A generated set and what it should be."""

    folder: Path
    index: dict[str, Any]
    truth: Truth
    listed: dict[str, list[Any]]


CASES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "everything else": {
        "seed": 2**64 - 1,
        "views": 5,
        "window": (12, 16),
        "transmission_step": (0, 1),
        "reflection_step": (1, 3),
        "direction": "random",
        "scale": 0.81,
        "sigma": (0.5, 3.3),
        "kernel": 15,
        "attenuation": 0.7,
        "reflection_strength": (0.15, 0.9),
        "overflow": "view",
        "val_fraction": 0.3,
        "sequences": 17,
        "layout": "views",
    },
    "rejection": {
        "seed": 1,
        "image_set": "all",
        "val_fraction": 0,
        "sequences": 40,
        "reject": ("flat-reflection", "dark-reflection", "dark-transmission", "dim-reflection"),
    },
    "photos smaller than the kernel": {
        "scale": 0.2,
        "window": (8, 8),
        "views": 2,
        "transmission_step": (0, 1),
        "reflection_step": (0, 2),
        "kernel": 31,
        "sigma": (4, 4),
        "sequences": 5,
    },
    "one view": {"views": 1, "sequences": 6, "window": (48, 48), "compression": "gzip"},
    "literal": {},
}

TROUBLED = ("everything else", "rejection")
"""Cases made from photos of which some cannot be used."""


@pytest.fixture(scope="module")
def troubled_folder(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plain folder's photos, with some that are torn, small, flat, dark or dim among them."""
    folder = tmp_path_factory.mktemp("troubled")
    for path in photo_folder.rglob("*.*"):
        target = folder / path.relative_to(photo_folder)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    torn = (folder / "photo01.jpg").read_bytes()
    (folder / "torn.jpg").write_bytes(torn[: len(torn) // 2])
    (folder / "empty.png").write_bytes(b"")
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (23, 90, 3), dtype=np.uint8)
    for name, pixels in {
        "small.png": noise,
        "tall.png": rng.integers(0, 256, (90, 36, 3), dtype=np.uint8),
        "flat1.png": np.full((40, 50, 3), 90, np.uint8),
        "flat2.png": np.full((40, 50, 3), 200, np.uint8),
        "dark1.png": rng.integers(0, 39, (40, 50, 3), dtype=np.uint8),
        "dark2.png": rng.integers(0, 39, (40, 50, 3), dtype=np.uint8),
        "dim1.png": rng.integers(0, 70, (40, 50, 3), dtype=np.uint8),
        "dim2.png": rng.integers(0, 70, (40, 50, 3), dtype=np.uint8),
        "Zebra.PNG": rng.integers(0, 256, (40, 50, 3), dtype=np.uint8),
        "été.png": rng.integers(0, 256, (40, 50, 3), dtype=np.uint8),
    }.items():
        Image.fromarray(pixels).save(folder / name)
    return folder


@pytest.fixture(scope="module", params=CASES)
def made(
    request: pytest.FixtureRequest,
    make_shards: Callable[..., Path],
    tiny_voc: Path,
    troubled_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    name = request.param
    out = tmp_path_factory.mktemp("truth") / "set"
    if name == "literal":
        run_command(tiny_voc, out)
    else:
        voc = troubled_folder if name in TROUBLED else tiny_voc
        make_shards(out, voc, **CASES[name])
    index = json.loads((out / "index.json").read_bytes())
    if name in TROUBLED:
        folder = troubled_folder
        ids = list(find_photos(folder))
    else:
        folder = tiny_voc / "VOC2012" / "JPEGImages"
        lists = tiny_voc / "VOC2012" / "ImageSets" / "Main"
        ids = (lists / "train.txt").read_text().split()
    truth = Truth(index["configuration"], folder, ids)
    listed: dict[str, list[Any]] = {}
    for file, split, first, count in truth.shards():
        truth.redraws, truth.rejections = 0, Counter()
        datasets = truth.datasets(split, first, count)
        listed[file] = [split, first, count, datasets, truth.redraws, dict(truth.rejections)]
    return Made(out, index, truth, listed)


def run_command(voc: Path, out: Path) -> None:
    """Make a set by the command line, in a process of its own."""
    script = "from seqsynth.cli import main; main()"
    options = [
        "--preset",
        "literal",
        "--window",
        "16x24",
        "--reflection-step",
        "2",
        "4",
        "--reflection-strength",
        "0.5",
        "1",
        "--sequences",
        "12",
        "--jobs",
        "1",
    ]
    command = [sys.executable, "-c", script, "-q", "generate", "--voc", str(voc), "--out", str(out)]
    subprocess.run([*command, *options], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


def test_pools_are_the_shuffled_halves_of_the_sorted_ids(made: Made) -> None:
    assert made.index["sources"] == {"pools": made.truth.pools}


def test_shards_divide_the_sequences_as_specified(made: Made) -> None:
    written = [(s["file"], s["split"], s["count"]) for s in made.index["shards"]]
    assert written == [(file, values[0], values[2]) for file, values in made.listed.items()]


def test_shards_hold_the_specified_datasets_and_no_others(made: Made) -> None:
    wanted = {name: kind for name, (_, kind) in made.truth.array_types().items()}
    for file in made.listed:
        with h5py.File(made.folder / file) as shard:
            assert {name: shard[name].dtype.str for name in shard} == wanted


def test_every_value_of_every_dataset_is_the_documents(made: Made) -> None:
    for file, (_, _, _, datasets, *_) in made.listed.items():
        with h5py.File(made.folder / file) as shard:
            for name, truth in datasets.items():
                np.testing.assert_array_equal(shard[name][:], truth, err_msg=f"{file} {name}")


def test_attributes_say_what_a_shard_is(made: Made) -> None:
    for file, (split, first, *_) in made.listed.items():
        with h5py.File(made.folder / file) as shard:
            found = {name: np.asarray(value).tolist() for name, value in shard.attrs.items()}
        assert found == {
            "format": "seqsynth-shard",
            "schema_version": 1,
            "kind": "synthetic",
            "layout": made.index["layout"],
            "split": split,
            "first": first,
            "fingerprint": made.index["fingerprint"],
            "views": made.truth.configuration["views"],
            "window": made.truth.configuration["window"],
        }


def test_redraws_and_rejections_are_counted_per_shard(made: Made) -> None:
    for entry in made.index["shards"]:
        *_, redraws, rejections = made.listed[entry["file"]]
        assert (entry["redraws"], entry["rejections"]) == (redraws, rejections)


@pytest.mark.parametrize("made", ["rejection"], indirect=True)
def test_rejection_case_meets_every_rule_and_unusable_photos(made: Made) -> None:
    met = Counter(rule for *_, rules in made.listed.values() for rule in rules)
    assert met.keys() == RULES.keys()
    assert sum(values[4] for values in made.listed.values()) > 0


def test_index_states_the_size_and_hash_of_every_shard(made: Made) -> None:
    for entry in made.index["shards"]:
        content = (made.folder / entry["file"]).read_bytes()
        assert entry["bytes"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()


def canonical_sha256(document: Any) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_fingerprint_is_of_configuration_and_pools(made: Made) -> None:
    content = {"configuration": made.index["configuration"], "pools": made.truth.pools}
    assert made.index["fingerprint"] == canonical_sha256(content)


def test_digest_is_of_the_index_without_it(made: Made) -> None:
    content = {key: value for key, value in made.index.items() if key != "digest"}
    assert made.index["digest"] == canonical_sha256(content)


def test_index_has_exactly_the_specified_bytes(made: Made) -> None:
    text = json.dumps(made.index, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    assert (made.folder / "index.json").read_bytes() == text.encode()


@pytest.mark.parametrize("made", ["defaults", "everything else", "literal"], indirect=True)
def test_bare_h5py_writes_the_very_same_file(made: Made, tmp_path: Path) -> None:
    for file, (split, first, _, datasets, *_) in made.listed.items():
        attributes = {
            "format": "seqsynth-shard",
            "schema_version": 1,
            "layout": made.index["layout"],
            "kind": "synthetic",
            "split": split,
            "first": first,
            "fingerprint": made.index["fingerprint"],
            "views": made.truth.configuration["views"],
            "window": made.truth.configuration["window"],
        }
        with h5py.File(tmp_path / file, "w", libver=("v108", "v108")) as shard:
            for name, value in attributes.items():
                shard.attrs[name] = value
            for name in sorted(datasets):
                values = datasets[name]
                shard.create_dataset(name, values.shape, values.dtype, track_times=False)
            for name in sorted(datasets):
                shard[name][:] = datasets[name]
        assert (tmp_path / file).read_bytes() == (made.folder / file).read_bytes()


@pytest.mark.parametrize("made", ["defaults", "one view", "rejection"], indirect=True)
def test_three_lines_of_numpy_rebuild_a_view(made: Made) -> None:
    views_truth = Truth(
        {**made.truth.configuration, "layout": "views"}, made.truth.folder, made.truth.ids
    )
    file, (split, first, count, *_) = next(iter(made.listed.items()))
    i, v = count - 1, made.truth.configuration["views"] - 1
    wanted = views_truth.sequence(split, first + i)
    with h5py.File(made.folder / file) as f:
        h, w = f.attrs["window"]
        (ty, tx), (ry, rx) = f["transmission_origin"][i, v], f["reflection_origin"][i, v]
        level = f["attenuation"][i, v]
        t = f["transmission_layer"][i, ty : ty + h, tx : tx + w]
        r = np.maximum(f["reflection_layer"][i, ry : ry + h, rx : rx + w], level) - level
        blended = np.minimum(t.astype(np.uint16) + r, 255).astype(np.uint8)
    for found, name in ((t, "transmission"), (r, "reflection"), (blended, "blended")):
        np.testing.assert_array_equal(found, wanted[name][v])


# --- statements of the document that stand by themselves ----------------------------------------


def philox4x64(key: tuple[int, int], counter: tuple[int, int, int, int]) -> list[int]:
    """One block of Philox4x64-10, from the paper's definition."""
    mask = 2**64 - 1
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        product0, product1 = c0 * 0xD2E7470EE14C6C93, c2 * 0xCA5A826395121157
        c0, c1, c2, c3 = (
            (product1 >> 64) ^ c1 ^ k0,
            product1 & mask,
            (product0 >> 64) ^ c3 ^ k1,
            product0 & mask,
        )
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & mask, (k1 + 0xBB67AE8584CAA73B) & mask
    return [c0, c1, c2, c3]


@pytest.mark.parametrize(("seed", "family", "index"), [(0, 0, 0), (2**64 - 1, 1, 2**40), (5, 2, 0)])
def test_streams_are_philox_blocks_from_counter_one(seed: int, family: int, index: int) -> None:
    outputs = Stream(seed, family, index).outputs
    blocks = [philox4x64((seed, family), (block, 0, index, 0)) for block in (1, 2)]
    assert [int(outputs()) for _ in range(8)] == [*blocks[0], *blocks[1]]


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.8, 0.37, 0.93])
def test_averaging_is_pillows_box_one_direction_at_a_time(scale: float) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (75, 51, 3), dtype=np.uint8)
    height, width = (math.floor(side * scale + 0.5) for side in pixels.shape[:2])
    rows = Image.fromarray(pixels).resize((width, 75), Image.Resampling.BOX)
    both = np.asarray(rows.resize((width, height), Image.Resampling.BOX))
    found = average(average(pixels.swapaxes(0, 1), width).swapaxes(0, 1), height)
    np.testing.assert_array_equal(found, both)
