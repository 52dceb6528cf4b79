"""The interface of a method: its network, its losses, its recipe, and nothing else.

The loop, the shards, checkpoints, logs, pictures and scores are everybody's. A method is one value
of `Method`, in a module of its own; what it does not need stays at the default:

- **phases**: named parts of the training with a learning rate each, one after the other. In the
  phases of ``fed`` the network is called with the truth beside the photo, so that its parts learn
  apart.
- **an adversary**: a discriminator that is trained in turns with the network.
- **recurrence** is the network's own affair: it returns what each round made, by name.
- **VGG features**: a loss asks for the layers it wants and is given them, frozen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from torch import Tensor, nn

from trainer.methods.pair import Pair
from trainer.methods.settings import MethodConfig, PhaseConfig

WHOLE = "whole"
"""The phase of a method that has one."""

Outputs = Mapping[str, Tensor]
"""What a network makes of photos, by name. "transmission", (B, 3, H, W) on 0 to 1 and not clamped,
is always there; so is "reflection" where the network draws one."""

Perceive = Callable[[Tensor], list[Tensor]]
"""Images (B, 3, H, W) in [0, 1] -> the VGG features that the method asked for."""

C = TypeVar("C", bound=MethodConfig)


@dataclass(frozen=True, eq=False)
class Term:
    """One term of a loss, for each sample of a batch.

    Attributes
    ----------
    values : float32 (B,)
    known : bool (B,), the samples whose truth the term needs is known; its mean is over these
    """

    values: Tensor
    known: Tensor


Terms = dict[str, Term]
"""The terms of a loss by the names of their weights."""


@dataclass(frozen=True)
class Lesson(Generic[C]):
    """What a loss knows beside pictures.

    Attributes
    ----------
    config : of the method
    phase : name
    perceive : VGG, or None where the run does without
    """

    config: C
    phase: str = WHOLE
    perceive: Perceive | None = None


@dataclass(frozen=True, eq=False)
class Adversary:
    """A discriminator and the game it plays; its terms have the weight "adversarial".

    Attributes
    ----------
    network : built; pictures -> opinions
    show : outputs and truth -> what is judged, first the fake, then the real
    fool : opinions of fake and real -> the network's loss for each sample
    tell : the same -> the discriminator's loss for each sample
    phases : the phases in which it plays; empty: all
    """

    network: nn.Module
    show: Callable[[Outputs, Pair], tuple[Tensor, Tensor]]
    fool: Callable[[Tensor, Tensor], Tensor]
    tell: Callable[[Tensor, Tensor], Tensor]
    phases: frozenset[str] = frozenset()

    def plays(self, phase: str) -> bool:
        """Say whether it takes part in a phase."""
        return not self.phases or phase in self.phases


@dataclass(frozen=True)
class VggTaps:
    """The VGG-19 layers that a loss compares.

    Attributes
    ----------
    layers : torchvision's numbers, in rising order
    normalised : images are brought to ImageNet's mean and spread first
    pooling : between the blocks
    """

    layers: tuple[int, ...]
    normalised: bool = True
    pooling: Literal["max", "average"] = "max"


@dataclass(frozen=True)
class Published:
    """The authors' weights.

    Attributes
    ----------
    origin : where they are published
    licence : under which
    read : a file's tensors and the configuration -> the network's state; raises `WeightsError`
    settings : the configuration that fits them, over the defaults
    """

    origin: str
    licence: str
    read: Callable[[Any, Any], dict[str, Tensor]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    file_format: str = "torch"


def one_phase(config: MethodConfig) -> dict[str, PhaseConfig]:
    """Return the phases of a method that has one."""
    return {WHOLE: config}


def no_adversary(_: MethodConfig) -> None:
    """Stand for the discriminator of a method that has none."""


@dataclass(frozen=True)
class Method(Generic[C]):
    """All that a method brings.

    Attributes
    ----------
    name : on the command line
    title : in tables
    settings : class of its configuration; the defaults are the authors' recipe
    network : configuration -> network; ``network(photos)`` returns `Outputs`. It takes sides of any
        length, padding by itself.
    losses : what the network made, the truth, and the lesson -> terms, named as their weights are
        in the table ``weights`` of the settings; which samples know a term depends on the truth
        alone
    needs_reflection : it cannot learn as its authors had it without R
    small : values over the defaults for a CPU, preset ``small``
    run : values of the run itself (flips, say) that are part of the authors' recipe
    phases : configuration -> phases, in order
    fed : phases in which the network is called with the truth, ``network(photos, pair)``
    adversary : configuration -> discriminator, or None
    taps : VGG layers its loss compares, or None
    start : fills a new network with weights of others that it begins with; None: with none
    published : the authors' weights, or None
    """

    name: str
    title: str
    settings: type[C]
    network: Callable[[C], nn.Module]
    losses: Callable[[Outputs, Pair, Lesson[C]], Terms]
    needs_reflection: bool = False
    small: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=lambda: {"flip_horizontal": False})
    phases: Callable[[C], Mapping[str, PhaseConfig]] = one_phase
    fed: frozenset[str] = frozenset()
    adversary: Callable[[C], Adversary | None] = no_adversary
    taps: VggTaps | None = None
    start: Callable[[nn.Module, C], None] | None = None
    published: Published | None = None
