"""The section "Motion by a camera" of docs/shard-format.md as bare Python, in its order.

Nothing of seqsynth is imported here. Fractions all along: no rounding but those that are written.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.seqsynth.synthesis.format_document import (
    Stream,
    Truth,
    Values,
    attenuation,
    blur,
    blur_weights,
    scale_by,
)

Numbers = list[int]
Matrix = list[list[Any]]
UNITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def log_uniform(stream: Stream, bounds: Sequence[float]) -> float:
    low, high = bounds
    return low * math.exp(stream.uniform(0, 1) * math.log(high / low))


def spread(stream: Stream, deviation: float) -> int:
    normal = sum(stream.below(65537) for _ in range(12)) - 393216
    return round(deviation * normal / 65536)


def quotient(numerator: int, denominator: int) -> int:
    return math.floor(Fraction(2 * numerator + denominator, 2 * denominator))


def product(a: Matrix, b: Matrix) -> Matrix:
    return [[sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)] for i in range(3)]


def minor(m: Matrix, row: int, column: int) -> Any:
    (a, b), (c, d) = ([m[i][j] for j in range(3) if j != column] for i in range(3) if i != row)
    return a * d - b * c


def adjugate(m: Matrix) -> Matrix:
    return [[(-1) ** (i + j) * minor(m, j, i) for j in range(3)] for i in range(3)]


def determinant(m: Matrix) -> Any:
    return sum(m[0][j] * adjugate(m)[j][0] for j in range(3))


@dataclass
class Path:
    """What is drawn of a camera."""

    focal: int
    planes: list[Numbers]
    poses: list[tuple[Numbers, Numbers]]


def draw_path(stream: Stream, settings: dict[str, Any], views: int) -> Path:
    angle = math.radians(stream.uniform(*settings["field_of_view"]))
    focal = round(2**20 / (2 * math.tan(angle / 2)))
    planes = []
    for _ in range(2):
        slope = math.tan(math.radians(stream.uniform(*settings["slant"])))
        azimuth = math.radians(stream.uniform(0, 360))
        x, y = (round(2**20 * slope * turn(azimuth)) for turn in (math.cos, math.sin))
        planes.append([x, y, 2**20])
    aside = round(2**20 * log_uniform(stream, settings["translation"]))
    sign = stream.sign()
    relative = round(2**20 * log_uniform(stream, settings["reflection_motion"]))
    nearness = 2**20 + quotient(2**40 * relative, focal * aside)
    planes[1] = [quotient(k * nearness, 2**20) for k in planes[1]]
    farness = quotient(2**40, round(2**20 * stream.uniform(*settings["second_plane"])))
    if settings["second_plane"][1] > 1:
        planes.append([quotient(k * farness, 2**20) for k in planes[0]])
    unrest = log_uniform(stream, settings["unrest"])
    steps = []
    for _ in range(views - 1):
        rise = spread(stream, settings["rise"] * (unrest * aside))
        approach = spread(stream, settings["approach"] * (unrest * aside))
        back = [stream.uniform(0, settings["turn_back"]) for _ in range(2)]
        halves = [unrest * 2**20 * math.radians(s) / 2 for s in settings["shake"]]
        yaw, pitch, roll = (spread(stream, half) for half in halves)
        yaw += round(back[0] * sign * aside / 2)
        pitch -= round(back[1] * rise / 2)
        steps.append(([sign * aside, rise, approach], [pitch, yaw, roll]))
    centre = views // 2
    poses = []
    for view in range(views):
        passed = steps[centre:view] if view >= centre else steps[view:centre]
        side = 1 if view >= centre else -1
        poses.append(tuple([side * sum(s[k][i] for s in passed) for i in range(3)] for k in (0, 1)))
    return Path(focal, planes, poses)


def rotation(turn: Numbers) -> Matrix:
    x, y, z = turn
    square = x * x + y * y + z * z
    cross = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
    return [
        [
            Fraction(
                (2**40 - square) * UNITY[i][j] + 2**21 * cross[i][j] + 2 * turn[i] * turn[j],
                2**40 + square,
            )
            for j in range(3)
        ]
        for i in range(3)
    ]


def map_of(path: Path, plane: Numbers, pose: tuple[Numbers, Numbers], width: int) -> Matrix | None:
    """The whole numbers of a view's map, or None where the path is refused for its orientation."""
    position, turn = pose
    scales = [2 * width * path.focal, 2 * width * path.focal, 2**20]
    rot = rotation(turn)
    seen = [
        [
            (rot[i][j] - Fraction(position[i] * plane[j], 2**40)) * Fraction(scales[i], scales[j])
            for j in range(3)
        ]
        for i in range(3)
    ]
    back = adjugate(seen)
    if determinant(seen) <= 0 or back[2][2] <= 0:
        return None
    half = Fraction(1, 2)
    return [[math.floor(2**30 * entry / back[2][2] + half) for entry in row] for row in back]


def corners(window: Numbers) -> list[Numbers]:
    height, width = window
    return [[u, v, 1] for u in (1 - width, width - 1) for v in (1 - height, height - 1)]


def dot(row: Sequence[Any], place: Numbers) -> Any:
    return sum(a * b for a, b in zip(row, place, strict=True))


def is_faced(m: Matrix, window: Numbers) -> bool:
    if max(abs(entry) for row in m for entry in row) >= 2**44:
        return False
    there, back = m, adjugate(m)
    if determinant(m) <= 0:
        return False
    return all(
        Fraction(1, 4) <= Fraction(dot(matrix[2], place), matrix[2][2]) <= 4
        for matrix in (there, back)
        for place in corners(window)
    )


def position(m: Matrix, place: Numbers, axis: int, side: int) -> int:
    """Column or row of a pixel in the centre view, in 1/256 px."""
    exact = Fraction(dot(m[axis], place), dot(m[2], place))
    return 128 * (side - 1) + math.floor(128 * exact + Fraction(1, 2))


def tap_weights(step: int) -> Numbers:
    taps = range(-2, 4)
    place = Fraction(step, 256)
    exact = [2**14 * math.prod((place - j) / Fraction(k - j) for j in taps if j != k) for k in taps]
    weights = [math.floor(value + Fraction(1, 2)) for value in exact]
    weights[2 if step <= 128 else 3] += 2**14 - sum(weights)
    return weights


WEIGHTS = np.array([tap_weights(step) for step in range(256)], np.int64)


def resample(
    layer: NDArray[Any], m: Matrix, window: Numbers, corner: Numbers, most: int
) -> NDArray[np.int64]:
    """A view of a layer whose first pixel lies at ``corner`` of the centre view."""
    height, width = window
    out = np.empty((height, width, layer.shape[2]), np.int64)
    wide = layer.astype(np.int64)
    for row in range(height):
        for column in range(width):
            place = [2 * column - (width - 1), 2 * row - (height - 1), 1]
            x, y = position(m, place, 0, width), position(m, place, 1, height)
            top, left = y // 256 - 2 - corner[0], x // 256 - 2 - corner[1]
            block = wide[top : top + 6, left : left + 6]
            down = (np.tensordot(WEIGHTS[y % 256], block, 1) + 64) // 128
            across = (np.tensordot(WEIGHTS[x % 256], down, 1) + 2**20) // 2**21
            out[row, column] = np.clip(across, 0, most)
    return out


@dataclass
class CameraTruth(Truth):
    """A set by a camera as the document says it must be; blend ``ceilnet``."""

    def _draw(self, split: str, stream: Stream) -> Values:
        settings = self.configuration
        self.path, self.maps = self._draw_maps(stream)
        self.knots: list[Numbers] = []
        if len(self.maps) > 2:
            heights = [stream.integer(0, 255) for _ in range(16)]
            self.knots = [heights[4 * i : 4 * i + 4] for i in range(4)]
        self.extents = [
            self._extent([*self.maps[0], *(m for maps in self.maps[2:] for m in maps)]),
            self._extent(self.maps[1]),
        ]
        sigma = stream.uniform(*settings["sigma"])
        strength = stream.uniform(*settings["reflection_strength"])
        layers = ("transmission", "reflection")
        names = [self._draw_photo(self.pools[split][layer], layer, stream) for layer in layers]
        places = []
        for layer, name in zip(layers, names, strict=True):
            height, width = self.layer_size(layer)
            rows, columns = self.photos[name].shape[:2]
            places.append([stream.integer(0, rows - height), stream.integer(0, columns - width)])
        return {
            "sigma": sigma,
            "strength": strength,
            "source": [name.encode() for name in names],
            "window_source": places,
            **self._stored(),
        }

    def _draw_maps(self, stream: Stream) -> tuple[Path, list[list[Matrix]]]:
        settings = self.configuration
        for _ in range(100):
            path = draw_path(stream, settings["camera"], settings["views"])
            maps = [
                [map_of(path, plane, pose, settings["window"][1]) for pose in path.poses]
                for plane in path.planes
            ]
            found = [[m for m in views if m and is_faced(m, settings["window"])] for views in maps]
            if all(len(views) == settings["views"] for views in found):
                return path, found
        raise AssertionError("a hundred refused paths in a row")

    def layer_size(self, layer: str) -> tuple[int, int]:
        _, _, height, width = self.extents[("transmission", "reflection").index(layer)]
        return height, width

    def _extent(self, maps: list[Matrix]) -> Numbers:
        """Top, left, height and width of what is read."""
        height, width = self.configuration["window"]
        rows, columns = [0, height - 1], [0, width - 1]
        for m in maps:
            if m == [[2**30 * entry for entry in row] for row in UNITY]:
                continue
            xs = [position(m, place, 0, width) // 256 for place in corners([height, width])]
            ys = [position(m, place, 1, height) // 256 for place in corners([height, width])]
            columns += [min(xs) - 2, max(xs) + 3]
            rows += [min(ys) - 2, max(ys) + 3]
        top, left = min(rows), min(columns)
        return [top, left, max(rows) - top + 1, max(columns) - left + 1]

    def _stored(self) -> Values:
        height, width = self.configuration["window"]
        focal = width * self.path.focal / 2**20
        names = ("transmission_homography", "reflection_homography", "second_homography")
        stored: Values = dict(zip(names, map(self._homographies, self.maps), strict=False))
        stored["intrinsics"] = [
            [focal, 0, (width - 1) / 2],
            [0, focal, (height - 1) / 2],
            [0, 0, 1],
        ]
        stored["pose"] = [
            [
                [*map(float, row), -moved / 2**20]
                for row, moved in zip(rotation(turn), where, strict=True)
            ]
            for where, turn in self.path.poses
        ]
        stored["plane"] = [[k / 2**20 for k in plane] for plane in self.path.planes]
        if self.knots:
            stored["transmission_mask"] = self._mask([0, 0, height, width])
        return stored

    def _homographies(self, maps: list[Matrix]) -> list[Matrix]:
        height, width = self.configuration["window"]
        to_half = [[2, 0, 1 - width], [0, 2, 1 - height], [0, 0, 1]]
        found = []
        for m in maps:
            h = product(product(adjugate(to_half), adjugate(m)), to_half)
            found.append([[float(Fraction(entry, h[2][2])) for entry in row] for row in h])
        return found

    def _mask(self, extent: Numbers) -> NDArray[np.int64]:
        top, left, height, width = extent
        shares = [
            [self._shares(place, side) for place in range(first, first + count)]
            for first, count, side in (
                (top, height, self.configuration["window"][0]),
                (left, width, self.configuration["window"][1]),
            )
        ]
        mask = np.empty((height, width), np.int64)
        for row, (i, below) in enumerate(shares[0]):
            for column, (j, beyond) in enumerate(shares[1]):
                total = sum(
                    down * across * self.knots[i + di][j + dj]
                    for di, down in ((0, 256 - below), (1, below))
                    for dj, across in ((0, 256 - beyond), (1, beyond))
                )
                mask[row, column] = (6 * (total - 8355840) + 8355840 + 32768) // 65536
        return np.clip(mask, 0, 255)

    @staticmethod
    def _shares(place: int, side: int) -> tuple[int, int]:
        fine = min(max(place, 0), side - 1) * 768 // (side - 1)
        knot = min(fine // 256, 2)
        return knot, fine - 256 * knot

    def _views(self, layer: NDArray[Any], place: int, extent: Numbers, most: int) -> list[Any]:
        window = self.configuration["window"]
        top, left = extent[:2]
        views = []
        for number, m in enumerate(self.maps[place]):
            if number == self.configuration["views"] // 2:
                views.append(layer[-top : window[0] - top, -left : window[1] - left])
            else:
                views.append(resample(layer, m, window, extent[:2], most))
        return views

    def _shown(self, layer: NDArray[Any]) -> list[Any]:
        near = self._views(layer, 0, self.extents[0], 255)
        if not self.knots:
            return near
        far = self._views(layer, 2, self.extents[0], 255)
        mask = np.repeat(self._mask(self.extents[0])[..., np.newaxis], 3, axis=2)
        shares = self._views(mask, 0, self.extents[0], 255)
        return [
            (s * a.astype(np.int64) + (255 - s) * b + 127) // 255
            for s, a, b in zip(shares, near, far, strict=True)
        ]

    def _blend(self, values: Values, crops: list[Any]) -> Values:
        settings = self.configuration
        weights = blur_weights(settings["kernel"], values["sigma"])
        radius = len(weights) // 2
        if settings["border"] == "zero":
            edge = ((radius, radius), (radius, radius), (0, 0))
            bare = self._views(crops[1], 1, self.extents[1], 255)
            fine = [blur(np.pad(view, edge), weights) for view in bare]
        else:
            layer = blur(self._crop(values, 1, margin=radius), weights)
            fine = self._views(layer, 1, self.extents[1], 65280)
        fine = [scale_by(values["strength"], view) for view in fine]
        shown = self._shown(crops[0])
        pairs = list(zip(shown, fine, strict=True))
        factor = Fraction(repr(settings["attenuation"]))
        levels = [attenuation(pairs, factor)] * len(pairs)
        if settings["overflow"] == "view":
            levels = [attenuation([pair], factor) for pair in pairs]
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
