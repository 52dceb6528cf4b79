"""Dense motion of the layers from the centre view to every other, for slides and for cameras."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Homographies = NDArray[np.float64]
"""float64 (V, 3, 3): pixel (x, y, 1) of the centre view -> pixel of each view."""

Flow = NDArray[np.float32]
"""float32 (V, H, W, 2), (dx, dy) in pixels: what stands at p of the centre view stands at p + flow
of view v."""


@dataclass(frozen=True)
class LayerMotion:
    """How one layer moved: a plane, or two beside each other.

    Attributes
    ----------
    homographies : float64 (V, 3, 3), of the layer's plane
    size : (H, W) of a view
    second : float64 (V, 3, 3), of a second plane; None where there is one plane
    mask : uint8 (H, W), share of the first plane at each pixel of the centre view, 255 is all;
        None where there is one plane
    """

    homographies: Homographies
    size: tuple[int, int]
    second: Homographies | None = None
    mask: NDArray[np.uint8] | None = None

    def flow(self, cell_px: int = 1) -> Flow:
        """Return the motion at the middle of every cell of ``cell_px`` px a side, edges included.

        Where two planes mix, it is that of the one with the larger share.
        """
        points = _middles(self.size, cell_px)
        flow = _displacement(self.homographies, points)
        if self.second is not None and self.mask is not None:
            flow = np.where(
                _is_first(self.mask, cell_px)[..., np.newaxis],
                flow,
                _displacement(self.second, points),
            )
        return flow.astype(np.float32)

    def middle_steps(self) -> NDArray[np.float64]:
        """Return how far what stands at the frame's middle moves from view to view, (V - 1, 2)."""
        height, width = self.size
        mapped = self.homographies @ np.array([(width - 1) / 2, (height - 1) / 2, 1])
        return np.diff(mapped[:, :2] / mapped[:, 2:], axis=0)

    def inside(self, cell_px: int = 1) -> NDArray[np.bool_]:
        """Return bool (V, H, W): whether what stands there is in the frame of each view too."""
        landed = _middles(self.size, cell_px) + self.flow(cell_px)
        height, width = self.size
        last = np.array([width - 1, height - 1])
        return np.asarray(np.all((landed >= 0) & (landed <= last), axis=-1))

    def cropped(self, top: int, left: int, size: tuple[int, int]) -> "LayerMotion":
        """Return the motion of views cut out at the same place, or larger than they are."""
        shift = np.array([[1, 0, left], [0, 1, top], [0, 0, 1.0]])
        moved = self._conjugated(shift)
        if self.mask is None:
            return replace(moved, size=size)
        mask = self.mask[top : top + size[0], left : left + size[1]]
        beyond = [(0, wanted - side) for wanted, side in zip(size, mask.shape, strict=True)]
        return replace(moved, size=size, mask=np.pad(mask, beyond, mode="edge"))

    def resized(self, size: tuple[int, int]) -> "LayerMotion":
        """Return the motion of views brought to ``size`` (H, W), their outer edges kept."""
        scale = np.divide(self.size, size)
        to_old = np.array(
            [
                [scale[1], 0, (scale[1] - 1) / 2],
                [0, scale[0], (scale[0] - 1) / 2],
                [0, 0, 1],
            ]
        )
        moved = self._conjugated(to_old)
        if self.mask is None:
            return replace(moved, size=size)
        rows, columns = (
            ((np.arange(new) + 0.5) * factor).astype(int)
            for new, factor in zip(size, scale, strict=True)
        )
        return replace(moved, size=size, mask=self.mask[np.ix_(rows, columns)])

    def middle(self, views: int) -> "LayerMotion":
        """Return the motion of the ``views`` views around the centre."""
        start = len(self.homographies) // 2 - views // 2
        part = slice(start, start + views)
        second = None if self.second is None else self.second[part]
        return replace(self, homographies=self.homographies[part], second=second)

    def flipped(self, *, horizontal: bool = False, vertical: bool = False) -> "LayerMotion":
        """Return the motion of views mirrored left-right, upside down, or both."""
        height, width = self.size
        mirror = np.eye(3)
        if horizontal:
            mirror[0] = -1, 0, width - 1
        if vertical:
            mirror[1] = 0, -1, height - 1
        moved = self._conjugated(mirror)
        if self.mask is None:
            return moved
        rows, columns = (slice(None, None, -1 if flip else 1) for flip in (vertical, horizontal))
        return replace(moved, mask=self.mask[rows, columns])

    def reversed(self) -> "LayerMotion":
        """Return the motion of views in reverse order.

        Raises
        ------
        ValueError
            The number of views is even, so that another view becomes the centre.
        """
        if len(self.homographies) % 2 == 0:
            raise ValueError(f"{len(self.homographies)} views have another centre when reversed")
        second = None if self.second is None else self.second[::-1]
        return replace(self, homographies=self.homographies[::-1], second=second)

    def _conjugated(self, to_old: NDArray[np.float64]) -> "LayerMotion":
        """Return the motion in pixels that ``to_old`` takes to those of now."""
        back = np.linalg.inv(to_old)
        second = None if self.second is None else _normalised(back @ self.second @ to_old)
        return replace(
            self, homographies=_normalised(back @ self.homographies @ to_old), second=second
        )


@dataclass(frozen=True)
class Motion:
    """How both layers of a sequence moved, from the centre view to every view."""

    transmission: LayerMotion
    reflection: LayerMotion

    def cropped(self, top: int, left: int, size: tuple[int, int]) -> "Motion":
        """Return the motion of views cut out at the same place."""
        layers = (self.transmission, self.reflection)
        return Motion(*(layer.cropped(top, left, size) for layer in layers))

    def resized(self, size: tuple[int, int]) -> "Motion":
        """Return the motion of views brought to another size; see `LayerMotion.resized`."""
        return Motion(self.transmission.resized(size), self.reflection.resized(size))

    def middle(self, views: int) -> "Motion":
        """Return the motion of the views around the centre."""
        return Motion(self.transmission.middle(views), self.reflection.middle(views))

    def flipped(self, *, horizontal: bool = False, vertical: bool = False) -> "Motion":
        """Return the motion of mirrored views."""
        layers = (self.transmission, self.reflection)
        return Motion(
            *(layer.flipped(horizontal=horizontal, vertical=vertical) for layer in layers)
        )

    def reversed(self) -> "Motion":
        """Return the motion of views in reverse order; see `LayerMotion.reversed`."""
        return Motion(self.transmission.reversed(), self.reflection.reversed())


def slide_motion(origins: NDArray[Any], size: tuple[int, int]) -> LayerMotion:
    """Return the motion of a layer whose windows slide.

    Parameters
    ----------
    origins : int (V, 2), row and column of each view's window in its layer
    size : (H, W) of a view
    """
    homographies = np.tile(np.eye(3), (len(origins), 1, 1))
    centre = origins[len(origins) // 2].astype(np.float64)
    homographies[:, :2, 2] = (centre - origins)[:, ::-1]
    return LayerMotion(homographies, size)


def _middles(size: tuple[int, int], cell_px: int) -> NDArray[np.float64]:
    """Return (x, y) of the middle of every cell, float64 (h, w, 2)."""
    rows, columns = (cell_px * np.arange(-(-side // cell_px)) + (cell_px - 1) / 2 for side in size)
    return np.stack(np.meshgrid(columns, rows), axis=-1)


def _displacement(homographies: Homographies, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far (h, w, 2) points move in each view, float64 (V, h, w, 2)."""
    homogeneous = np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=-1)
    mapped = np.einsum("vij,hwj->vhwi", homographies, homogeneous)
    moved: NDArray[np.float64] = mapped[..., :2] / mapped[..., 2:] - points
    return moved


def _is_first(mask: NDArray[np.uint8], cell_px: int) -> NDArray[np.bool_]:
    """Return bool (h, w): whether the first plane has at least half of a cell."""
    height, width = (-(-side // cell_px) for side in mask.shape)
    missing = [
        (0, cells * cell_px - side) for cells, side in zip((height, width), mask.shape, strict=True)
    ]
    whole = np.pad(mask, missing, mode="edge")
    cells = whole.reshape(height, cell_px, width, cell_px).mean(axis=(1, 3))
    return np.asarray(cells >= 127.5)


def _normalised(homographies: Homographies) -> Homographies:
    return homographies / homographies[:, 2:, 2:]
