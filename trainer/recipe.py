"""How to train: every decision of the recipe, with the paper's numbers (5.1) as defaults."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic
from pydantic import Field

from seqsynth.errors import ConfigError
from seqsynth.settings import FilePath, Settings, check_settings, read_toml
from trainer.methods import find_method
from trainer.methods.settings import LoopConfig, MethodConfig
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
    labels: float = Field(0.0, ge=0)
    """Beyond the paper: distance in structure from what the teacher draws of sequences without
    ground truth, which train the student only if this is above 0."""


class StageConfig(LoopConfig):
    """How one network is trained (paper 5.1)."""

    epochs: int = Field(80, ge=1)
    """Passes over the mixture."""
    steps: int = Field(0, ge=0)
    """Beyond the paper: train this many steps instead of ``epochs``; 0 counts epochs."""
    learning_rate: float = Field(2e-4, gt=0)
    """Adam's, the only solver that the paper names."""
    schedule: Literal["step", "cosine"] = "step"
    """The learning rate drops by ``decay`` every ``decay_epochs``; cosine (beyond the paper) falls
    to zero over the whole stage."""
    decay_epochs: int = Field(40, ge=1)
    """Epochs between two drops."""
    decay: float = Field(0.1, gt=0, le=1)
    """Factor of a drop."""
    warmup_steps: int = Field(0, ge=0)
    """Beyond the paper: steps over which the learning rate rises from zero."""
    clip: float = Field(1000.0, ge=0)
    """Beyond the paper: largest gradient norm, a guard against explosions; 0 switches it off."""


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


def _method_config(value: Any) -> Any:
    """Turn the table [method] into the settings of the method that it names."""
    if not isinstance(value, Mapping):
        return value
    try:
        method = find_method(str(value.get("name", "")))
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return check_settings(method.settings, value)


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
    drop_leaks: bool = False
    """Leave out training sequences whose photos another shard folder holds out, or a set of
    validate_on scores, instead of refusing to begin."""
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
    below_crop: Literal["skip", "pad", "refuse"] = "skip"
    """Sequences smaller than the crop are left out and counted, mirrored up to it, or refused."""
    static: Literal["leave", "repeat"] = "leave"
    """Single photos teach the student alone (leave), or also the teacher, their view repeated."""
    teacher_from: FilePath | None = None
    """Checkpoint of the teacher for stage student; default that of the same run."""
    teach_with: Literal["last", "best"] = "last"
    """The teacher's weights after its last step, as in the paper, or those of its best
    validation."""
    init_from: FilePath | None = None
    """Checkpoint of a teacher or a student whose weights its stage begins with."""
    best_by: Literal["psnr", "ssim", "lmse", "structure"] = "psnr"
    """Validation score that best.pt is chosen by; structure is the PSNR after the best affine map
    of each channel."""
    validation_crop: int = Field(224, ge=20)
    """Side of the centre crop that held-out sequences are scored on, px."""
    validate_on: dict[str, FilePath] = Field(default_factory=dict)
    """Further shard sets to score at every validation, by the name they are to have: real pairs
    tell whether reflections go, or only tone."""
    save_steps: int = Field(1000, ge=0)
    """Steps between two checkpoints, besides those at each validation; 0 is none."""
    device: Literal["auto", "cuda", "mps", "cpu"] = "auto"
    """Where to compute; auto takes the first of these there is."""
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Of the networks; auto is bfloat16 on a GPU that has it, float16 on one that lacks it. Losses,
    warps and the layers that draw colours are always float32."""
    compile: bool = False
    """Compile all networks of a step, the fixed ones too, with torch.compile; needs a C++
    compiler."""
    graphs: bool = False
    """With compile: replay each network's kernels as a CUDA graph, which a batch of 1 on a fast GPU
    otherwise spends its time launching."""
    prefetch: int = Field(3, ge=0)
    """Batches made ahead by a thread; 0 makes them in the loop."""
    tensorboard: bool = True
    """Log to TensorBoard too, if it is installed."""
    wandb: str = ""
    """Log to this project at Weights & Biases too (the package wandb); empty is off."""
    net: NetConfig = NetConfig()
    teacher: TeacherConfig = TeacherConfig()
    student: StudentConfig = StudentConfig()
    method: Annotated[
        pydantic.SerializeAsAny[MethodConfig] | None, pydantic.BeforeValidator(_method_config)
    ] = None
    """A method of Table 1 to train instead of teacher and student."""

    @pydantic.model_validator(mode="after")
    def _one_meaning(self) -> Self:
        """Refuse what would only fail after hours."""
        if self.graphs and not self.compile:
            raise ValueError("graphs = true replays what compile = true makes: set both")
        loops = (self.teacher, self.student) if self.method is None else (self.method,)
        if self.graphs and any(loop.accumulate > 1 for loop in loops):
            raise ValueError(
                "graphs = true writes each part's pictures over those of the part before, which "
                "the discriminator still wants: set accumulate = 1, or graphs = false"
            )
        if any(weight < 0 for weight in self.mix.values()):
            raise ValueError("mix weights count passes per epoch: 0 or more")
        for name in self.validate_on:
            if not re.fullmatch(r"[\w.-]+", name):
                raise ValueError(
                    f"validate_on: {name!r} becomes part of a file's name: use letters, digits, "
                    "'-', '_' and '.'"
                )
        if self.reverse_time and self.net.views % 2 == 0:
            raise ValueError(
                f"reverse_time needs an odd number of views, found {self.net.views}: reversed, "
                "another view would be the centre"
            )
        return self

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages to run, in order; without knowledge transfer there is no teacher.

        Another method is a single stage of its own name.
        """
        if self.method is not None:
            return (find_method(self.method.name).name,)
        if self.stage == "both":
            return ("teacher", "student") if self.net.kt else ("student",)
        return (self.stage,)

    @property
    def labels(self) -> bool:
        """Whether a teacher labels what has no ground truth, so that a student learns from it."""
        return self.method is None and self.net.kt and self.student.weights.labels > 0

    @property
    def compile_mode(self) -> str | None:
        """How torch.compile is to compile the networks; None leaves them as they are."""
        if not self.compile:
            return None
        return "reduce-overhead" if self.graphs else "default"

    def plan(self, stage: str) -> StageConfig | MethodConfig:
        """Return how a stage is trained."""
        if self.method is not None:
            return self.method
        return self.teacher if stage == "teacher" else self.student


SMALL: dict[str, Any] = {
    "perceptual": "none",
    "flip_vertical": True,
    "reverse_time": 0.5,
    "teach_with": "best",
    "net": {
        "width": 0.125,
        "residual": True,
        "res_scale": 0.1,
        "leaky_slope": 0.2,
        "d_layers": 2,
    },
    "teacher": {
        "steps": 1550,
        "batch": 4,
        "crop": 96,
        "learning_rate": 5e-4,
        "schedule": "cosine",
        "warmup_steps": 30,
        "clip": 10.0,
        "validate_steps": 310,
    },
    "student": {
        "steps": 1550,
        "batch": 8,
        "crop": 64,
        "learning_rate": 7e-4,
        "schedule": "cosine",
        "warmup_steps": 30,
        "clip": 10.0,
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
        "clip": 10.0,
        "validate_steps": 200,
    },
}
"""The student alone on shards blended in linear light: lifts haze from real photos on a CPU. What
it learns is tone, not where reflections are."""

DEMO: dict[str, Any] = {
    "perceptual": "none",
    "stage": "student",
    "flip_vertical": True,
    "net": {**PHOTO["net"], "leaky_slope": 0.2},
    "student": {
        "steps": 60,
        "batch": 8,
        "crop": 64,
        "learning_rate": 7e-4,
        "schedule": "cosine",
        "warmup_steps": 30,
        "clip": 10.0,
        "ema": 0.95,
        "validate_steps": 60,
    },
}
"""The student alone on the shards of `seqsynth demo`; more steps only learn its photos by heart."""

SMALL_RUN: dict[str, Any] = {
    "perceptual": "none",
    "flip_horizontal": True,
    "flip_vertical": True,
    "validation_crop": 112,
}
"""What preset small has for every method of Table 1."""

STUDENT = "student"
"""The method that needs no name."""

PRESETS: dict[str, dict[str, Any]] = {"paper": {}, "small": SMALL, "photo": PHOTO, "demo": DEMO}


def load_recipe(
    preset: str = "paper",
    toml_file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    ablate: Sequence[str] = (),
) -> FitConfig:
    """Build a recipe from the paper's numbers, a preset, a TOML file and overrides, in that order.

    Parameters
    ----------
    overrides : nested as the fields are: ``{"teacher": {"epochs": 3}}``; with ``{"method": {"name":
        "errnet"}}`` the preset is that method's
    ablate : rows of Table 2 (`trainer.nets.config.ABLATIONS`)

    Raises
    ------
    ConfigError
        The file cannot be read, or a setting is unknown or out of range; all faults are listed.
    """
    if preset not in PRESETS:
        raise ConfigError(f"unknown preset {preset!r}; known presets: {', '.join(PRESETS)}")
    told = merge({} if toml_file is None else read_toml(toml_file), overrides or {})
    name = method_name(told)
    if name == STUDENT:
        told.pop("method", None)
        values = merge(PRESETS[preset], told)
    else:
        values = merge(method_preset(name, preset), told)
    for row in ablate:
        if row not in ABLATIONS:
            raise ConfigError(f"unknown ablation {row!r}; known: {', '.join(ABLATIONS)}")
        if name != STUDENT:
            raise ConfigError(f"--ablate {row} is a part of the student; {name} has none of it")
        values = merge(values, {"net": {ABLATIONS[row]: False}})
    return check_settings(FitConfig, values)


def table_of(stage: str) -> str:
    """Return the name of the table that holds a stage's settings."""
    return stage if stage in ("teacher", "student") else "method"


def method_name(values: Mapping[str, Any]) -> str:
    """Return the method that nested settings name; the student where they name none."""
    table = values.get("method") or {}
    return str(table.get("name", STUDENT)) if isinstance(table, Mapping) else STUDENT


def method_preset(name: str, preset: str) -> dict[str, Any]:
    """Return the settings that a preset has for a method of Table 1.

    ``paper`` is the authors' own recipe, which is what their settings begin with.

    Raises
    ------
    ConfigError
        The method is unknown, or the preset is the student's alone.
    """
    method = find_method(name)
    values = {**method.run, "method": {"name": name}}
    if preset == "small":
        return merge(merge(values, SMALL_RUN), {"method": method.small})
    if preset != "paper":
        raise ConfigError(f"preset {preset!r} is the student's; {name} has paper and small")
    return values


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
