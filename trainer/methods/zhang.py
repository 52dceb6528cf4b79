"""Zhang et al. 2018: VGG features of the photo, dilated convolutions, both layers out.

The paper's [41] and a row of its Table 1. What the authors' code does and we decided about it:

- **Their images are BGR while VGG's filters and mean are RGB.** ``colours`` "rgb" (ours) trains in
  RGB with torchvision's VGG and ImageNet's mean and spread; "bgr" is theirs, for their weights and
  Caffe's VGG: BGR on 0 to 255 less (123.68, 116.779, 103.939), in that order.
- **Scale of the features.** Caffe's VGG sees levels, torchvision's numbers of spread 1: its
  features are taken times 255 times the mean spread, `FEATURE_SCALE`, for Caffe's, so that the
  authors' weights of the terms keep their balance.
- **VGG pools by 2x2 averages**, partial cells kept; the features are enlarged as TensorFlow 1 does.
- **The identity start** passes the first 64 channels of the input on, which are VGG's relu5_2 and
  not the photo. Without features they are the photo.
- **The norm** is w0 x + w1 BN(x) with BN from the photo's own statistics (batch 1), an offset and
  no gain.
- **The fourth root** of the exclusion loss has an infinite slope at 0, and its alpha divides by a
  flat reflection's edges: 1e-6 is added at both.
- There is no layer ``g_conv8`` in their checkpoint: the last dilation has the number 9.
"""

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from trainer.methods.features import (
    CHANNELS,
    RELU1_2,
    RELU2_2,
    RELU3_2,
    RELU4_2,
    RELU5_2,
    Taps,
    upsampled_as_tensorflow_1,
)
from trainer.methods.layers import PatchGan, convolution, leaky
from trainer.methods.measures import absolute, exclusion, features
from trainer.methods.method import (
    Adversary,
    Lesson,
    Method,
    Outputs,
    Perceive,
    Published,
    Term,
    Terms,
    VggTaps,
)
from trainer.methods.pair import Pair
from trainer.methods.settings import JudgeConfig, MethodConfig, Table
from trainer.methods.weights import read_zhang

LAYERS = (RELU1_2, RELU2_2, RELU3_2, RELU4_2, RELU5_2)
FEATURE_WEIGHTS = (1 / 2.6, 1 / 4.8, 1 / 3.7, 1 / 5.6, 10 / 1.5)
DILATIONS = (1, 2, 4, 8, 16, 32, 64, 1)
CAFFE_MEAN = (123.68, 116.779, 103.939)
FEATURE_SCALE = 255 * (0.229 + 0.224 + 0.225) / 3
"""Caffe's features over torchvision's, roughly: what the two subtract and divide by."""


class ZhangWeights(Table):
    """Weights of the generator's terms."""

    perceptual: float = Field(20.0, ge=0)
    """P of T, images in levels of 255: 100 times 0.2."""
    reflection_perceptual: float = Field(20.0, ge=0)
    """P of R."""
    reflection: float = Field(100.0, ge=0)
    """L1 of R."""
    exclusion: float = Field(100.0, ge=0)
    """Edges of T and of R on the same pixels."""
    adversarial: float = Field(1.0, ge=0)
    """-log D(I, T); 0 trains without a discriminator."""


class ZhangConfig(MethodConfig):
    """The authors' recipe: batch 1, 99 epochs at a constant rate."""

    name: Literal["zhang"] = "zhang"
    """Of the method."""
    epochs: int = Field(99, ge=1)
    """Passes over the mixture."""
    hypercolumn: bool = True
    """The network reads VGG's features beside the photo; without them, the photo alone."""
    colours: Literal["rgb", "bgr"] = "rgb"
    """Order of the colours inside, and which VGG it goes with: torchvision's or Caffe's."""
    judge: JudgeConfig = JudgeConfig(learning_rate=1e-4, every=2)
    weights: ZhangWeights = ZhangWeights()


class AdaptiveNorm(nn.Module):
    """w0 x + w1 BN(x), the identity at birth."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.keep = nn.Parameter(torch.ones(()))
        self.change = nn.Parameter(torch.zeros(()))
        self.offset = nn.Parameter(torch.zeros(channels))

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the input's shape."""
        whole = features.float()
        variance, mean = torch.var_mean(whole, (2, 3), correction=0, keepdim=True)
        normed = (whole - mean) / (variance + 1e-3).sqrt() + self.offset[:, None, None]
        return (self.keep * whole + self.change * normed).to(features.dtype)


class ZhangNet(nn.Module):
    """Hypercolumn, nine convolutions of one width, both layers."""

    def __init__(self, config: ZhangConfig) -> None:
        super().__init__()
        caffe = config.colours == "bgr"
        self.taps: Taps | None = None
        inputs = 3
        if config.hypercolumn:
            self.taps = Taps(
                LAYERS, width=config.vgg_width, normalised=not caffe, pooling="average"
            )
            inputs += sum(config.perceived(CHANNELS[layer]) for layer in LAYERS)
        channels = config.channels(64)
        layers = [_unit(inputs, channels, kernel=1)]
        layers += [_unit(channels, channels, dilation=dilation) for dilation in DILATIONS]
        self.layers = nn.Sequential(*layers)
        self.last = convolution(channels, 6, 1)
        nn.init.xavier_uniform_(self.last.weight)
        if self.last.bias is not None:
            nn.init.zeros_(self.last.bias)
        if config.residual:
            with torch.no_grad():
                self.last.weight[:3].zero_()
        self._residual = config.residual
        self._caffe = caffe
        self.register_buffer(
            "caffe_mean", torch.tensor(CAFFE_MEAN)[:, None, None], persistent=False
        )

    caffe_mean: Tensor

    def forward(self, photos: Tensor) -> dict[str, Tensor]:
        """Return "transmission" and "reflection" of (B, 3, H, W) in [0, 1], neither clamped."""
        images = photos.flip(1) if self._caffe else photos
        columns = [*self._see(images), images]
        both = self.last(self.layers(torch.cat(columns, 1)))
        transmission, reflection = both[:, :3], both[:, 3:]
        if self._residual:
            transmission = transmission + images
        if self._caffe:
            transmission, reflection = transmission.flip(1), reflection.flip(1)
        return {"transmission": transmission, "reflection": reflection}

    def _see(self, images: Tensor) -> list[Tensor]:
        """Return the hypercolumn's features at full size, the deepest first."""
        if self.taps is None:
            return []
        seen = 255 * images - self.caffe_mean if self._caffe else images
        scale = (1.0 if self._caffe else FEATURE_SCALE) / 255
        size = (images.shape[-2], images.shape[-1])
        with torch.no_grad():
            found = self.taps(seen)
            return [scale * upsampled_as_tensorflow_1(maps, size) for maps in reversed(found)]


def losses(outputs: Outputs, pair: Pair, lesson: Lesson[ZhangConfig]) -> Terms:
    """Return the generator's terms but the adversarial; photographed pairs take that of T alone."""
    transmission, reflection = outputs["transmission"].float(), outputs["reflection"].float()
    both = pair.reflection_known & pair.transmission_known
    perceive = lesson.perceive
    return {
        "perceptual": Term(
            _perceptual(transmission, pair.transmission, perceive), pair.transmission_known
        ),
        "reflection_perceptual": Term(
            _perceptual(reflection, pair.reflection, perceive), pair.reflection_known
        ),
        "reflection": Term(absolute(reflection, pair.reflection), pair.reflection_known),
        "exclusion": Term(exclusion(transmission, reflection), both),
    }


def _perceptual(image: Tensor, truth: Tensor, perceive: Perceive | None) -> Tensor:
    """Return P: L1 in levels, and the features' distances where there are features."""
    distance = 255 * absolute(image, truth)
    if perceive is None:
        return distance
    with torch.no_grad():
        wanted = perceive(truth)
    return distance + FEATURE_SCALE * features(perceive(image), wanted, FEATURE_WEIGHTS)


def adversary(config: ZhangConfig) -> Adversary:
    """Return the conditional discriminator of patches, which sees the photo beside T."""

    def show(outputs: Outputs, pair: Pair) -> tuple[Tensor, Tensor]:
        fake = torch.cat((pair.blended, outputs["transmission"].float()), 1)
        return fake, torch.cat((pair.blended, pair.transmission), 1)

    return Adversary(PatchGan(6, config.channels, "batch"), show, fools, tells)


def fools(fake: Tensor, _: Tensor) -> Tensor:
    """Return mean -log D(I, T-hat), from logits."""
    return _surprise(fake)


def tells(fake: Tensor, real: Tensor) -> Tensor:
    """Return half the mean of -log D(I, T) - log(1 - D(I, T-hat)), from logits."""
    return (_surprise(real) + _surprise(-fake)) / 2


def _surprise(logits: Tensor) -> Tensor:
    """Return mean -log sigmoid(x).

    The authors' code adds 1e-12 to the sigmoid; taken from the logits, the logarithm needs none.
    """
    return nn.functional.softplus(-logits.float()).flatten(1).mean(1)


def _unit(inputs: int, outputs: int, kernel: int = 3, dilation: int = 1) -> nn.Sequential:
    """Return a convolution that passes its first channels on at birth, its norm and LeakyReLU."""
    layer = convolution(inputs, outputs, kernel, dilation=dilation, bias=False)
    with torch.no_grad():
        layer.weight.zero_()
        for channel in range(min(inputs, outputs)):
            layer.weight[channel, channel, kernel // 2, kernel // 2] = 1
    return nn.Sequential(layer, AdaptiveNorm(outputs), leaky())


def published_state(file: Any, config: ZhangConfig) -> dict[str, Tensor]:
    """Return the network's weights from a NumPy archive of the authors' TensorFlow variables."""
    with torch.device("meta"):
        net = ZhangNet(config)
    return read_zhang(file, net)


METHOD = Method(
    name="zhang",
    title="Zhang et al.",
    settings=ZhangConfig,
    network=ZhangNet,
    losses=losses,
    needs_reflection=True,
    adversary=adversary,
    taps=VggTaps(LAYERS, pooling="average"),
    published=Published(
        origin="TensorFlow checkpoint, github.com/ceciliavision/perceptual-reflection-removal",
        licence="Apache-2.0",
        read=published_state,
        settings={"colours": "bgr"},
        file_format="npz",
    ),
    small={
        "width": 0.25,
        "batch": 4,
        "crop": 64,
        "hypercolumn": False,
        "steps": 400,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup_steps": 30,
        "validate_steps": 200,
        "weights": {"adversarial": 0.0},
    },
)
"""Zhang et al. as the loop takes it."""
