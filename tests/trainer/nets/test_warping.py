import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from trainer.nets import warp, warp_neighbours


def field_of(dx: float, dy: float, height: int, width: int) -> torch.Tensor:
    return torch.tensor([dx, dy])[None, :, None, None].expand(1, 2, height, width).contiguous()


def test_zero_motion_returns_the_features_themselves() -> None:
    features = torch.rand(2, 3, 7, 9)
    assert torch.allclose(warp(features, torch.zeros(2, 2, 7, 9)), features, atol=1e-6)


@pytest.mark.parametrize(("dx", "dy"), [(2, 0), (0, 3), (-1, 2), (4, -2)])
def test_whole_motion_fetches_the_cell_that_it_points_to(dx: int, dy: int) -> None:
    features = torch.rand(1, 2, 12, 15)
    warped = warp(features, field_of(dx, dy, 12, 15))
    rows, columns = np.mgrid[0:12, 0:15]
    # out(p) = x(p + M): channel 0 points right, channel 1 down; the border is repeated.
    expected = features[..., np.clip(rows + dy, 0, 11), np.clip(columns + dx, 0, 14)]
    assert torch.allclose(warped, expected, atol=1e-5)


def test_fractional_motion_is_scipys_bilinear_interpolation() -> None:
    rng = np.random.default_rng(3)
    image, motion = rng.random((9, 11)), rng.uniform(-4, 4, (2, 9, 11))
    rows, columns = np.mgrid[0:9, 0:11].astype(float)
    wanted = (np.clip(rows + motion[1], 0, 8), np.clip(columns + motion[0], 0, 10))
    expected = map_coordinates(image, wanted, order=1)
    found = warp(
        torch.tensor(image, dtype=torch.float32)[None, None],
        torch.tensor(motion, dtype=torch.float32)[None],
    )
    assert np.abs(found[0, 0].numpy() - expected).max() < 1e-5


def test_bfloat16_autocast_does_not_touch_the_grid() -> None:
    features, motion = torch.rand(1, 1, 8, 440), field_of(3, 0, 8, 440)
    with torch.autocast("cpu", torch.bfloat16):
        warped = warp(features.bfloat16(), motion.bfloat16())
    assert warped.dtype == torch.float32
    # One column alone differs by up to 1 from the next: half a cell of error would show.
    assert torch.allclose(warped[..., :430], features.bfloat16().float()[..., 3:433], atol=1e-4)


def test_gradient_of_the_motion_is_the_slope_of_the_features() -> None:
    ramp = torch.arange(10.0).expand(1, 1, 6, 10) * 0.5
    motion = field_of(0.25, 0.0, 6, 10).requires_grad_()
    warp(ramp, motion)[..., 2:8].sum().backward()
    assert torch.allclose(motion.grad[0, 0, :, 2:8], torch.tensor(0.5), atol=1e-5)
    assert torch.allclose(motion.grad[0, 1, :, 2:8], torch.tensor(0.0), atol=1e-5)


def test_a_single_cell_is_its_own_neighbourhood() -> None:
    features = torch.rand(1, 2, 1, 1)
    assert torch.equal(warp(features, field_of(0.7, -0.7, 1, 1)), features)


def test_neighbours_are_warped_each_by_its_own_field_and_the_centre_by_none() -> None:
    views = torch.rand(2, 3, 4, 8, 8)
    fields = torch.stack((field_of(1, 0, 8, 8)[0], field_of(0, 2, 8, 8)[0]))[None].repeat(
        2, 1, 1, 1, 1
    )
    warped = warp_neighbours(views, fields)
    assert warped.shape == (2, 2, 4, 8, 8)
    assert torch.allclose(warped[:, 0, :, :, :7], views[:, 0, :, :, 1:], atol=1e-5)
    assert torch.allclose(warped[:, 1, :, :6], views[:, 2, :, 2:], atol=1e-5)
