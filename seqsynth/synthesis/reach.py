"""Whether any photo is large enough for a camera's motion, told before any work."""

from collections.abc import Iterable
from pathlib import Path

from seqsynth.config import SynthesisConfig
from seqsynth.errors import SourceError
from seqsynth.motion.extent import Extent
from seqsynth.pictures import PictureFileError, read_head
from seqsynth.seeds import Draws, Stream
from seqsynth.synthesis.camera.views import draw_views
from seqsynth.voc import PhotoList, Pools

PATHS = 32
"""Camera paths whose least reach is taken for that of the settings."""


def check_reach(config: SynthesisConfig, photos: PhotoList, pools: Pools) -> None:
    """Refuse ranges of motion that no photo of a pool is large enough for.

    Raises
    ------
    ConfigError
        No path sees the planes from the front.
    SourceError
        The least that the first `PATHS` paths need is more than any photo has.
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
        least = min(extents, key=lambda extent: extent.height * extent.width)
        largest = _largest((photos.path(one) for one in ids), least, config.scale)
        if largest is not None:
            raise SourceError(
                f"no photo of {photos.folder} is large enough for this motion: {layer} needs at "
                f"least {least.height}x{least.width} px (height x width), the largest has "
                f"{largest[0]}x{largest[1]}; choose a smaller window, smaller ranges of camera or "
                "larger photos"
            )


def _largest(paths: Iterable[Path], least: Extent, scale: float) -> tuple[int, int] | None:
    """Return the size of the largest picture, or None once one is large enough."""
    largest = (0, 0)
    for path in paths:
        size = _size(path, scale)
        if size[0] >= least.height and size[1] >= least.width:
            return None
        largest = max(largest, size, key=lambda one: one[0] * one[1])
    return largest


def _size(path: Path, scale: float) -> tuple[int, int]:
    """Return height and width of a picture by its header, (0, 0) where it has none."""
    try:
        with path.open("rb") as file:
            height, width = read_head(file, path.suffix).size
    except (OSError, PictureFileError):
        return 0, 0
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))
