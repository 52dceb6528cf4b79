import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from seqsynth.motion import LayerMotion, slide_motion
from trainer.data.motion import (
    FlowTally,
    best_constant,
    cell_motion,
    valid_cells,
)
from trainer.nets import warp

CELL = 4


def windows(layer: np.ndarray, origins_px: list[tuple[int, int]], size: int) -> torch.Tensor:
    """Views (V, 3, h, w) in cells: means of 4x4 px of each window of a layer."""
    views = [layer[row : row + size, column : column + size] for row, column in origins_px]
    cells = [v.reshape(size // CELL, CELL, size // CELL, CELL, 3).mean((1, 3)) for v in views]
    return torch.from_numpy(np.stack(cells)).permute(0, 3, 1, 2).float()


@pytest.fixture
def scene() -> tuple[torch.Tensor, LayerMotion]:
    layer = np.random.default_rng(0).random((96, 96, 3))
    origins = [(4, 20), (8, 8), (20, 0)]
    return windows(layer, origins, 64), slide_motion(np.array(origins), (64, 64))


def in_cells(motion: LayerMotion) -> torch.Tensor:
    """The motion of one sample: (1, P, 2, h, w)."""
    return torch.from_numpy(cell_motion(motion))[None]


def errors_inside(views: torch.Tensor, motion: torch.Tensor) -> list[float]:
    """Mean difference of each warped neighbour from the centre, where it is in frame."""
    valid = valid_cells(motion)[0]
    found = []
    for pair, view in enumerate((0, 2)):
        warped = warp(views[view : view + 1], motion[:, pair])
        difference = (warped[0] - views[1]).abs().mean(0)
        found.append(float(difference[valid[pair]].mean()))
    return found


def test_motion_is_where_the_centre_s_cells_are_found_in_each_neighbour(
    scene: tuple[torch.Tensor, LayerMotion],
) -> None:
    views, motion = scene
    # (8 - 20, 8 - 4) px and (8 - 0, 8 - 20) px as (dx, dy), in cells of 4 px.
    cells = in_cells(motion)
    assert cells.shape == (1, 2, 2, 16, 16)
    assert cells[0, :, :, 5, 9].tolist() == [[-3.0, 1.0], [2.0, -3.0]]
    assert (cells == cells[..., :1, :1]).all()
    assert max(errors_inside(views, cells)) < 1e-5


def test_without_the_true_motion_the_views_do_not_match(
    scene: tuple[torch.Tensor, LayerMotion],
) -> None:
    views, motion = scene
    assert min(errors_inside(views, in_cells(motion) * 0)) > 0.05


@pytest.mark.parametrize(
    ("horizontal", "vertical"), [(True, False), (False, True), (True, True), (False, False)]
)
def test_mirrored_views_move_by_the_mirrored_motion(
    scene: tuple[torch.Tensor, LayerMotion], horizontal: bool, vertical: bool
) -> None:
    views, motion = scene
    axes = [axis for axis, flipped in ((3, horizontal), (2, vertical)) if flipped]
    flipped = motion.flipped(horizontal=horizontal, vertical=vertical)
    assert max(errors_inside(views.flip(axes), in_cells(flipped))) < 1e-5


def test_reversed_time_swaps_the_pairs(scene: tuple[torch.Tensor, LayerMotion]) -> None:
    motion = in_cells(scene[1])
    assert torch.equal(in_cells(scene[1].reversed()), motion.flip(1))


def test_five_views_give_four_pairs_in_shooting_order() -> None:
    motion = slide_motion(np.array([[0, 4 * view] for view in range(5)]), (8, 8))
    assert in_cells(motion)[0, :, 0, 1, 1].tolist() == [2, 1, -1, -2]


def test_a_camera_s_motion_differs_from_cell_to_cell() -> None:
    homographies = np.tile(np.eye(3), (3, 1, 1))
    homographies[2, 0] = 1.25, 0, 8
    cells = in_cells(LayerMotion(homographies, (30, 40)))
    # The middle of cell (j, i) is at (4 j + 1.5, 4 i + 1.5) px; 30 px are seven cells and a half.
    expected = (0.25 * (4 * np.arange(10) + 1.5) + 8) / 4
    assert cells.shape == (1, 2, 2, 8, 10)
    assert np.allclose(cells[0, 1, 0], expected)
    assert (cells[0, 1, 1] == 0).all()
    assert (cells[0, 0] == 0).all()


def test_valid_cells_are_those_still_in_frame() -> None:
    valid = valid_cells(dense((1.5, -1.0), 4, 5))[0, 0]
    expected = [[row >= 1 and column + 1.5 <= 4 for column in range(5)] for row in range(4)]
    assert valid.tolist() == expected


def dense(motion: tuple[float, float], height: int, width: int) -> torch.Tensor:
    """One motion (dx, dy) in every cell of one pair: (1, 1, 2, h, w)."""
    return torch.tensor(motion)[None, None, :, None, None].expand(1, 1, 2, height, width)


def test_tally_measures_pixels_over_known_and_valid_cells_only() -> None:
    motion = torch.cat([dense((2.0, 0.0), 6, 6), dense((100.0, 0.0), 6, 6)])
    fields = torch.zeros(2, 1, 2, 6, 6)
    fields[0, 0, 0] = 1.25
    fields[0, 0, 0, :, 4:] = 999.0  # there the truth leaves the frame
    tally = FlowTally()
    tally.add(fields, motion, torch.tensor([True, False]))
    errors = tally.errors()
    assert errors.predicted_px == pytest.approx(0.75 * 4)
    assert errors.zero_px == pytest.approx(8)
    assert errors.constant_px == pytest.approx(0, abs=1e-6)


def test_tally_weighs_every_valid_cell_alike_over_batches() -> None:
    tally = FlowTally()
    for dx in (0.0, 3.0):
        tally.add(torch.zeros(1, 1, 2, 6, 6), dense((dx, 0.0), 6, 6), torch.tensor([True]))
    # 36 cells at rest and 18 that move by three cells.
    assert tally.errors().zero_px == pytest.approx(18 * 12 / 54)


def test_the_best_single_motion_of_a_zoom_is_its_middle() -> None:
    """A motion that grows from cell to cell: blocks of cells stand for their own."""
    zoom = torch.linspace(-1, 1, 32).expand(1, 1, 2, 32, 32).clone()
    zoom[:, :, 1] = 0
    tally = FlowTally()
    tally.add(torch.zeros_like(zoom), zoom, torch.tensor([True]))
    errors = tally.errors()
    # The outermost cells leave the frame.
    assert errors.zero_px == pytest.approx(4 * np.abs(np.linspace(-1, 1, 32))[1:-1].mean())
    assert errors.constant_px == pytest.approx(errors.zero_px, rel=0.02)


def test_an_empty_tally_knows_nothing() -> None:
    assert math.isnan(FlowTally().errors().predicted_px)


def test_a_tally_without_known_motion_knows_nothing() -> None:
    tally = FlowTally()
    tally.add(torch.zeros(1, 1, 2, 3, 3), dense((0.0, 0.0), 3, 3), torch.tensor([False]))
    assert math.isnan(tally.errors().zero_px)


def test_best_constant_has_the_least_mean_distance() -> None:
    rng = np.random.default_rng(1)
    points, weights = rng.normal(size=(40, 2)) ** 3, rng.uniform(0.1, 1, 40)

    def distance(point: np.ndarray) -> float:
        return float((np.linalg.norm(points - point, axis=1) * weights).sum())

    expected = minimize(distance, points.mean(0), method="Nelder-Mead", tol=1e-9).x
    found = best_constant(torch.from_numpy(points), torch.from_numpy(weights)).numpy()
    assert distance(found) <= distance(expected) * (1 + 1e-5)
