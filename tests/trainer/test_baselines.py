"""Methods that learn nothing, against hand-worked numbers, lstsq and a direct sparse solve."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg as sparse_linalg

from seqsynth.metrics import PictureError, stretch_black_level
from trainer import baselines
from trainer.baselines import NO_COLOURS, fit_colour_map, map_colours, yang
from trainer.errors import MethodError

Array = NDArray[Any]


def draw_picture(height: int, width: int, seed: int = 0) -> Array:
    """Return smooth slopes, a few edges and noise, uint8."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    slopes = (
        rows[..., None] * rng.uniform(0, 3, 3) + columns[..., None] * rng.uniform(0, 3, 3)
    ) % 256
    boxes = 80 * ((rows // 6 + columns // 5) % 2)[..., None]
    noisy = 0.5 * slopes + boxes + rng.normal(0, 4, (height, width, 3))
    picture: Array = np.clip(noisy, 0, 255).round().astype(np.uint8)
    return picture


METHODS: dict[str, Callable[[Array], Array]] = {
    "identity": baselines.identity,
    "stretch": stretch_black_level,
    "yang": yang,
    "colours": lambda image: map_colours(image, np.eye(3, 4) * 1.3 - 5),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_returns_floats_within_the_range(name: str) -> None:
    image = draw_picture(25, 33)
    result = METHODS[name](image)
    assert result.shape == image.shape
    assert result.dtype == np.float64
    assert result.min() >= 0
    assert result.max() <= 255


@pytest.mark.parametrize("name", METHODS)
def test_the_type_of_the_picture_does_not_matter(name: str) -> None:
    image = draw_picture(25, 33)
    result = METHODS[name](image)
    assert np.array_equal(METHODS[name](image.astype(np.float32)), result)
    assert np.array_equal(METHODS[name](image.astype(np.float64)), result)


@pytest.mark.parametrize("name", METHODS)
def test_the_photo_is_left_as_it_was(name: str) -> None:
    image = draw_picture(25, 33).astype(np.float64)
    before = image.copy()
    result = METHODS[name](image)
    result += 1
    assert np.array_equal(image, before)


@pytest.mark.parametrize("name", METHODS)
def test_a_grey_picture_is_refused(name: str) -> None:
    with pytest.raises(PictureError, match=r"\(9, 9\)"):
        METHODS[name](np.zeros((9, 9)))


@pytest.mark.parametrize("name", METHODS)
def test_a_picture_without_pixels_is_refused(name: str) -> None:
    with pytest.raises(PictureError, match="7 x 0"):
        METHODS[name](np.zeros((0, 7, 3), np.uint8))


def test_identity_changes_nothing() -> None:
    image = draw_picture(25, 33)
    assert np.array_equal(baselines.identity(image), image)


def test_stretch_takes_half_the_second_percentile_of_the_darkest_channel() -> None:
    # 101 pixels whose darkest channel runs 40 ... 140: the 2nd percentile is the third, 42.
    levels = np.arange(40, 141)
    image = np.stack([levels, levels + 7, levels + 99], axis=1)[None].astype(np.uint8)
    expected = (image - 21.0) * 255 / (255 - 21.0)
    assert stretch_black_level(image) == pytest.approx(np.clip(expected, 0, 255))


def test_stretch_leaves_a_picture_with_black_in_it() -> None:
    image = draw_picture(30, 30)
    image[:2, :, 1] = 0
    assert np.array_equal(stretch_black_level(image), image)


def test_stretch_clips_what_is_darker_than_the_black_level() -> None:
    image = np.full((20, 20, 3), 100, np.uint8)
    image[0, 0] = 10
    assert stretch_black_level(image)[0, 0] == pytest.approx([0, 0, 0])


def test_stretch_keeps_white_white() -> None:
    white = np.full((5, 5, 3), 255, np.uint8)
    assert stretch_black_level(white) == pytest.approx(np.full((5, 5, 3), 255.0))


def colour_pairs() -> list[tuple[Array, Array]]:
    """Return three pairs of different sizes, the second of each a noisy colour map of the first."""
    rng = np.random.default_rng(3)
    matrix = np.array([[0.7, 0.1, 0.0], [0.05, 0.8, -0.1], [0.0, 0.2, 0.6]])
    pairs = []
    for seed, size in enumerate([(17, 23), (30, 12), (8, 40)]):
        blended = draw_picture(*size, seed)
        transmission = blended @ matrix.T - 6 + rng.normal(0, 3, blended.shape)
        pairs.append((blended, np.clip(transmission, 0, 255).round().astype(np.uint8)))
    return pairs


def test_colour_map_is_the_least_squares_solution_over_all_pixels() -> None:
    pairs = colour_pairs()
    moments = sum((baselines.measure_colours(*pair) for pair in pairs), start=NO_COLOURS)
    given = np.concatenate([blended.reshape(-1, 3) for blended, _ in pairs]).astype(float)
    wanted = np.concatenate([truth.reshape(-1, 3) for _, truth in pairs]).astype(float)
    expected = np.linalg.lstsq(np.column_stack([given, np.ones(len(given))]), wanted)[0].T
    assert fit_colour_map(moments) == pytest.approx(expected, abs=1e-8)
    assert moments.pixels == len(given)


def test_colour_map_does_not_depend_on_the_order_of_the_stream() -> None:
    first, second, third = (baselines.measure_colours(*pair) for pair in colour_pairs())
    forward = fit_colour_map(first + second + third)
    assert np.array_equal(fit_colour_map(third + (second + first)), forward)


def test_no_colour_map_fits_better() -> None:
    blended, transmission = colour_pairs()[0]
    colour_map = fit_colour_map(baselines.measure_colours(blended, transmission))
    rows = np.column_stack([blended.reshape(-1, 3), np.ones(blended[..., 0].size)])

    def error(candidate: Array) -> float:
        return float(((rows @ candidate.T - transmission.reshape(-1, 3)) ** 2).sum())

    least = error(colour_map)
    for index in np.ndindex(3, 4):
        for step in (-1e-3, 1e-3):
            other = colour_map.copy()
            other[index] += step
            assert error(other) > least


def test_colour_map_of_grey_pictures_still_maps_grey() -> None:
    grey = np.repeat(draw_picture(20, 20)[..., :1], 3, axis=2)
    colour_map = fit_colour_map(baselines.measure_colours(grey, 0.5 * grey + 10))
    assert map_colours(grey, colour_map) == pytest.approx(0.5 * grey + 10, abs=1e-6)
    assert np.abs(colour_map[:, :3]).max() < 0.2


def test_colour_map_is_applied_row_by_row() -> None:
    image = np.array([[[10, 20, 30]]], np.uint8)
    colour_map = np.array([[1.0, 2, 0, 5], [0, 0, 1, -31], [0, 0, 9, 0]])
    assert map_colours(image, colour_map).tolist() == [[[55, 0, 255]]]


def test_a_colour_map_needs_pixels() -> None:
    with pytest.raises(MethodError, match="at least one training pair"):
        fit_colour_map(NO_COLOURS)


def test_a_colour_map_needs_pictures_of_one_size() -> None:
    with pytest.raises(MethodError, match=r"\(8, 9, 3\).*\(9, 8, 3\).*crop or resize"):
        baselines.measure_colours(draw_picture(8, 9), draw_picture(9, 8))


def difference_matrices(height: int, width: int) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return the forward differences down and to the right, zero at the far border."""
    down = sparse.lil_array((height * width, height * width))
    right = sparse.lil_array((height * width, height * width))
    for row in range(height):
        for column in range(width):
            here = row * width + column
            if row + 1 < height:
                down[here, here], down[here, here + width] = -1, 1
            if column + 1 < width:
                right[here, here], right[here, here + 1] = -1, 1
    return down.tocsr(), right.tocsr()


def solve_yang(channel: Array, threshold: float, fidelity: float) -> Array:
    """Solve the normal equations of the published objective directly."""
    down, right = difference_matrices(*channel.shape)
    given = channel.ravel() / 255
    steps = down @ given, right @ given
    kept = np.hypot(*steps) >= threshold
    laplacian = -(down.T @ down + right.T @ right)
    divergence = -(down.T @ (kept * steps[0]) + right.T @ (kept * steps[1]))
    normal = laplacian.T @ laplacian + fidelity * sparse.eye_array(given.size)
    wanted = laplacian.T @ divergence + fidelity * given
    solution = sparse_linalg.spsolve(normal.tocsc(), wanted)
    clipped: Array = np.clip(255 * solution.reshape(channel.shape), 0, 255)
    return clipped


# The smaller the fidelity, the worse the condition of the direct solve: 1e-8 leaves it 1e-3 levels.
@pytest.mark.parametrize(("fidelity", "tolerance"), [(1e-2, 1e-9), (1e-5, 1e-6), (1e-8, 1e-3)])
@pytest.mark.parametrize("size", [(24, 31), (1, 17), (16, 1), (2, 2)])
def test_yang_solves_its_equation(size: tuple[int, int], fidelity: float, tolerance: float) -> None:
    image = draw_picture(*size)
    result = yang(image, 0.1, fidelity)
    for channel in range(3):
        expected = solve_yang(image[..., channel], 0.1, fidelity)
        assert result[..., channel] == pytest.approx(expected, abs=tolerance)


def test_yang_minimises_the_published_objective() -> None:
    # Stated as one least-squares problem, without normal equations: |L T - g|^2 + e |T - Y|^2.
    image, threshold, fidelity = draw_picture(9, 11), 0.1, 1e-4
    down, right = (matrix.toarray() for matrix in difference_matrices(9, 11))
    channel = image[..., 0].ravel() / 255
    kept = np.hypot(down @ channel, right @ channel) >= threshold
    target = -(down.T @ (kept * (down @ channel)) + right.T @ (kept * (right @ channel)))
    laplacian = -(down.T @ down + right.T @ right)
    stacked = np.concatenate([laplacian, np.sqrt(fidelity) * np.eye(99)])
    wanted = np.concatenate([target, np.sqrt(fidelity) * channel])
    expected = np.clip(255 * np.linalg.lstsq(stacked, wanted)[0], 0, 255)
    result = yang(image, threshold, fidelity)[..., 0].ravel()
    assert result == pytest.approx(expected, abs=1e-7)


def test_yang_without_threshold_changes_nothing() -> None:
    image = draw_picture(40, 30)
    assert np.array_equal(yang(image, 0), image)


def test_yang_keeps_gradients_of_just_the_threshold() -> None:
    image = np.zeros((6, 8, 3), np.uint8)
    image[:, 4:] = 51
    assert yang(image, 0.2) == pytest.approx(image, abs=1e-6)
    assert np.abs(yang(image, 0.2001) - image).max() > 10


def test_yang_keeps_the_mean_of_every_channel() -> None:
    # Weak texture in the middle of the range, so that nothing is clipped.
    image = np.random.default_rng(1).integers(100, 130, (31, 43, 3)).astype(np.uint8)
    result = yang(image, 0.05)
    assert not np.allclose(result, image, atol=1)
    assert result.mean(axis=(0, 1)) == pytest.approx(image.mean(axis=(0, 1)))


def test_yang_flattens_a_picture_whose_gradients_all_lie_below_the_threshold() -> None:
    image = np.random.default_rng(1).integers(100, 130, (31, 43, 3)).astype(np.uint8)
    # Fidelity holds the broadest waves a little: the flattest possible result has a spread left.
    assert yang(image, 0.2).std(axis=(0, 1)).max() < 0.05 * image.std()


def test_yang_treats_channels_alone() -> None:
    image = draw_picture(20, 22)
    assert yang(image[..., ::-1]) == pytest.approx(yang(image)[..., ::-1], abs=1e-9)


@pytest.mark.parametrize(("threshold", "fidelity"), [(-0.01, 1e-8), (np.nan, 1e-8), (0.03, 0)])
def test_yang_refuses_settings_that_mean_nothing(threshold: float, fidelity: float) -> None:
    with pytest.raises(MethodError, match=r"0\.033 and 1e-8"):
        yang(draw_picture(9, 9), threshold, fidelity)
