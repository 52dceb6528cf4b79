import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from trainer.data.motion import (
    FlowTally,
    best_constant,
    dense_motion,
    flip_motion,
    true_motion,
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
def scene():
    layer = np.random.default_rng(0).random((96, 96, 3))
    origins = [(4, 20), (8, 8), (20, 0)]
    return windows(layer, origins, 64), true_motion(torch.tensor([origins]))


def errors_inside(views: torch.Tensor, motion: torch.Tensor) -> list[float]:
    """Mean difference of each warped neighbour from the centre, where it is in frame."""
    valid = valid_cells(motion, 16, 16)[0]
    found = []
    for pair, view in enumerate((0, 2)):
        warped = warp(views[view : view + 1], dense_motion(motion, 16, 16)[:, pair])
        difference = (warped[0] - views[1]).abs().mean(0)
        found.append(float(difference[valid[pair]].mean()))
    return found


def test_motion_is_where_the_centre_s_cells_are_found_in_each_neighbour(scene):
    views, motion = scene
    # (8 - 20, 8 - 4) px and (8 - 0, 8 - 20) px as (dx, dy), in cells of 4 px.
    assert motion.tolist() == [[[-3.0, 1.0], [2.0, -3.0]]]
    assert max(errors_inside(views, motion)) < 1e-5


def test_without_the_true_motion_the_views_do_not_match(scene):
    views, motion = scene
    assert min(errors_inside(views, motion * 0)) > 0.05


@pytest.mark.parametrize(
    ("horizontal", "vertical"), [(True, False), (False, True), (True, True), (False, False)]
)
def test_mirrored_views_move_by_the_mirrored_motion(scene, horizontal, vertical):
    views, motion = scene
    axes = [axis for axis, flipped in ((3, horizontal), (2, vertical)) if flipped]
    flipped = flip_motion(motion, horizontal=horizontal, vertical=vertical)
    assert max(errors_inside(views.flip(axes), flipped)) < 1e-5


def test_reversed_time_swaps_the_pairs():
    origins = torch.tensor([[[0, 0], [2, 12], [3, 30]]])
    assert torch.equal(true_motion(origins.flip(1)), true_motion(origins).flip(1))


def test_five_views_give_four_pairs_in_shooting_order():
    origins = torch.tensor([[[0, 4 * view] for view in range(5)]])
    assert true_motion(origins)[0, :, 0].tolist() == [2, 1, -1, -2]


def test_valid_cells_are_those_still_in_frame():
    valid = valid_cells(torch.tensor([[[1.5, -1.0]]]), 4, 5)[0, 0]
    expected = [[row >= 1 and column + 1.5 <= 4 for column in range(5)] for row in range(4)]
    assert valid.tolist() == expected


def test_tally_measures_pixels_over_known_and_valid_cells_only():
    motion = torch.tensor([[[2.0, 0.0]], [[100.0, 0.0]]])
    fields = torch.zeros(2, 1, 2, 6, 6)
    fields[0, 0, 0] = 1.25
    fields[0, 0, 0, :, 4:] = 999.0  # there the truth leaves the frame
    tally = FlowTally()
    tally.add(fields, motion, torch.tensor([True, False]))
    errors = tally.errors()
    assert errors.predicted_px == pytest.approx(0.75 * 4)
    assert errors.zero_px == pytest.approx(8)
    assert errors.constant_px == pytest.approx(0, abs=1e-6)


def test_tally_weighs_every_valid_cell_alike_over_batches():
    tally = FlowTally()
    for dx in (0.0, 3.0):
        motion = torch.tensor([[[dx, 0.0]]])
        tally.add(torch.zeros(1, 1, 2, 6, 6), motion, torch.tensor([True]))
    # 36 cells at rest and 18 that move by three cells.
    assert tally.errors().zero_px == pytest.approx(18 * 12 / 54)


def test_an_empty_tally_knows_nothing():
    assert math.isnan(FlowTally().errors().predicted_px)


def test_a_tally_without_known_motion_knows_nothing():
    tally = FlowTally()
    tally.add(torch.zeros(1, 1, 2, 3, 3), torch.zeros(1, 1, 2), torch.tensor([False]))
    assert math.isnan(tally.errors().zero_px)


def test_best_constant_has_the_least_mean_distance():
    rng = np.random.default_rng(1)
    points, weights = rng.normal(size=(40, 2)) ** 3, rng.uniform(0.1, 1, 40)

    def distance(point):
        return (np.linalg.norm(points - point, axis=1) * weights).sum()

    expected = minimize(distance, points.mean(0), method="Nelder-Mead", tol=1e-9).x
    found = best_constant(torch.from_numpy(points), torch.from_numpy(weights)).numpy()
    assert distance(found) <= distance(expected) * (1 + 1e-5)
