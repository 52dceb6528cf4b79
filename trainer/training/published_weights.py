"""Turn the weights that a method's authors published into a checkpoint of ours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqsynth.errors import ConfigError, OutputError
from seqsynth.files import hash_file
from trainer.checkpoint import Checkpoint, current_versions, save_checkpoint
from trainer.errors import WeightsError
from trainer.methods import find_method
from trainer.methods.settings import MethodConfig
from trainer.recipe import load_recipe, merge
from trainer.training.method_setup import vgg_of
from trainer.training.perceptual import (
    VGG19_SHA256,
    load_weights,
    vgg19_file,
)


def import_weights(
    name: str,
    file: Path,
    out: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    vgg_weights: Path | None = None,
    overwrite: bool = False,
) -> str:
    """Write published weights as a checkpoint; return a line that says what they are.

    Nothing in the file is run. The checkpoint records where the weights come from and their
    licence; it restores, exports and is scored as a trained one, and is not trained on.

    Parameters
    ----------
    name : of the method
    file : as the authors publish it
    settings : of a run, over the authors', such as ``{"method": {"gain": 1.1}}``
    vgg_weights : VGG-19's weights for a network that reads VGG's features; None fetches the public
        ones

    Raises
    ------
    ConfigError
        The method is unknown, has no published weights, or a setting is wrong.
    WeightsError
        The file, or VGG's, is missing, torn, or does not fit; what does not fit is named.
    OutputError
        ``out`` is there already, or cannot be written.
    """
    method = find_method(name)
    published = method.published
    if published is None:
        raise ConfigError(f"{name} has no published weights")
    if out.exists() and not overwrite:
        raise OutputError(f"{out} is there already; --overwrite replaces it")
    values = merge({"method": {"name": name, **published.settings}}, settings or {})
    config = load_recipe("paper", overrides=values)
    chosen = config.method
    if chosen is None:
        raise TypeError(f"{name} became the student")
    state = published.read(file, chosen)
    net = method.network(chosen)
    inner = vgg_of(net)
    if inner is not None:
        load_weights(inner.vgg, _vgg_file(chosen, vgg_weights), sha256=_vgg_digest(chosen))
    net.load_state_dict({**net.state_dict(), **state})
    origin = {
        "origin": published.origin,
        "licence": published.licence,
        "file": file.name,
        "sha256": hash_file(file)[1],
    }
    checkpoint = Checkpoint(
        stage=method.name,
        step=0,
        config=config,
        shards=(),
        weights=net.state_dict(),
        scores={},
        versions=current_versions(),
        origin=origin,
    )
    save_checkpoint(checkpoint, out)
    parameters = sum(weight.numel() for weight in net.parameters() if weight.requires_grad)
    return (
        f"{out}: {method.title}, {parameters:,} parameters in {len(state)} tensors; "
        f"{published.origin}; licence: {published.licence}"
    )


def _vgg_file(config: MethodConfig, named: Path | None) -> Path:
    """Return the file of the VGG that a network reads."""
    if _reads_caffe(config) and named is None:
        raise WeightsError(
            f"{config.name}'s weights read Caffe's VGG-19: name it with --vgg-weights FILE, in "
            "torchvision's form (features.N.weight)"
        )
    return vgg19_file(named)


def _vgg_digest(config: MethodConfig) -> str:
    """Return what the file's sha256 begins with; nothing is known of Caffe's in another form."""
    return "" if _reads_caffe(config) else VGG19_SHA256


def _reads_caffe(config: MethodConfig) -> bool:
    return getattr(config, "colours", "rgb") == "bgr"
