"""Make a method of Table 1 ready to train: its network, its VGG, and what its shards lack."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from seqsynth.errors import ConfigError
from trainer.data.corpus import Corpus
from trainer.data.sources import with_truth
from trainer.machine import Machine
from trainer.methods import find_method
from trainer.methods.features import Taps
from trainer.methods.method import Method
from trainer.methods.settings import MethodConfig
from trainer.nets.vgg import Vgg19Features
from trainer.recipe import FitConfig
from trainer.training.method_stage import MethodStage
from trainer.training.perceptual import VGG19_SHA256, load_weights, random_vgg19

FindVgg = Callable[[], Path]
"""Returns the file of VGG-19's weights, fetched if need be."""


def open_method(config: FitConfig, machine: Machine, find_vgg: FindVgg) -> MethodStage:
    """Build the stage of ``config.method``.

    Raises
    ------
    ConfigError
        The network reads VGG's features and the run has none.
    WeightsError
        Weights to begin with are missing or do not fit.
    """
    chosen = config.method
    if chosen is None:
        raise TypeError("no method is set: teacher and student are stages of their own")
    method = find_method(chosen.name)
    check_features(config, chosen)
    net = method.network(chosen)
    perceive: Taps | None = None
    inner = vgg_of(net)
    if inner is not None:
        fill_vgg(inner.vgg, config, find_vgg)
    if method.start is not None:
        method.start(net, chosen)
    if method.taps is not None and config.perceptual != "none":
        perceive = machine.host(loss_taps(method, chosen))
        fill_vgg(perceive.vgg, config, find_vgg)
        if config.compile_mode is not None:
            perceive.compile(mode=config.compile_mode)
    return MethodStage(method, chosen, machine, net, perceive, mode=config.compile_mode)


def check_features(config: FitConfig, chosen: MethodConfig) -> None:
    """Refuse a network that reads VGG's features in a run without VGG."""
    reads = bool(getattr(chosen, "hypercolumn", False))
    if reads and config.perceptual == "none":
        raise ConfigError(
            f"perceptual = 'none', but {chosen.name} reads VGG's features beside the photo: set "
            "method.hypercolumn = false to train on the photo alone"
        )
    if config.perceptual == "vgg19" and chosen.vgg_width != 1:
        raise ConfigError(
            f"method.vgg_width = {chosen.vgg_width:g}: VGG-19's weights have width 1; "
            "perceptual = 'random' takes others, for tests"
        )


def loss_taps(method: Method[Any], chosen: MethodConfig) -> Taps:
    """Return the VGG that a loss compares with, its weights still to be filled."""
    if method.taps is None:
        raise TypeError(f"{method.name} has no loss of features")
    return Taps(
        method.taps.layers,
        width=chosen.vgg_width,
        normalised=method.taps.normalised,
        pooling=method.taps.pooling,
    ).eval()


def vgg_of(net: nn.Module) -> Taps | None:
    """Return the VGG that a network reads, if it does."""
    taps = getattr(net, "taps", None)
    return taps if isinstance(taps, Taps) else None


def describe_lacks(method: Method[Any], corpus: Corpus) -> list[str]:
    """Say of which shards a method that learns R finds none, and what it learns from them."""
    if not method.needs_reflection:
        return []
    blind = [
        source
        for source in with_truth(corpus.train)
        if len(source.sequences) and "reflection" not in source.sequences.shapes(0)
    ]
    return [
        f"{method.name} learns R, which {source.folder} ({source.kind}, "
        f"{len(source.sequences)} sequences) does not have: from these it learns T alone"
        for source in blind
    ]


def fill_vgg(vgg: Vgg19Features, config: FitConfig, find_vgg: FindVgg) -> None:
    """Put weights into a VGG: the public ones, or random ones.

    Raises
    ------
    WeightsError
        The public weights are missing or do not fit.
    """
    if config.perceptual == "random":
        width = 1.0 if config.method is None else config.method.vgg_width
        drawn = random_vgg19(width, config.seed).state_dict()
        vgg.load_state_dict({name: drawn[name] for name in vgg.state_dict()})
    else:
        load_weights(vgg, find_vgg(), sha256=VGG19_SHA256)
