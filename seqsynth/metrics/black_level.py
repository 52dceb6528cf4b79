"""The stretch of a photo's black level, which undoes much of what real glass does to tone."""

import numpy as np

from seqsynth.metrics.pictures import PEAK, Floats, Picture, check_picture


def stretch_black_level(image: Picture) -> Floats:
    """Take half the veil off the darkest pixels and stretch the rest back to white.

    The veil is the 2nd percentile of min(R, G, B) over the picture: real glass lifts the dark.

    Returns
    -------
    float64 (H, W, 3), on 0 to 255, not rounded
    """
    check_picture("picture", image)
    darkest = np.minimum(np.minimum(image[..., 0], image[..., 1]), image[..., 2])
    black = 0.5 * float(np.percentile(darkest, 2))
    return np.clip((image.astype(np.float64) - black) * (PEAK / (PEAK - black)), 0, PEAK)
