"""Photo files of unusual kinds, written small."""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

HEIC_HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
RAW_HEAD = b"FUJIFILMCCD-RAW 0201"
LIGHT = np.kron([[0.05, 0.5], [0.2, 0.01]], np.ones((32, 48)))


def save(picture: np.ndarray, path: Path, orientation: int | None = None, **options: Any) -> Path:
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.fromarray(picture).save(path, exif=exif, **options)
    return path


def write_dng(path: Path, light: NDArray[np.floating[Any]], orientation: int = 1) -> Path:
    """Write linear light (H, W) as a raw photo of a grey scene, behind a Bayer pattern."""
    matrix = (3.2405, -1.5371, -0.4985, -0.9693, 1.876, 0.0416, 0.0556, -0.204, 1.0572)
    tags = [
        (272, "s", 0, "Drawn One", True),
        (274, "H", 1, orientation, True),
        (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, (0, 1, 1, 2), True),
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Drawn One", True),
        (50721, "2i", 9, [part for m in matrix for part in (round(m * 10_000), 10_000)], True),
        (50728, "2I", 3, (1, 1) * 3, True),
    ]
    raw = np.rint(light * 65535).astype(np.uint16)
    clock = "2019:05:02 14:15:30"
    tifffile.imwrite(path, raw, photometric=32803, datetime=clock, extratags=tags, metadata=None)
    return path
