"""One shard set as the browser sees it: rows of the grid, histograms, one sequence in full."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import SeqsynthError
from seqsynth.sequence import ViewSequence
from seqsynth.shards import ShardSet
from seqsynth.shards.index import Location
from seqsynth.view.measurements import Survey, histogram
from seqsynth.view.pictures import (
    KINDS,
    PictureCache,
    exact_picture,
    film_strip,
    frame_of,
    shown_views,
)
from seqsynth.view.selections import Query, Selections, subset_command

MOST_ROWS = 500
"""Rows of the grid in one answer."""

ARROWS = 9
"""Motion is drawn at so many places along the longer side."""


class ShownSet:
    """A shard set, its survey and its selections.

    Parameters
    ----------
    name : what it is called on the page
    location : where it lies
    shards : its sequences
    pictures : where encoded pictures are kept
    """

    def __init__(
        self, name: str, location: Location, shards: ShardSet, pictures: PictureCache
    ) -> None:
        self.name = name
        self.location = location
        self.shards = shards
        self.survey = Survey(shards)
        self.selections = Selections(shards, self.survey)
        self._pictures = pictures

    def head(self) -> dict[str, Any]:
        """Return what the page says of the whole set."""
        index = self.shards.parts[0][1]
        return {
            "name": self.name,
            "path": str(self.location),
            "kind": index.kind,
            "layout": index.layout,
            "complete": index.complete,
            "sequences": len(self.shards),
            "counts": self.shards.counts(),
        }

    def select(self, query: Query) -> dict[str, Any]:
        """Return how far a selection is, and the command that makes a set of it."""
        selection = self.selections.of(query)
        scanned, total = selection.scanned
        return {
            "count": len(selection.numbers()),
            "scanned": scanned,
            "total": total,
            "done": selection.is_done,
            "fault": selection.fault or selection.left_out,
            "measured": self.survey.done,
            "command": subset_command(str(self.location), query),
            "by_names": bool(query.measured),
        }

    def rows(self, query: Query, first: int, count: int) -> list[dict[str, Any]]:
        """Return a stretch of a selection: number, name, split, views and their sides."""
        numbers = self.selections.of(query).numbers()
        chosen = numbers[max(first, 0) : max(first, 0) + min(count, MOST_ROWS)]
        return [self.row(int(number)) for number in chosen]

    def row(self, number: int) -> dict[str, Any]:
        """Return what the grid says of one sequence; of one that cannot be read, why."""
        try:
            return self._row(number)
        except SeqsynthError as error:
            unread = {"name": f"sequence {number}", "split": "", "frames": 1, "centre": 0}
            size = {"width": 1, "height": 1, "measured": {}}
            return {"number": number, **unread, **size, "fault": str(error)}

    def _row(self, number: int) -> dict[str, Any]:
        views, height, width, _ = self.shards.shapes(number)["blended"]
        shown = shown_views(views)
        return {
            "number": number,
            "name": self.shards.name(number),
            "split": self.shards.place(number)[1].split,
            "frames": len(shown),
            "centre": shown.index(views // 2),
            "width": width,
            "height": height,
            "measured": self.survey.of(number),
        }

    def names(self, query: Query) -> str:
        """Return the names of a selection, one a line, as ``subset --names-from`` reads them."""
        numbers = self.selections.of(query).numbers()
        return "".join(f"{self.shards.name(int(number))}\n" for number in numbers)

    def histograms(self, query: Query) -> list[dict[str, Any]]:
        """Return every quantity's histogram: of the whole set, and of the selection in it."""
        chosen = self.selections.of(query).mask()
        found = []
        for one in self.survey.quantities():
            counts = histogram(self.survey.values(one.key), chosen)
            if counts is not None:
                found.append({**vars(one), **vars(counts)})
        return found

    def sequence(self, number: int) -> dict[str, Any]:
        """Return everything that is known of one sequence, but its pixels."""
        sequence = self.shards[number]
        shapes = {kind: getattr(sequence, kind) for kind in KINDS}
        return {
            **self.row(number),
            "views": sequence.views,
            "centre_view": sequence.centre,
            "kinds": {
                kind: [v for v in range(sequence.views) if frame_of(sequence, kind, v) is not None]
                for kind, frames in shapes.items()
                if frames is not None
            },
            "arrows": arrows(sequence),
            "metadata": plain(sequence.metadata),
        }

    def strip(self, number: int) -> bytes:
        """Return the film strip of a sequence as JPEG."""
        return self._pictures.get(
            (self.name, "strip", number), lambda: film_strip(self.shards[number].blended)
        )

    def frame(self, number: int, kind: str, view: int) -> bytes | None:
        """Return one frame as PNG, None where it is unknown."""
        image = frame_of(self.shards[number], kind, view)
        if image is None:
            return None
        return self._pictures.get((self.name, kind, number, view), lambda: exact_picture(image))


def arrows(sequence: ViewSequence) -> dict[str, list[list[list[float]]]]:
    """Return how both layers move from the centre view to every other, by slide or by camera.

    Returns
    -------
    layer -> for every view a list of (column, row, right, down), px of the centre view; empty for
    the centre itself, and no layer where the motion is unknown
    """
    if sequence.motion is None:
        return {}
    _, height, width, _ = sequence.blended.shape
    cell_px = max(1, max(height, width) // ARROWS)
    found = {}
    for name in ("transmission", "reflection"):
        flow = getattr(sequence.motion, name).flow(cell_px)
        found[name] = [
            _arrows_of(moved, cell_px) if view != sequence.centre else []
            for view, moved in enumerate(flow)
        ]
    return found


def _arrows_of(flow: NDArray[np.float32], cell_px: int) -> list[list[float]]:
    """Return (column, row, right, down) at the middle of every cell of a view's flow (h, w, 2)."""
    rows, columns = (np.arange(cells) * cell_px + cell_px // 2 for cells in flow.shape[:2])
    return [
        [column, row, *(round(step, 3) for step in flow[i, j].tolist())]
        for i, row in enumerate(rows.tolist())
        for j, column in enumerate(columns.tolist())
    ]


def plain(value: Any) -> Any:
    """Return a value in JSON's types; what is no number any more becomes None."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
