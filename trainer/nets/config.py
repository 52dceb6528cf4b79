"""The settings of training, with the paper's numbers as defaults and the section beside them."""

from typing import Literal, Self

import pydantic

from seqsynth.settings import Settings

STRIDE = 4
"""Pixels a cell of the representation spans: the decoder doubles its size twice (paper 3.1.3)."""

ABLATIONS = {
    "mkl": "mkl",
    "decouple": "decouple",
    "flow": "use_flow",
    "fusion": "fusion",
    "kt": "kt",
    "hallucination": "hallucination",
    "encoder": "encoder",
}
"""The variants of Table 2 (paper 5.3): name of the row -> the switch that makes it."""


class NetConfig(Settings):
    """The shape of teacher, student and discriminator.

    The first block says how much network, the second how the paper's open points are read, the
    third holds additions beyond the paper, the last the switches of Table 2 (paper 5.3).
    """

    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)

    width: float = pydantic.Field(1.0, gt=0, le=4)
    """Factor on every channel count; 1 is the paper, 1/8 trains on a CPU."""
    views: int = pydantic.Field(3, ge=2)
    """Views of a sequence, N = 3 (paper 3.1); every neighbour is paired with the centre."""
    encoder_strides: tuple[int, int, int, int] = (1, 2, 1, 2)
    """Strides of the encoder's four convolutions; the two deconvolutions of 3.1.3 undo them."""
    context_blocks: int = pydantic.Field(10, ge=1)
    """Residual channel-wise blocks of the context module (paper 3.2)."""
    d_layers: int = pydantic.Field(3, ge=1, le=5)
    """Stride-2 convolutions of the PatchGAN (paper 3.2 cites [43], which has three)."""

    numbers: Literal["literal", "input"] = "literal"
    """512, 640 and 384 (paper 3.1.2): kernels of the first layers, or only the widths that they
    read, followed by layers of 128."""
    flow: Literal["per_layer", "joint4", "horizontal"] = "per_layer"
    """The flow net's two output channels (paper 3.1.2): (dx, dy) of one net per layer; one net for
    both layers with four channels; or one net with dx of T and dx of R."""
    share_flow: bool = False
    """One set of weights for the flow nets of T and R."""
    rep_relu: bool = True
    """Both representations end in the activation ("unless otherwise stated", paper 3.1.1)."""
    pyramid: Literal["aligned", "errnet"] = "aligned"
    """Pooled cells go back where they came from, or are stretched to the map's size as ERRNet
    ([34]) does, which needs images of 64 px or more."""
    context_channels: int = pydantic.Field(0, ge=0)
    """Channels of the context module, before ``width``; 0 keeps all that are concatenated (384)."""
    se_reduction: int = pydantic.Field(8, ge=1)
    """Reduction of the channel attention ([34] has 8)."""

    residual: bool = False
    """Beyond the paper: the output is added to the input, and starts at zero."""
    res_scale: float = pydantic.Field(1.0, gt=0)
    """Beyond the paper: factor on each context block's addition (3.2 has none, [34] has 0.1)."""
    leaky_slope: float = pydantic.Field(0.0, ge=0, lt=1)
    """Beyond the paper: slope of the activations below zero; 0 is the paper's ReLU."""
    recompute: bool = False
    """Compute activations twice rather than keep them: a third of the memory, a third more time."""

    mkl: bool = True
    """Table 2: the MKL module; without it, one convolution fuses the features of all views."""
    decouple: bool = True
    """Table 2: the teacher's decouple net."""
    use_flow: bool = True
    """Table 2: the teacher's flow nets."""
    fusion: bool = True
    """Table 2: the teacher's fusion net; without it, features are concatenated."""
    kt: bool = True
    """Table 2: knowledge transfer; without it the student is trained alone."""
    hallucination: bool = True
    """Table 2: the student's hallucination net."""
    encoder: bool = True
    """Table 2: the student's encoder."""

    @pydantic.field_validator("encoder_strides")
    @classmethod
    def _undone_by_decoder(cls, strides: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """Refuse strides that the decoder's two doublings do not undo."""
        first, second, third, fourth = strides
        if min(strides) < 1 or first * second * third * fourth != STRIDE:
            raise ValueError(f"the product must be {STRIDE}, what the decoder's doublings undo")
        return strides

    @pydantic.model_validator(mode="after")
    def _one_meaning(self) -> Self:
        """Refuse switches that contradict each other or would silently do nothing."""
        parts = {"decouple": self.decouple, "use_flow": self.use_flow, "fusion": self.fusion}
        gone = [name for name, kept in parts.items() if not kept]
        if not self.mkl and gone:
            raise ValueError(f"mkl = false already removes what {gone[0]} = false would: drop one")
        if not (self.hallucination or self.encoder):
            raise ValueError("hallucination and encoder are both off: the student sees nothing")
        if self.share_flow and self.flow != "per_layer":
            raise ValueError(f"share_flow needs flow = 'per_layer', found {self.flow!r}")
        if not self.decouple and self.flow != "per_layer":
            raise ValueError(f"flow = {self.flow!r} needs two layers, but decouple is off")
        return self

    def channels(self, count: int) -> int:
        """Return the paper's channel ``count`` times ``width``, at least one."""
        return max(1, round(count * self.width))

    @property
    def layer_channels(self) -> int:
        """Channels of the features of one layer, Phi_T or Phi_R; all of them when not decoupled."""
        half = self.channels(128)
        return half if self.decouple else 2 * half

    @property
    def encoder_channels(self) -> int:
        """Channels of the encoder's features, an even number: Phi_T and Phi_R are its halves."""
        return 2 * self.channels(128)

    @property
    def knowledge_channels(self) -> int:
        """Channels of f_t and f_s."""
        if self.mkl and not self.fusion:
            return self.views * self.layer_channels
        return self.channels(128)


PAPER = NetConfig()
"""The networks as in the paper."""
