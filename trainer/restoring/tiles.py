"""Restore a photo of any size with a student alone: whole, or in tiles where memory is short.

The student's attention averages over the whole picture, so tiles never agree exactly; how far
they disagree where they meet is measured and returned.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqsynth.errors import ConfigError
from trainer.machine import Machine
from trainer.methods.restorer import MethodNet, bytes_per_pixel
from trainer.methods.settings import MethodConfig
from trainer.nets import StudentNet
from trainer.nets.config import STRIDE, NetConfig

Float32s = NDArray[np.float32]
"""Pictures (H, W, 3) in [0, 1], representations (h, w, C), weights (n,)."""

OVERLAP = 160
"""Pixels that neighbouring tiles share at least: about half of what one output pixel sees."""

GRID = 64
"""Tiles begin at multiples of this, px, so that their pyramid's cells lie where the whole's do."""

LEAST_TILE = 320
"""Side of the smallest tile, px: the overlap and a stretch of its own."""

BASE_BYTES = 700 * 2**20
"""Memory that the program and the weights take before any picture."""

MAPS = 1.5
"""Full-resolution maps of 256 channels that live at once, half-resolution ones counted in; with
`run_in_bands`, measured."""


WORKSPACE = 1.5
"""What a method's convolutions take beside the maps that live at once."""

Student = StudentNet | MethodNet
"""Who restores a photo."""


@dataclass(frozen=True)
class Seams:
    """How far neighbouring tiles disagree where both are used, in levels of 255."""

    mean: float
    largest: float


@dataclass(frozen=True, eq=False)
class Restoration:
    """What a student made of a photo.

    Attributes
    ----------
    transmission : float32 (H, W, 3) in [0, 1]
    hallucinated : float32 (h, w, C), the representation f_s at a quarter of the size; None where
        the network has none
    tile : side of the tiles, px; 0 where the photo was taken whole
    tiles : how many
    seams : None where there was one tile
    """

    transmission: Float32s
    hallucinated: Float32s | None
    tile: int
    tiles: int
    seams: Seams | None


@dataclass(frozen=True)
class Span:
    """One tile along one axis: first and last pixel (exclusive), and how it fades at both ends."""

    start: int
    stop: int
    before: int
    after: int

    def fade(self) -> Float32s:
        """Return the weight of each pixel before neighbours are taken into account."""
        weights = np.ones(self.stop - self.start, np.float32)
        # The outer thirds of an overlap see the tile's end: only the middle third is mixed.
        for shared, side in ((self.before, weights), (self.after, weights[::-1])):
            third = shared // 3
            middle = shared - 2 * third
            side[:third] = 0
            side[third : third + middle] *= np.arange(1, middle + 1) / (middle + 1)
        return weights


def needed_bytes(config: NetConfig | MethodConfig, height: int, width: int) -> int:
    """Return the peak memory of a photo taken whole, roughly, in float32."""
    if isinstance(config, MethodConfig):
        return BASE_BYTES + int(WORKSPACE * bytes_per_pixel(config) * height * width)
    return BASE_BYTES + int(MAPS * 4 * config.channels(256) * height * width)


def choose_tile(config: NetConfig | MethodConfig, height: int, width: int, memory: int) -> int:
    """Return the side of the largest tile that fits in ``memory`` bytes; 0 is the whole photo.

    Raises
    ------
    ConfigError
        Not even the smallest tile fits.
    """
    if needed_bytes(config, height, width) <= memory:
        return 0
    least = LEAST_TILE
    most = max(height, width) // GRID * GRID
    fitting = [s for s in range(least, most + 1, GRID) if needed_bytes(config, s, s) <= memory]
    if not fitting:
        raise ConfigError(
            f"{memory / 2**30:.1f} GiB are too little: a tile of {least} px needs "
            f"{needed_bytes(config, least, least) / 2**30:.1f}; free some or name a larger --memory"
        )
    return fitting[-1]


def restore(student: Student, photo: Float32s, machine: Machine, tile: int = 0) -> Restoration:
    """Remove the reflection of one photo.

    Parameters
    ----------
    student : on the machine, in evaluation mode
    photo : float32 (H, W, 3) in [0, 1]
    tile : side of the tiles, px, a multiple of 64 from 320 on; 0 takes the photo whole

    Raises
    ------
    ConfigError
        The side of the tiles is of no use.
    """
    if tile and (tile % GRID or tile < LEAST_TILE):
        raise ConfigError(
            f"tiles of {tile} px: a multiple of {GRID} from {LEAST_TILE} on is wanted"
        )
    height, width = photo.shape[:2]
    padded = _pad_small(photo, _least_side(student.config))
    if not tile or max(padded.shape[:2]) <= tile:
        transmission, hallucinated = _run(student, padded, machine)
        return Restoration(transmission[:height, :width], hallucinated, 0, 1, None)
    return _restore_tiles(student, padded, machine, tile)


def cut_spans(length: int, tile: int) -> list[Span]:
    """Divide an axis into overlapping spans that begin on the grid."""
    if length <= tile:
        return [Span(0, length, 0, 0)]
    step = (tile - OVERLAP) // GRID * GRID
    count = -(-(length - tile) // step) + 1
    # The fewest tiles, spread as evenly as the grid allows.
    starts = [-(-(length - tile) * n // ((count - 1) * GRID)) * GRID for n in range(count)]
    stops = [*(start + tile for start in starts[:-1]), length]
    before = [0, *(stop - start for stop, start in zip(stops[:-1], starts[1:], strict=True))]
    return [
        Span(start, stop, shared, following)
        for start, stop, shared, following in zip(
            starts, stops, before, [*before[1:], 0], strict=True
        )
    ]


def axis_weights(spans: list[Span]) -> list[Float32s]:
    """Return each span's weights along its axis; at every pixel they add up to 1."""
    total = np.zeros(spans[-1].stop, np.float32)
    for span in spans:
        total[span.start : span.stop] += span.fade()
    return [span.fade() / total[span.start : span.stop] for span in spans]


def picture_knowledge(hallucinated: Float32s) -> NDArray[np.uint8]:
    """Show a representation (h, w, C) as its three principal components in red, green and blue."""
    height, width, channels = hallucinated.shape
    values = hallucinated.reshape(-1, channels).astype(np.float64)
    values -= values.mean(axis=0)
    vectors = np.linalg.eigh(values.T @ values)[1][:, ::-1][:, :3]
    # Eigenvectors have no sign of their own: the largest entry is made positive.
    largest = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.sign(vectors[largest, range(vectors.shape[1])])
    shown = values @ vectors
    low, high = np.percentile(shown, [1, 99], axis=0)
    scaled = np.clip((shown - low) / np.maximum(high - low, 1e-12), 0, 1)
    picture = np.zeros((len(scaled), 3))
    picture[:, : scaled.shape[1]] = scaled
    return np.rint(picture * 255).astype(np.uint8).reshape(height, width, 3)


@torch.inference_mode()
def _run(student: Student, photo: Float32s, machine: Machine) -> tuple[Float32s, Float32s | None]:
    """Return transmission, clipped, and representation of a photo, both channels last."""
    # A photo's own order of memory is channels last, the one convolutions like best.
    batch = torch.from_numpy(photo).permute(2, 0, 1)[None].to(machine.device)
    with machine.autocast():
        output = student(batch)
    transmission: Float32s = (
        output.transmission[0].float().clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    )
    hallucinated = output.hallucinated
    if hallucinated is None:
        return transmission, None
    return transmission, hallucinated[0].float().permute(1, 2, 0).cpu().numpy()


def _restore_tiles(student: Student, photo: Float32s, machine: Machine, tile: int) -> Restoration:
    height, width, _ = photo.shape
    total = np.zeros_like(photo)
    all_rows, all_columns = cut_spans(height, tile), cut_spans(width, tile)
    pieces: list[tuple[Span, Span, Float32s]] = []
    knowledge: Float32s | None = None
    for rows, down in zip(all_rows, axis_weights(all_rows), strict=True):
        for columns, across in zip(all_columns, axis_weights(all_columns), strict=True):
            place = (slice(rows.start, rows.stop), slice(columns.start, columns.stop))
            piece, hallucinated = _run(student, np.ascontiguousarray(photo[place]), machine)
            total[place] += piece * (down[:, None] * across)[:, :, None]
            pieces.append((rows, columns, piece))
            if hallucinated is not None:
                knowledge = _place_knowledge(knowledge, hallucinated, (rows, columns), photo.shape)
    return Restoration(total, knowledge, tile, len(pieces), _measure_seams(pieces))


def _place_knowledge(
    whole: Float32s | None,
    part: Float32s,
    spans: tuple[Span, Span],
    shape: tuple[int, ...],
) -> Float32s:
    """Put a tile's representation in its place, from the middle of each overlap on."""
    sides = tuple(-(-side // STRIDE) for side in shape[:2])
    if whole is None:
        whole = np.zeros((*sides, part.shape[2]), np.float32)
    skips = [span.before // (2 * STRIDE) for span in spans]
    tops = [span.start // STRIDE for span in spans]
    bottom, right = tops[0] + part.shape[0], tops[1] + part.shape[1]
    whole[tops[0] + skips[0] : bottom, tops[1] + skips[1] : right] = part[skips[0] :, skips[1] :]
    return whole


def _measure_seams(pieces: list[tuple[Span, Span, Float32s]]) -> Seams:
    """Compare every two tiles where both have weight."""
    total, count, largest = 0.0, 0, 0.0
    for number, (rows, columns, piece) in enumerate(pieces):
        for other_rows, other_columns, other in pieces[number + 1 :]:
            mine = _shared(rows, columns, other_rows, other_columns)
            theirs = _shared(other_rows, other_columns, rows, columns)
            if mine is None or theirs is None:
                continue
            off = np.abs(piece[mine] - other[theirs]) * 255
            total += float(off.sum(dtype=np.float64))
            count += off.size
            largest = max(largest, float(off.max()))
    return Seams(total / max(1, count), largest)


def _shared(
    rows: Span, columns: Span, other_rows: Span, other_columns: Span
) -> tuple[slice, slice] | None:
    """Return the part of a tile in which another one is mixed in, None where there is none."""
    slices = []
    for own, other in ((rows, other_rows), (columns, other_columns)):
        start, stop = max(own.start, other.start), min(own.stop, other.stop)
        if own != other:
            third = (stop - start) // 3
            start, stop = start + third, stop - third
        if stop <= start:
            return None
        slices.append(slice(start - own.start, stop - own.start))
    return slices[0], slices[1]


def _least_side(config: NetConfig | MethodConfig) -> int:
    """Return the smallest side that the network takes; methods pad what is too small for them."""
    if isinstance(config, MethodConfig):
        return 1
    return 64 if config.pyramid == "errnet" else STRIDE


def _pad_small(photo: Float32s, least: int) -> Float32s:
    """Mirror a photo smaller than the network takes; others are left alone."""
    bottom, right = (max(0, least - side) for side in photo.shape[:2])
    if not bottom and not right:
        return photo
    return np.pad(photo, ((0, bottom), (0, right), (0, 0)), mode="symmetric")
