"""Methods that learn nothing about reflections: the rows that a table needs to be read rightly.

Leaving the photo alone, lifting its black level and mapping its colours are far from removing a
reflection, and yet beat published networks on some benchmarks. (The stretch is
`seqsynth.metrics.stretch_black_level`.) `yang` is the one method of the paper's Table 1 without
training. All take a picture (H, W, 3) on 0 to 255 and return a new one in float64 on the same
range, not rounded. docs/metrics.md gives the formulas.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from seqsynth.metrics import Picture, check_picture
from trainer.errors import MethodError

Floats: TypeAlias = NDArray[np.float64]

PEAK = 255.0


def identity(image: Picture) -> Floats:
    """Return the photo as it is."""
    check_picture("picture", image)
    return image.astype(np.float64)


@dataclass(frozen=True)
class ColourMoments:
    """What a colour map is fitted from: sums over pixels, so that parts of a stream can be added.

    Sums of 8-bit pixels are exact, whatever the order in which parts are added.

    Attributes
    ----------
    inputs : float64 (4, 4), sum of x x' with x = (R, G, B, 1) of the blended picture
    products : float64 (4, 3), sum of x t' with t = (R, G, B) of the transmission
    """

    inputs: Floats
    products: Floats

    def __add__(self, other: "ColourMoments") -> "ColourMoments":
        return ColourMoments(self.inputs + other.inputs, self.products + other.products)

    @property
    def pixels(self) -> int:
        """Number of pixels summed up."""
        return round(float(self.inputs[3, 3]))


NO_COLOURS = ColourMoments(np.zeros((4, 4)), np.zeros((4, 3)))
"""Where a sum of moments starts: ``sum(moments, start=NO_COLOURS)``."""


def measure_colours(blended: Picture, transmission: Picture) -> ColourMoments:
    """Sum up what one pair says about the map from the first picture to the second."""
    check_picture("blended picture", blended)
    check_picture("transmission", transmission)
    if blended.shape != transmission.shape:
        raise MethodError(
            f"the blended picture has the shape {blended.shape}, the transmission "
            f"{transmission.shape}: a colour map is fitted pixel on pixel, crop or resize one"
        )
    given, wanted = _pixel_rows(blended), transmission.reshape(-1, 3).astype(np.float64)
    return ColourMoments(given.T @ given, given.T @ wanted)


def fit_colour_map(moments: ColourMoments) -> Floats:
    """Return the 3x4 matrix A that minimises the squared error of ``T ~ A (R, G, B, 1)``.

    Where the pixels do not decide between maps, as grey pictures do not, the smallest is taken.

    Raises
    ------
    MethodError
        No pixel was summed up.
    """
    if moments.pixels == 0:
        raise MethodError("no pixels to fit a colour map on: give at least one training pair")
    # A cut-off far below real pictures' smallest share and far above the rounding of grey ones.
    solution = np.linalg.lstsq(moments.inputs, moments.products, rcond=1e-10)[0]
    return np.asarray(solution.T, np.float64)


def map_colours(image: Picture, colour_map: Floats) -> Floats:
    """Apply a 3x4 colour map to every pixel and clip."""
    check_picture("picture", image)
    mapped = _pixel_rows(image) @ colour_map.T
    return np.clip(mapped, 0, PEAK).reshape(image.shape)


def yang(image: Picture, threshold: float = 0.033, fidelity: float = 1e-8) -> Floats:
    """Suppress the reflection as Yang et al. 2019 do (the paper's [40]): one DCT solve.

    Gradients shorter than ``threshold`` are taken for reflection. The result T minimises
    ``|lap T - div g|^2 + fidelity |T - Y|^2`` for every channel Y, with g the gradients that are
    left; nothing flows over the border. Fine texture of the scene goes with the reflection.

    Parameters
    ----------
    image : (H, W, 3) on 0 to 255
    threshold : h of the publication, in levels of a picture on 0 to 1; 0 changes nothing
    fidelity : epsilon of the publication

    Raises
    ------
    MethodError
        ``threshold`` is negative or ``fidelity`` not positive.
    """
    check_picture("picture", image)
    if not (threshold >= 0 and fidelity > 0):
        raise MethodError(
            f"threshold {threshold:g} and fidelity {fidelity:g}: the one must not be negative, "
            "the other positive (0.033 and 1e-8 are the authors')"
        )
    given = image.astype(np.float64)
    # What T lacks against Y obeys the same equation with the removed gradients on its right: one
    # transform there and back, and a threshold of 0 returns Y to the last bit.
    spectrum: Floats = fft.dctn(_removed_divergence(given, PEAK * threshold), axes=(0, 1))
    laplacian = _laplacian_eigenvalues(*image.shape[:2])[:, :, None]
    spectrum *= laplacian / (laplacian**2 + fidelity)
    missing: Floats = fft.idctn(spectrum, axes=(0, 1))
    return np.clip(given - missing, 0, PEAK)


def _removed_divergence(given: Floats, least: float) -> Floats:
    """Return the divergence of the gradients shorter than ``least`` levels, (H, W, 3)."""
    down, right = np.diff(given, axis=0), np.diff(given, axis=1)
    squared = np.zeros_like(given)
    squared[:-1] += down**2
    squared[:, :-1] += right**2
    removed = squared < least**2
    down *= removed[:-1]
    right *= removed[:, :-1]
    divergence = np.zeros_like(given)
    divergence[:-1] += down
    divergence[1:] -= down
    divergence[:, :-1] += right
    divergence[:, 1:] -= right
    return divergence


def _laplacian_eigenvalues(height: int, width: int) -> Floats:
    """Return what the DCT makes of the Laplacian whose border lets nothing through, (H, W)."""
    rows = np.cos(np.pi * np.arange(height) / height)
    columns = np.cos(np.pi * np.arange(width) / width)
    eigenvalues: Floats = 2 * (rows[:, None] + columns - 2)
    return eigenvalues


def _pixel_rows(picture: Picture) -> Floats:
    """Return the pixels as rows (R, G, B, 1), float64 (H W, 4)."""
    rows = np.ones((picture.shape[0] * picture.shape[1], 4))
    rows[:, :3] = picture.reshape(-1, 3)
    return rows
