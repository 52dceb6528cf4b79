"""Pictures to be scored: their form, and the checks that every score begins with."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seqsynth.errors import SeqsynthError

Picture: TypeAlias = NDArray[np.integer[Any]] | NDArray[np.floating[Any]]
"""Integer or floating (H, W, 3), RGB, on 0 to 255."""

Floats: TypeAlias = NDArray[np.float64]

PEAK = 255.0


class PictureError(SeqsynthError, ValueError):
    """A picture has not the form it should, or two cannot be compared; the text says why."""


def count_pixels(picture: Picture) -> int:
    """Return the number of pixels."""
    height, width = picture.shape[:2]
    return int(height * width)


def check_pair(prediction: Picture, truth: Picture, least_side: int = 1) -> None:
    """Raise `PictureError` unless windows of ``least_side`` can compare the two pictures."""
    check_picture("prediction", prediction)
    check_picture("truth", truth)
    if prediction.shape != truth.shape:
        raise PictureError(
            f"the prediction is {_size(prediction)} and the truth {_size(truth)}: "
            "crop or resize one, and name that protocol beside the numbers"
        )
    if min(truth.shape[:2]) < least_side:
        raise PictureError(
            f"the pictures are {_size(truth)}, the window of this metric is {least_side} x "
            f"{least_side}: score larger pictures"
        )


def check_picture(name: str, picture: Picture) -> None:
    """Raise `PictureError` where ``picture`` is not (H, W, 3), real, finite and on 0 to 255."""
    if picture.ndim != 3 or picture.shape[2] != 3:
        raise PictureError(
            f"the {name} has the shape {picture.shape}, (height, width, 3) is wanted: "
            "repeat a grey picture three times, drop an alpha channel"
        )
    if picture.dtype.kind not in "iuf":
        raise PictureError(
            f"the {name} is of type {picture.dtype}, integers or floats on 0 to 255 are wanted: "
            "convert it first"
        )
    if picture.size == 0:
        raise PictureError(f"the {name} is {_size(picture)}: a picture with pixels is wanted")
    if picture.dtype == np.uint8:
        return
    low, high = picture.min(), picture.max()
    # Written so that a NaN anywhere, which both extremes then are, fails as well.
    if not (low >= 0 and high <= PEAK):
        raise PictureError(
            f"the {name} holds values from {low:g} to {high:g}, 0 to 255 is wanted: clip it, "
            "and see why anything in it is infinite or NaN"
        )


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]} x {picture.shape[0]}"
