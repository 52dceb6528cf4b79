"""Shrinking, with the same result on every processor."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

Image = NDArray[np.uint8]
"""(H, W, 3), RGB."""


def shrink(image: Image, scale: float) -> Image:
    """Shrink by area averaging to (round half up of H * scale, W * scale); 1.0 changes nothing."""
    if scale == 1.0:
        return image
    height, width = (max(1, int(side * scale + 0.5)) for side in image.shape[:2])
    # Pillow averages in fixed point, so the result does not depend on the processor. Rows and
    # columns apart, since which of them comes first has changed between its versions.
    rows = PillowImage.fromarray(image).resize((width, image.shape[0]), PillowImage.Resampling.BOX)
    return np.asarray(rows.resize((width, height), PillowImage.Resampling.BOX))
