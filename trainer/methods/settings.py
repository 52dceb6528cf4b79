"""How any network is trained, and how one of the field's: phases, learning rates, who judges."""

from typing import Literal, Self

import pydantic
from pydantic import Field

from seqsynth.settings import Settings


class Table(Settings):
    """Base of the settings below: the text under a field is its help."""

    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)


class LoopConfig(Table):
    """What the loop does alike for every network: the paper's own and those of the field."""

    batch: int = Field(1, ge=1)
    """Samples a step, over all processes together."""
    accumulate: int = Field(1, ge=1)
    """Parts that a step's samples are computed in, one after the other; the gradients add up to
    those of the whole batch, in the memory of a part."""
    crop: int = Field(224, ge=16)
    """Side of the random square crop, px, the same in all views."""
    resize: tuple[int, int] = (0, 0)
    """Shortest and longest, px, that the shorter side of a sample is resized to before the crop,
    another length each time; zeros leave it."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Adam's."""
    clip: float = Field(0.0, ge=0)
    """Largest gradient norm; 0 does not clip."""
    ema: float = Field(0.0, ge=0, lt=1)
    """Decay of a moving average of the weights, used instead of them; 0 is none."""
    validate_steps: int = Field(0, ge=0)
    """Steps between two validations; 0 validates after each epoch."""
    patience: int = Field(0, ge=0)
    """Validations in a row without a best one (best_by) after which training ends; 0 never ends it
    early."""

    @pydantic.model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse parts and sizes that do not go together."""
        low, high = self.resize
        if (low or high) and not self.crop <= low <= high:
            raise ValueError(
                f"resize = [{low}, {high}] with a crop of {self.crop} px: give the shortest and "
                "the longest side, neither below the crop"
            )
        if self.batch % self.accumulate:
            raise ValueError(
                f"batch = {self.batch} does not fall into {self.accumulate} equal parts "
                "(accumulate)"
            )
        return self


class PhaseConfig(Table):
    """How long a phase lasts, and its learning rate."""

    epochs: int = Field(60, ge=1)
    """Passes over the mixture."""
    steps: int = Field(0, ge=0)
    """Take this many steps instead of ``epochs``; 0 counts epochs."""
    learning_rate: float = Field(2e-4, gt=0)
    """Adam's, at the start of the phase."""
    schedule: Literal["milestones", "linear", "cosine"] = "milestones"
    """The rate follows ``milestones``; or it is constant up to epoch ``linear_from`` and falls
    to zero from there in a straight line; or it falls to zero along a cosine."""
    milestones: tuple[tuple[int, float], ...] = ()
    """(epoch, factor): from that epoch on the rate is ``learning_rate`` times factor."""
    linear_from: int = Field(0, ge=0)
    """The epoch at which schedule linear begins to fall."""
    warmup_steps: int = Field(0, ge=0)
    """Steps over which the rate rises from zero."""


class JudgeConfig(Table):
    """How the discriminator of an adversarial method is trained."""

    learning_rate: float = Field(2e-4, gt=0)
    """Its Adam's; it follows the schedule of the network's."""
    every: int = Field(1, ge=1)
    """Steps of the network for each of the discriminator."""
    start_epoch: int = Field(0, ge=0)
    """The adversarial terms count from this epoch of their phase on."""


class MethodConfig(PhaseConfig, LoopConfig):
    """What all methods share; the numbers of each are its own class's defaults."""

    name: str = ""
    """Of the method."""
    width: float = Field(1.0, gt=0, le=4)
    """Factor on every channel count; 1 is the authors'."""
    weights: Table = Table()
    """Of the terms, by name."""
    residual: bool = False
    """Beyond the authors': the network's picture is added to the photo, and starts at zero. What
    lets a narrow network learn in minutes."""
    vgg_width: float = Field(1.0, gt=0, le=1)
    """Factor on VGG-19's channels; other than 1 for random weights, which are for tests alone."""

    def channels(self, count: int) -> int:
        """Return the authors' channel ``count`` times ``width``, at least one."""
        return max(1, round(count * self.width))

    def perceived(self, count: int) -> int:
        """Return VGG's channel ``count`` times ``vgg_width``, at least one."""
        return max(1, round(count * self.vgg_width))
