"""JPEGs of VOC's shape and weight (500x375, about 100 kB) from public-domain photos."""

import io
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

NAMES = ("astronaut", "chelsea", "coffee", "rocket")


def write_photos(folder: Path, count: int, *, seed: int = 0) -> list[Path]:
    """Write ``count`` JPEGs, each a random crop of a photo at 500x375, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [getattr(skimage.data, name)() for name in NAMES]
    rng = np.random.default_rng(seed)
    paths = []
    for number in range(count):
        source = sources[number % len(sources)]
        height = int(rng.integers(150, min(source.shape[0], source.shape[1] * 3 // 4) + 1))
        width = height * 4 // 3
        row = int(rng.integers(0, source.shape[0] - height + 1))
        column = int(rng.integers(0, source.shape[1] - width + 1))
        crop = Image.fromarray(source[row : row + height, column : column + width])
        photo = np.asarray(crop.resize((500, 375), Image.Resampling.LANCZOS), np.int16)
        # Enlarged crops are softer than camera files; grain brings the bytes to VOC's.
        grain = rng.normal(0, 6, (375, 500, 1)).astype(np.int16)
        path = folder / f"photo_{number:04d}.jpg"
        path.write_bytes(_jpeg(np.clip(photo + grain, 0, 255).astype(np.uint8)))
        paths.append(path)
    return paths


def _jpeg(photo: np.ndarray) -> bytes:
    """Encode at the highest quality of a few that stays near 100 kB."""
    for quality in (95, 93, 90, 87, 84, 80):
        buffer = io.BytesIO()
        Image.fromarray(photo).save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= 110_000:
            break
    return buffer.getvalue()
