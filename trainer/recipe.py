"""How to train: every decision of the recipe, with the paper's numbers (5.1) as defaults."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import pydantic
from pydantic import Field

from seqsynth.errors import ConfigError
from seqsynth.settings import FilePath, Settings, check_settings, read_toml
from trainer.nets.config import ABLATIONS, NetConfig

Share = Field(0.0, ge=0, le=1)


class Recipe(Settings):
    """Base of the settings below: the text under a field is its help on the command line."""

    model_config = pydantic.ConfigDict(use_attribute_docstrings=True)


class TeacherWeights(Recipe):
    """Weights of equation 6; a term of weight 0 is computed and logged all the same."""

    reconstruction: float = Field(1.0, ge=0)
    """L_R, alpha_t."""
    perceptual: float = Field(1.0, ge=0)
    """L_P, beta_t."""
    decoupling: float = Field(1.0, ge=0)
    """L_FD, gamma_t."""
    view_synthesis: float = Field(0.1, ge=0)
    """L_VS, zeta_t."""
    flow_supervision: float = Field(0.0, ge=0)
    """Beyond the paper: end-point error against the true motion, where shards store it."""


class StudentWeights(Recipe):
    """Weights of equation 10."""

    reconstruction: float = Field(1.0, ge=0)
    """L_R, alpha_s."""
    perceptual: float = Field(1.0, ge=0)
    """L_P, beta_s."""
    adversarial: float = Field(1.0, ge=0)
    """L_G and, for the discriminator, L_D: gamma_s."""
    transfer: float = Field(1.0, ge=0)
    """L_T, zeta_s."""


class StageConfig(Recipe):
    """How one network is trained (paper 5.1)."""

    epochs: int = Field(80, ge=1)
    """Passes over the mixture."""
    steps: int = Field(0, ge=0)
    """Beyond the paper: train this many steps instead of ``epochs``; 0 counts epochs."""
    batch: int = Field(1, ge=1)
    """Sequences a step, over all processes together."""
    crop: int = Field(224, ge=16)
    """Side of the random square crop, px, the same in all views."""
    learning_rate: float = Field(2e-4, gt=0)
    """Adam's."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Adam's; the paper names only the solver."""
    schedule: Literal["step", "cosine"] = "step"
    """The learning rate drops by ``decay`` every ``decay_epochs``; cosine (beyond the paper) falls
    to zero over the whole stage."""
    decay_epochs: int = Field(40, ge=1)
    """Epochs between two drops."""
    decay: float = Field(0.1, gt=0, le=1)
    """Factor of a drop."""
    warmup_steps: int = Field(0, ge=0)
    """Beyond the paper: steps over which the learning rate rises from zero."""
    clip: float = Field(10.0, ge=0)
    """Largest gradient norm, a guard (seen: 2 to 30); 0 switches it off."""
    ema: float = Field(0.0, ge=0, lt=1)
    """Beyond the paper: decay of a moving average of the weights, used instead of them; 0 is
    none."""
    validate_steps: int = Field(0, ge=0)
    """Steps between two validations; 0 validates after each epoch."""


class TeacherConfig(StageConfig):
    """The first stage: 80 epochs at batch 10."""

    batch: int = Field(10, ge=1)
    """Sequences a step, over all processes together."""
    weights: TeacherWeights = TeacherWeights()


class StudentConfig(StageConfig):
    """The second stage: 80 epochs at batch 1, the teacher fixed."""

    weights: StudentWeights = StudentWeights()
    gamma_start_epoch: int = Field(0, ge=0)
    """Beyond the paper: L_G and L_D count from this epoch on."""
    inherit: bool = False
    """Beyond the paper: start with the teacher's encoder and decoder instead of random ones."""


class FitConfig(Recipe):
    """Everything that `trainer fit` does, the shards and the output folder apart."""

    seed: int = Field(0, ge=0, lt=2**63)
    """Seed of weights, order, crops and flips."""
    stage: Literal["both", "teacher", "student"] = "both"
    """What to train; the student alone needs a trained teacher, unless it is ablated (kt)."""
    max_steps: int = Field(0, ge=0)
    """Stop each stage after so many steps, for trials; schedules stay as they are, and the run can
    go on in the same folder; 0 is none."""
    mix: dict[str, float] = Field(default_factory=dict)
    """Times a sequence is seen per epoch, by kind (synthetic, captured, pair) or shard folder's
    name; 1 where nothing is said."""
    perceptual: Literal["vgg19", "none", "random"] = "vgg19"
    """phi of equation 5; random weights are for tests alone."""
    vgg_weights: FilePath | None = None
    """VGG-19's weights in torchvision's form; fetched once to torch's cache if not named."""
    flip_horizontal: bool = True
    """Mirror half of the sequences (paper 5.1), all views and motions together."""
    flip_vertical: bool = False
    """Beyond the paper: turn half of the sequences upside down."""
    reverse_time: float = Share
    """Beyond the paper: share of sequences whose views are taken in reverse order."""
    static: Literal["leave", "repeat"] = "leave"
    """Single photos teach the student alone (leave), or also the teacher, their view repeated."""
    teacher_from: FilePath | None = None
    """Checkpoint of the teacher for stage student; default that of the same run."""
    validation_crop: int = Field(224, ge=20)
    """Side of the centre crop that held-out sequences are scored on, px."""
    save_steps: int = Field(1000, ge=0)
    """Steps between two checkpoints, besides those at each validation; 0 is none."""
    device: Literal["auto", "cuda", "mps", "cpu"] = "auto"
    """Where to compute; auto takes the first of these there is."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of the networks; auto is bfloat16 on cuda. Losses and warps are always float32."""
    compile: bool = False
    """Compile the networks with torch.compile; needs a C++ compiler."""
    prefetch: int = Field(3, ge=0)
    """Batches made ahead by a thread; 0 makes them in the loop."""
    tensorboard: bool = True
    """Log to TensorBoard too, if it is installed."""
    net: NetConfig = NetConfig()
    teacher: TeacherConfig = TeacherConfig()
    student: StudentConfig = StudentConfig()

    @pydantic.model_validator(mode="after")
    def _one_meaning(self) -> Self:
        """Refuse what would only fail after hours."""
        if any(weight < 0 for weight in self.mix.values()):
            raise ValueError("mix weights count passes per epoch: 0 or more")
        if self.reverse_time and self.net.views % 2 == 0:
            raise ValueError(
                f"reverse_time needs an odd number of views, found {self.net.views}: reversed, "
                "another view would be the centre"
            )
        return self

    @property
    def stages(self) -> tuple[Literal["teacher", "student"], ...]:
        """The stages to run, in order; without knowledge transfer there is no teacher."""
        if self.stage == "both":
            return ("teacher", "student") if self.net.kt else ("student",)
        return (self.stage,)


FREE = frozenset(
    {
        "stage",
        "max_steps",
        "vgg_weights",
        "teacher_from",
        "save_steps",
        "device",
        "prefetch",
        "tensorboard",
    }
)
"""Settings that may change when a run is taken up again: none of them changes a step."""

SMALL: dict[str, Any] = {
    "perceptual": "none",
    "flip_vertical": True,
    "reverse_time": 0.5,
    "net": {"width": 0.125, "residual": True, "res_scale": 0.1, "d_layers": 2},
    "teacher": {
        "steps": 1550,
        "batch": 4,
        "crop": 96,
        "learning_rate": 5e-4,
        "schedule": "cosine",
        "warmup_steps": 30,
        "validate_steps": 310,
    },
    "student": {
        "steps": 1550,
        "batch": 8,
        "crop": 64,
        "learning_rate": 1e-3,
        "schedule": "cosine",
        "warmup_steps": 30,
        "validate_steps": 310,
        "weights": {"adversarial": 0.0},
        "inherit": True,
    },
}
"""Fifteen minutes on two cores, for multi-view synthetic data at half size. Not for real photos."""

PHOTO: dict[str, Any] = {
    "perceptual": "none",
    "stage": "student",
    "flip_vertical": True,
    "net": {
        "width": 0.125,
        "residual": True,
        "res_scale": 0.1,
        "leaky_slope": 0.1,
        "d_layers": 2,
        "kt": False,
    },
    "student": {
        "steps": 600,
        "batch": 8,
        "crop": 64,
        "learning_rate": 7e-4,
        "schedule": "cosine",
        "warmup_steps": 30,
        "validate_steps": 200,
    },
}
"""The student alone on shards blended in linear light: lifts haze from real photos on a CPU. What
it learns is tone, not where reflections are."""

PRESETS: dict[str, dict[str, Any]] = {"paper": {}, "small": SMALL, "photo": PHOTO}


def load_recipe(
    preset: str = "paper",
    toml_file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    ablate: Sequence[str] = (),
) -> FitConfig:
    """Build a recipe from the paper's numbers, a preset, a TOML file and overrides, in that order.

    Parameters
    ----------
    overrides : nested as the fields are: ``{"teacher": {"epochs": 3}}``
    ablate : rows of Table 2 (`trainer.nets.config.ABLATIONS`)

    Raises
    ------
    ConfigError
        The file cannot be read, or a setting is unknown or out of range; all faults are listed.
    """
    if preset not in PRESETS:
        raise ConfigError(f"unknown preset {preset!r}; known presets: {', '.join(PRESETS)}")
    values = merge(PRESETS[preset], {} if toml_file is None else read_toml(toml_file))
    values = merge(values, overrides or {})
    for row in ablate:
        if row not in ABLATIONS:
            raise ConfigError(f"unknown ablation {row!r}; known: {', '.join(ABLATIONS)}")
        values = merge(values, {"net": {ABLATIONS[row]: False}})
    return check_settings(FitConfig, values)


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``below`` with the values of ``above`` over it, table by table."""
    merged = dict(below)
    for key, value in above.items():
        table = merged.get(key)
        if isinstance(table, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(table, value)
        else:
            merged[key] = value
    return merged
