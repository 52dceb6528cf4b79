"""A pinhole camera before planes, in whole numbers: where it stands, and what it looks at.

Axes are the centre view's: x to the right, y down, z into the scene. All numbers are whole
multiples of 2**-20, so that what follows from them is exact.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNIT = 2**20
"""Steps of one: of a distance of T's plane, a window's width, or a half turn's tangent."""

Triple = tuple[int, int, int]
Matrix = list[list[int]]


@dataclass(frozen=True)
class Pose:
    """Where the camera stands in a view, seen from the centre view; in 1/`UNIT`.

    Attributes
    ----------
    position : x, y, z in distances of T's plane
    turn : x, y, z of the axis it turned about, as long as the tangent of half the angle
    """

    position: Triple
    turn: Triple

    def rotation(self) -> tuple[Matrix, int]:
        """Return the rotation from the centre view's axes to the view's, and its denominator."""
        x, y, z = self.turn
        square = x * x + y * y + z * z
        cross = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
        # Cayley's form: a rotation of fractions.
        scaled = [
            [
                (UNIT**2 - square) * (row == column)
                + 2 * UNIT * cross[row][column]
                + 2 * self.turn[row] * self.turn[column]
                for column in range(3)
            ]
            for row in range(3)
        ]
        return scaled, UNIT**2 + square

    def extrinsics(self) -> NDArray[np.float64]:
        """Return [Rot | -t], float64 (3, 4), t in distances of T's plane.

        A point X in the axes of the centre view is at Rot X - t in those of the view.
        """
        scaled, whole = self.rotation()
        turned = [[entry / whole for entry in row] for row in scaled]
        shifted = [[-value / UNIT] for value in self.position]
        return np.hstack([turned, shifted]) + 0.0  # no negative zeros


CENTRE = Pose((0, 0, 0), (0, 0, 0))


@dataclass(frozen=True)
class Plane:
    """A plane n X = 1 of the scene, X in distances of T's plane; n in 1/`UNIT`."""

    normal: Triple

    def at(self, nearness: int) -> "Plane":
        """Return the parallel plane ``nearness`` / `UNIT` times as near."""
        x, y, z = (divided(value * nearness, UNIT) for value in self.normal)
        return Plane((x, y, z))


def divided(numerator: int, denominator: int) -> int:
    """Divide by a positive number, rounding halves up."""
    return (2 * numerator + denominator) // (2 * denominator)
