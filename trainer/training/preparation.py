"""What a run needs before its first step: a recipe that can run, weights to begin with, and VGG."""

import logging
from pathlib import Path

import torch

from seqsynth.errors import ConfigError
from trainer.checkpoint import load_checkpoint
from trainer.data.corpus import Corpus
from trainer.errors import CheckpointError
from trainer.machine import Machine
from trainer.methods import find_method
from trainer.nets import Discriminator, TeacherNet
from trainer.nets.config import STRIDE
from trainer.recipe import FitConfig, table_of
from trainer.training.losses import Perceptual
from trainer.training.method_setup import check_features, describe_lacks
from trainer.training.perceptual import Progress, load_vgg19, random_vgg19, vgg19_file
from trainer.training.stages import Stage
from trainer.training.standing import read_teacher

log = logging.getLogger(__name__)


def check_recipe(config: FitConfig, machine: Machine) -> None:
    """Refuse what would only fail when its stage begins.

    Raises
    ------
    ConfigError
        A batch cannot be shared out, or the student's crop is too small for the discriminator.
    """
    for name in config.stages:
        plan, table = config.plan(name), table_of(name)
        parts = machine.processes * plan.accumulate
        if plan.batch % machine.processes:
            raise ConfigError(
                f"{table}.batch = {plan.batch} cannot be shared by {machine.processes} processes: "
                f"set a multiple of {machine.processes}, or train this stage in one process"
            )
        if plan.batch % parts:
            raise ConfigError(
                f"{table}.batch = {plan.batch} does not fall into {parts} parts "
                f"({machine.processes} processes, accumulate = {parts // machine.processes}): "
                f"lower accumulate, or set a multiple of {parts}"
            )
    if config.method is not None:
        check_features(config, config.method)
    elif "student" in config.stages and config.net.kt and config.student.weights.adversarial > 0:
        cells = -(-config.student.crop // STRIDE)
        with torch.device("meta"):
            Discriminator(config.net)(torch.empty(1, config.net.knowledge_channels, cells, cells))


def find_teacher(config: FitConfig, out: Path, machine: Machine) -> TeacherNet | None:
    """Return the teacher that the student is to learn from, or None without knowledge transfer.

    Raises
    ------
    CheckpointError
        It is missing, torn, or its representation is of another shape than the student's.
    CollapseError
        It is dead.
    """
    return machine.host(read_teacher(config, out)) if config.net.kt else None


def begin_stage(stage: Stage, config: FitConfig) -> None:
    """Give a stage that begins the weights of ``init_from``, if they are its own kind.

    Raises
    ------
    CheckpointError
        The file is of no stage of this run, or of a network of another shape.
    """
    file = config.init_from
    if file is None:
        return
    found = load_checkpoint(file)
    if found.stage not in config.stages:
        raise CheckpointError(
            f"{file} holds a {found.stage}, this run trains {', '.join(config.stages)}: name "
            "another with --init-from, or choose --stage"
        )
    if found.stage != stage.name:
        return
    learner = stage.learners[stage.name]
    wanted = {name: tuple(w.shape) for name, w in learner.net.state_dict().items()}
    there = {name: tuple(w.shape) for name, w in found.weights.items()}
    for name in [*wanted, *there]:
        if wanted.get(name) != there.get(name):
            shape = found.net.model_dump(exclude_defaults=True) or "the paper's shape"
            raise CheckpointError(
                f"{file} does not fit: {name} is {there.get(name)}, wanted {wanted.get(name)}; "
                f"its network has {shape}: give the same preset, or --set net.*"
            )
    learner.begin_with(found.weights)


def load_perceptual(
    config: FitConfig, machine: Machine, download: Progress | None
) -> Perceptual | None:
    """Return phi of equation 5, or None without the perceptual loss."""
    if config.perceptual == "none":
        return None
    if config.perceptual == "random":
        net = random_vgg19(config.net.width, config.seed)
    else:
        net = load_vgg19(find_vgg(config, machine, download))
    hosted = machine.host(net)
    if config.compile_mode is not None:
        hosted.compile(mode=config.compile_mode)
    return hosted


def find_vgg(config: FitConfig, machine: Machine, download: Progress | None) -> Path:
    """Return the file of VGG-19's weights; one process fetches it for all."""
    if not machine.leads:
        machine.wait()
    file = vgg19_file(config.vgg_weights, download)
    if machine.leads:
        machine.wait()
    return file


def warn_of_lacks(config: FitConfig, corpus: Corpus) -> None:
    """Say what the method of a run cannot learn from its shards."""
    if config.method is not None:
        for sentence in describe_lacks(find_method(config.method.name), corpus):
            log.warning("%s", sentence)
