"""Homographies of a plane between the centre view and another, in whole numbers.

Positions are half pixels from the middle of the frame: u = 2 column - (W - 1), v = 2 row - (H - 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsynth.motion.camera import UNIT, Matrix, Plane, Pose, divided

ONE = 2**30
"""The last entry of every whole-number homography."""

FINE = 256
"""Steps of a pixel in which a position is told."""

LEAST_DEPTH, MOST_DEPTH = 4, 4
"""A plane is nowhere in the frame seen more than this much nearer or farther than in its middle."""

Homography = NDArray[np.float64]
"""float64 (3, 3), 1 in its last place: pixel (column, row, 1) of the centre view -> of a view."""


@dataclass(frozen=True)
class SourceMap:
    """Where every pixel of a view lies in the centre view.

    Attributes
    ----------
    entries : int64 (3, 3), half pixels of the view -> half pixels of the centre view; the last
        is `ONE`
    window : (H, W)
    """

    entries: NDArray[np.int64]
    window: tuple[int, int]

    @property
    def is_identity(self) -> bool:
        """Whether every pixel stays where it is."""
        return bool((self.entries == ONE * np.eye(3, dtype=np.int64)).all())

    def homography(self) -> Homography:
        """Return the way back, each entry rounded once from its exact fraction."""
        height, width = self.window
        to_half = [[2, 0, 1 - width], [0, 2, 1 - height], [0, 0, 1]]
        to_pixels = [[1, 0, width - 1], [0, 1, height - 1], [0, 0, 2]]
        exact = _times(_times(to_pixels, _adjugate(self.entries.tolist())), to_half)
        return np.array([[entry / exact[2][2] for entry in row] for row in exact]) + 0.0

    def positions(self, rows: slice) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return column and row in the centre view, in 1/`FINE` px, of some rows of the view.

        They are exact quotients rounded half up: in float64 their parts are whole numbers below
        2**53, and the error of a quotient is smaller than its least distance from a half.

        Returns
        -------
        int64 (rows, W) each
        """
        height, width = self.window
        m = self.entries.astype(np.float64)
        u = 2.0 * np.arange(width) - (width - 1)
        v = (2.0 * np.arange(height)[rows] - (height - 1))[:, np.newaxis]
        depth = m[2, 0] * u + m[2, 1] * v + m[2, 2]
        placed = []
        for (along_u, along_v, start), side in zip(m[:2], (width, height), strict=True):
            quotient = (along_u * u + along_v * v + start) / depth
            fine = np.floor(FINE // 2 * quotient + 0.5).astype(np.int64)
            placed.append(fine + FINE // 2 * (side - 1))
        return placed[0], placed[1]

    def corners(self) -> list[tuple[int, int, int]]:
        """Return x, y and depth of the view's corners, whole numbers; a place is x / depth."""
        entries: Matrix = self.entries.tolist()
        return [
            (_dot(entries[0], place), _dot(entries[1], place), _dot(entries[2], place))
            for place in _corners(self.window)
        ]


def source_map(plane: Plane, pose: Pose, focal: int, window: tuple[int, int]) -> SourceMap | None:
    """Return the map of a plane's view, or None where it cannot be seen the right way round.

    With Rot the camera's turn and t its position, a point X of the plane n X = 1 is at
    Rot X - t = (Rot - t n') X.

    Parameters
    ----------
    focal : focal length in widths of the window, in 1/`UNIT`
    window : (H, W)
    """
    rotation, whole = pose.rotation()
    half_widths = 2 * window[1] * focal
    scales = (half_widths, half_widths, UNIT)
    # K (Rot - t n') K^-1, times what makes its entries whole.
    seen = [
        [
            (rotation[row][column] * UNIT**2 - pose.position[row] * plane.normal[column] * whole)
            * scales[row]
            * half_widths
            * UNIT
            // scales[column]
            for column in range(3)
        ]
        for row in range(3)
    ]
    back = _adjugate(seen)
    if _dot(seen[0], [row[0] for row in back]) <= 0 or back[2][2] <= 0:
        return None
    entries = [[divided(ONE * entry, back[2][2]) for entry in row] for row in back]
    if max(abs(entry) for row in entries for entry in row) >= ONE * 2**14:
        return None
    found = SourceMap(np.array(entries, np.int64), window)
    return found if is_faced(found) else None


def is_faced(view: SourceMap) -> bool:
    """Return whether all of a view looks at the front of its plane, well before the horizon.

    And whether the centre view does so where it stands before the plane as the view sees it.
    """
    there: Matrix = view.entries.tolist()
    back = _adjugate(there)
    if _dot(there[0], [row[0] for row in back]) <= 0:
        return False
    return all(
        LEAST_DEPTH * min(depths) >= middle and max(depths) <= MOST_DEPTH * middle
        for depths, middle in (
            ([_dot(matrix[2], corner) for corner in _corners(view.window)], matrix[2][2])
            for matrix in (there, back)
        )
    )


def map_of(homography: Homography, window: tuple[int, int]) -> SourceMap:
    """Return the whole-number map that a stored homography was rounded from.

    Parameters
    ----------
    homography : finite and invertible
    """
    height, width = window
    to_half = np.array([[2, 0, 1 - width], [0, 2, 1 - height], [0, 0, 1.0]])
    back = to_half @ np.linalg.inv(homography) @ np.linalg.inv(to_half)
    return SourceMap(np.rint(back / back[2, 2] * ONE).astype(np.int64), window)


def _corners(window: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Return the corners of a frame in half pixels from its middle."""
    height, width = window
    return [(u, v, 1) for u in (1 - width, width - 1) for v in (1 - height, height - 1)]


def _adjugate(m: Matrix) -> Matrix:
    """Return the inverse times the determinant, exactly."""
    (a, b, c), (d, e, f), (g, h, i) = m
    return [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]


def _times(first: Matrix, second: Matrix) -> Matrix:
    columns = list(zip(*second, strict=True))
    return [[_dot(row, column) for column in columns] for row in first]


def _dot(first: Sequence[int], second: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(first, second, strict=True))
