"""The decouple net: features of each view -> features and pictures of its two layers (3.1.2)."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer.nets.config import NetConfig
from trainer.nets.layers import conv_chain, faint_conv, full_precision, run, upsample
from trainer.nets.views import join_channels


@dataclass(frozen=True, eq=False)
class LayerFeatures:
    """What is known of one layer, in every view.

    Attributes
    ----------
    semantic : (B, V, 128, h, w), Phi: high-level features, h = H/4
    detail : (B, V, 128, h, w), Psi: low-level features; None when not decoupled
    image : (B, V, 3, H/2, W/2), the layer as G_T or G_R draws it; None when not decoupled
    """

    semantic: Tensor
    detail: Tensor | None
    image: Tensor | None

    @property
    def joined(self) -> Tensor:
        """High- and low-level features side by side: (B, V, C, h, w)."""
        if self.detail is None:
            return self.semantic
        return join_channels(self.semantic, self.detail)

    def cropped(self, height: int, width: int) -> "LayerFeatures":
        """Return these features with the layer's image cut to ``height`` x ``width``."""
        if self.image is None:
            return self
        return replace(self, image=self.image[..., :height, :width])


@dataclass(frozen=True, eq=False)
class DecoupledViews:
    """The layers of every view; when not decoupled, ``transmission`` stands for the whole view."""

    transmission: LayerFeatures
    reflection: LayerFeatures | None

    def cropped(self, height: int, width: int) -> "DecoupledViews":
        """Return these layers with their images cut to ``height`` x ``width``."""
        return DecoupledViews(
            self.transmission.cropped(height, width),
            self.reflection and self.reflection.cropped(height, width),
        )


class LayerDecoder(nn.Module):
    """G_T or G_R: one deconvolution and three convolutions, 128 kernels each, then to colours."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        channels, slope = config.channels(128), config.leaky_slope
        self.detail = nn.Sequential(
            upsample(channels, channels, slope), conv_chain([channels] * 4, slope)
        )
        self.colours = faint_conv(channels, 3, slope)
        self.recompute = config.recompute

    def forward(self, semantic: Tensor) -> LayerFeatures:
        """Turn Phi (B, V, 128, h, w) of one layer into all that is known of that layer."""
        batch_views = semantic.shape[:2]
        detail = run(self.detail, semantic.flatten(0, 1), recompute=self.recompute)
        with full_precision(detail):
            image: Tensor = self.colours(detail.float())
        pooled = functional.avg_pool2d(detail, 2)
        return LayerFeatures(
            semantic,
            torch.unflatten(pooled, 0, batch_views),
            torch.unflatten(image, 0, batch_views),
        )


class DecoupleNet(nn.Module):
    """Split each view's features into transmission and reflection halves and draw both layers."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.transmission = LayerDecoder(config)
        self.reflection = LayerDecoder(config)

    def forward(self, features: Tensor) -> DecoupledViews:
        """Turn the encoder's (B, V, 256, h, w) into the layers of every view."""
        transmission, reflection = features.chunk(2, dim=2)
        return DecoupledViews(self.transmission(transmission), self.reflection(reflection))
