"""A page of pictures: one row an image, one column a method, differences to the truth on demand."""

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import jinja2
import numpy as np
from PIL import Image as Pictures

from seqsynth.metrics import Picture, Scores
from trainer.evaluation.tally import ImageResult

SIDE = 400
"""Longest side of a picture on the page, px."""

DIFFERENCE_GAIN = 4
"""Factor on differences, which would hardly be seen."""


@dataclass(frozen=True)
class Cell:
    """One picture: as a data address, its difference to the truth, and its scores in words."""

    picture: str
    difference: str
    caption: str


@dataclass(frozen=True)
class GalleryRow:
    """One image: its name, a remark, the photo, one cell a method, the truth."""

    name: str
    remark: str
    photo: str
    cells: tuple[Cell, ...]
    truth: str


class Album:
    """Small pictures of a run, kept as JPEG so that a whole benchmark fits the memory."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], dict[str, Cell]] = {}
        self._frames: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, result: ImageResult) -> None:
        """Take up one result."""
        key = (result.example.benchmark, result.example.name)
        if key not in self._frames:
            self._frames[key] = (_address(result.photo), _address(result.truth))
        if result.prediction is not None and result.scores is not None:
            off = np.abs(result.prediction.astype(np.float32) - result.truth)
            self._cells.setdefault(key, {})[result.method.name] = Cell(
                _address(result.prediction),
                _address(np.clip(off * DIFFERENCE_GAIN, 0, 255)),
                _caption(result.scores),
            )

    def row(self, key: tuple[str, str], methods: Sequence[str], remark: str = "") -> GalleryRow:
        """Return one image's row."""
        photo, truth = self._frames[key]
        cells = self._cells.get(key, {})
        empty = Cell("", "", "no prediction")
        return GalleryRow(
            " ".join(key), remark, photo, tuple(cells.get(name, empty) for name in methods), truth
        )


def render_gallery(
    title: str, notes: Sequence[str], methods: Sequence[str], parts: dict[str, list[GalleryRow]]
) -> str:
    """Return a whole HTML document that needs nothing else.

    Parameters
    ----------
    parts : heading -> rows, in order
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("trainer.evaluation", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.get_template("gallery.html")
    return template.render(
        title=title, notes=notes, methods=methods, parts=parts, gain=DIFFERENCE_GAIN
    )


def _address(picture: Picture) -> str:
    """Return a picture as a data address, shrunk to the page."""
    image = Pictures.fromarray(np.rint(np.clip(picture, 0, 255)).astype(np.uint8))
    image.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _caption(scores: Scores) -> str:
    decibels = "∞" if math.isinf(scores.psnr_pooled) else f"{scores.psnr_pooled:.2f}"
    return f"{decibels} dB, SSIM {scores.ssim:.4f}, LMSE {scores.lmse:.4f}"
