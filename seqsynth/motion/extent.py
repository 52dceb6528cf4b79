"""How much of a photo the views of a layer see, counted from the centre view's frame."""

from collections.abc import Sequence
from dataclasses import dataclass

from seqsynth.motion.homography import FINE, SourceMap
from seqsynth.motion.resampling import AFTER, BEFORE


@dataclass(frozen=True)
class Extent:
    """Rows and columns that all views of a layer read, in pixels of the centre view.

    Attributes
    ----------
    top, left : of the first pixel; at most 0
    height, width : at least the frame's
    """

    top: int
    left: int
    height: int
    width: int

    @property
    def corner(self) -> tuple[int, int]:
        """Row and column of the first pixel."""
        return self.top, self.left


def extent_of(views: Sequence[SourceMap]) -> Extent:
    """Return the extent of a layer's views, the centre view's frame included.

    A frame is seen as a convex quadrilateral, so its corners lie outermost.
    """
    height, width = views[0].window
    rows, columns = [0, height - 1], [0, width - 1]
    for view in views:
        if not view.is_identity:
            across, down = _spans(view)
            columns += across
            rows += down
    top, left = min(rows), min(columns)
    return Extent(top, left, max(rows) - top + 1, max(columns) - left + 1)


def _spans(view: SourceMap) -> tuple[list[int], list[int]]:
    """Return the outermost columns and rows that the pixels around the corners are read from."""
    spans = []
    for axis, side in enumerate(reversed(view.window)):
        fine = [
            FINE // 2 * (side - 1) + (FINE * corner[axis] + corner[2]) // (2 * corner[2])
            for corner in view.corners()
        ]
        spans.append([min(fine) // FINE - BEFORE, max(fine) // FINE + AFTER])
    return spans[0], spans[1]
