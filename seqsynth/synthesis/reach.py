"""Whether any photo is large enough for a camera's motion, told before any work."""

from collections.abc import Iterable
from pathlib import Path

from seqsynth.config import SynthesisConfig
from seqsynth.errors import SourceError
from seqsynth.pictures import PictureFileError, open_file, read_head
from seqsynth.seeds import Draws, Stream
from seqsynth.synthesis.camera.views import draw_views
from seqsynth.voc import PhotoList, Pools

Size = tuple[int, int]
"""Height and width, px."""

PATHS = 32
"""Camera paths that stand for those of the settings; half of them must have a photo."""


def check_reach(config: SynthesisConfig, photos: PhotoList, pools: Pools) -> None:
    """Refuse ranges of motion that no photo of a pool is large enough for.

    Raises
    ------
    ConfigError
        No path sees the planes from the front.
    SourceError
        Over half of the first `PATHS` paths need more than any photo has.
    """
    seen = [
        draw_views(
            config.camera, config.views, config.window, Draws(config.seed, Stream.TRAIN, number)
        )
        for number in range(PATHS)
    ]
    layers = (
        ("T", pools.transmission_train, [views.transmission_extent for views in seen]),
        ("R", pools.reflection_train, [views.reflection_extent for views in seen]),
    )
    for layer, ids, extents in layers:
        sizes = (_size(photos.path(one), config.scale) for one in ids)
        needed = sorted((extent.height, extent.width) for extent in extents)
        largest = _largest(sizes, needed)
        if largest is not None:
            height, width = needed[PATHS // 2]
            raise SourceError(
                f"no photo of {photos.folder} is large enough for most of this motion: {layer} "
                f"needs {height}x{width} px (height x width) at times, the largest has "
                f"{largest[0]}x{largest[1]}; choose a smaller window, smaller ranges of camera or "
                "larger photos"
            )


def _largest(sizes: Iterable[Size], needed: list[Size]) -> Size | None:
    """Return the size of the largest picture, or None once half of what is needed is there."""
    largest, missing = (0, 0), needed
    for height, width in sizes:
        missing = [one for one in missing if one[0] > height or one[1] > width]
        if len(missing) <= len(needed) // 2:
            return None
        largest = max(largest, (height, width), key=lambda one: one[0] * one[1])
    return largest


def _size(path: Path, scale: float) -> Size:
    """Return height and width of a picture by its header, (0, 0) where it has none."""
    try:
        with open_file(path) as file:
            height, width = read_head(file, path.suffix).size
    except (OSError, PictureFileError):
        return 0, 0
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))
