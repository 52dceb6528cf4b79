import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from trainer.methods.measures import (
    absolute,
    exclusion,
    features,
    gradient,
    sobel,
    squared,
    ssim,
    structure,
)


@pytest.fixture
def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    first, second = torch.rand(2, 2, 3, 24, 20, generator=generator)
    return first, second


def test_distances_are_those_of_numpy(pictures):
    first, second = (one.double().numpy() for one in pictures)
    difference = first - second
    across, down = np.diff(difference, axis=3), np.diff(difference, axis=2)
    axes = (1, 2, 3)
    found = [measure(*pictures).numpy() for measure in (absolute, squared, gradient)]
    wanted = [
        np.abs(difference).mean(axes),
        (difference**2).mean(axes),
        np.abs(across).mean(axes) + np.abs(down).mean(axes),
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_features_are_weighed_layer_by_layer():
    ones, threes = torch.ones(2, 4, 3, 3), torch.full((2, 8, 2, 2), 3.0)
    found = features([ones, threes], [0 * ones, 0 * threes], (0.5, 2.0))
    assert found.tolist() == [6.5, 6.5]


def test_sobel_of_a_step_is_four():
    step = torch.zeros(1, 1, 5, 6)
    step[..., 3:] = 1
    across, down = sobel(step)
    # Both columns beside the step, away from the zeros beyond the border.
    assert across[0, 0, 2].tolist() == [0, 0, 4, 4, 0, -4]
    assert down[0, 0, 2].tolist() == [0] * 6


def test_exclusion_is_the_formula(pictures):
    first, second = (one.double().numpy() for one in pictures)

    def half(images: np.ndarray) -> np.ndarray:
        height, width = (side // 2 * 2 for side in images.shape[2:])
        blocks = images[..., :height, :width]
        return blocks.reshape(*images.shape[:2], height // 2, 2, width // 2, 2).mean((3, 5))

    total = np.zeros(2)
    for _ in range(3):
        for axis in (3, 2):
            one, other = np.diff(first, axis=axis), np.diff(second, axis=axis)
            alpha = 2 * np.abs(one).mean((1, 2, 3)) / np.abs(other).mean((1, 2, 3))
            product = np.tanh(one / 2) ** 2 * np.tanh(alpha[:, None, None, None] * other / 2) ** 2
            total += product.mean((1, 2, 3)) ** 0.25
        first, second = half(first), half(second)
    np.testing.assert_allclose(exclusion(*pictures).numpy(), total / 6, rtol=4e-3)


def test_exclusion_of_a_flat_reflection_can_be_trained_on(pictures):
    image = pictures[0].requires_grad_()
    flat = torch.full_like(pictures[1], 0.25).requires_grad_()
    exclusion(image, flat).sum().backward()
    assert bool(image.grad.isfinite().all())
    assert bool(flat.grad.isfinite().all())


def test_ssim_is_scikit_images_away_from_the_border(pictures):
    inside = pictures[0][:1, :1].clone(), pictures[1][:1, :1].clone()
    _, wanted = structural_similarity(
        inside[0][0, 0].numpy(),
        inside[1][0, 0].numpy(),
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        truncate=3.4,
        use_sample_covariance=False,
        full=True,
    )
    # One pixel, whose whole window lies inside: everything else is masked away by taking means of
    # pictures that agree but there.
    from trainer.methods.measures import local_moments

    mean_a, mean_b, var_a, var_b, covariance = (
        one[0, 0, 12, 10].item() for one in local_moments(*inside)
    )
    light = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
    found = light * (2 * covariance + 9e-4) / (var_a + var_b + 9e-4)
    assert found == pytest.approx(float(wanted[12, 10]), rel=1e-4)


def test_ssim_and_structure_of_a_picture_and_itself_are_one(pictures):
    torch.testing.assert_close(ssim(pictures[0], pictures[0]), torch.ones(2))
    torch.testing.assert_close(structure(pictures[0], pictures[0]), torch.ones(2))


def test_structure_knows_no_mean_inside(pictures):
    # The zeros beyond the border do see it, so that a wide picture is nearly, not quite, blind.
    wide = torch.rand(1, 1, 200, 200, generator=torch.Generator().manual_seed(2)) / 2
    assert structure(wide, wide + 0.3).item() > 0.9 > ssim(wide, wide + 0.3).item()
