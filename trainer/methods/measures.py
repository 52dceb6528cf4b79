"""Distances between pictures, one number a sample; the sums and powers of several methods' losses.

All take (B, C, H, W) and return float32 (B,), under autocast too.
"""

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-6
"""Added where a power has an infinite slope at zero, or a mean is divided by."""


def mean_of(values: Tensor) -> Tensor:
    """Return the mean of each sample."""
    return values.float().flatten(1).mean(1)


def absolute(image: Tensor, truth: Tensor) -> Tensor:
    """Return mean |x - y|."""
    return mean_of((image.float() - truth.float()).abs())


def squared(image: Tensor, truth: Tensor) -> Tensor:
    """Return mean (x - y)^2."""
    return mean_of((image.float() - truth.float()).square())


def right_of(image: Tensor) -> Tensor:
    """Return forward differences along x, (B, C, H, W - 1)."""
    return image[..., :, 1:] - image[..., :, :-1]


def below(image: Tensor) -> Tensor:
    """Return forward differences along y, (B, C, H - 1, W)."""
    return image[..., 1:, :] - image[..., :-1, :]


def gradient(image: Tensor, truth: Tensor) -> Tensor:
    """Return mean |dx x - dx y| + mean |dy x - dy y|, over the differences there are."""
    difference = image.float() - truth.float()
    return mean_of(right_of(difference).abs()) + mean_of(below(difference).abs())


def features(found: list[Tensor], wanted: list[Tensor], weights: tuple[float, ...]) -> Tensor:
    """Return the weighted sum over layers of mean |phi(x) - phi(y)|."""
    terms = [
        weight * absolute(one, other)
        for weight, one, other in zip(weights, found, wanted, strict=True)
    ]
    return torch.stack(terms).sum(0)


def sobel(image: Tensor) -> tuple[Tensor, Tensor]:
    """Return Sobel's differences along x and y of (B, 1, H, W), zeros beyond the border."""
    across = image.new_tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    kernels = torch.stack((across, across.T))[:, None]
    both = functional.conv2d(image, kernels, padding=1)
    return both[:, :1], both[:, 1:]


def exclusion(image: Tensor, other: Tensor, levels: int = 3) -> Tensor:
    """Return Zhang et al.'s exclusion: how far edges of two layers fall on the same pixels.

    Half the sum over both directions of the mean over levels of
    ``mean(tanh^2(dT / 2) tanh^2(a dR / 2))^(1/4)``, ``a = 2 mean|dT| / mean|dR|``, each level half
    the size of the one before. `EPSILON` stands under the root and in the quotient: a flat
    reflection has no gradient to divide by.
    """
    image, other = image.float(), other.float()
    total = image.new_zeros(len(image))
    for level in range(levels):
        if level:
            image, other = functional.avg_pool2d(image, 2), functional.avg_pool2d(other, 2)
        for differences in (right_of, below):
            first, second = differences(image), differences(other)
            alpha = 2 * mean_of(first.abs()) / (mean_of(second.abs()) + EPSILON)
            product = (
                torch.tanh(first / 2).square()
                * torch.tanh(alpha[:, None, None, None] * second / 2).square()
            )
            total = total + (mean_of(product) + EPSILON) ** 0.25
    return total / (2 * levels)


def gaussian_window(size: int, sigma_px: float, like: Tensor) -> Tensor:
    """Return a Gaussian of sum 1 around the middle of (1, 1, size, size)."""
    offsets = torch.arange(size, device=like.device, dtype=torch.float32) - size // 2
    line = torch.exp(-offsets.square() / (2 * sigma_px**2))
    window = line[:, None] * line[None, :]
    return (window / window.sum())[None, None]


def local_moments(image: Tensor, truth: Tensor) -> tuple[Tensor, ...]:
    """Return windowed means, variances and covariance of two pictures (SSIM's, 11 px, sigma 1.5).

    Zeros are beyond the border. The window's centre is its middle tap.
    """
    channels = image.shape[1]
    window = gaussian_window(11, 1.5, image).expand(channels, 1, 11, 11)

    def mean(values: Tensor) -> Tensor:
        return functional.conv2d(values, window, padding=5, groups=channels)

    image, truth = image.float(), truth.float()
    first, second = mean(image), mean(truth)
    return (
        first,
        second,
        mean(image * image) - first * first,
        mean(truth * truth) - second * second,
        mean(image * truth) - first * second,
    )


def ssim(image: Tensor, truth: Tensor) -> Tensor:
    """Return the structural similarity of pictures on 0 to 1, C1 = 1e-4 and C2 = 9e-4."""
    mean_a, mean_b, var_a, var_b, covariance = local_moments(image, truth)
    light = (2 * mean_a * mean_b + 1e-4) / (mean_a.square() + mean_b.square() + 1e-4)
    return mean_of(light * (2 * covariance + 9e-4) / (var_a + var_b + 9e-4))


def structure(image: Tensor, truth: Tensor) -> Tensor:
    """Return the factor of `ssim` that knows no mean."""
    _, _, var_a, var_b, covariance = local_moments(image, truth)
    return mean_of((2 * covariance + 9e-4) / (var_a + var_b + 9e-4))
