"""docs/shard-format.md as bare numpy and Pillow, in the order it is written.

Nothing of seqsynth is imported here.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
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
