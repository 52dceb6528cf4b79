"""Read the weights that the authors published: rename, reshape, and say what does not fit.

PyTorch files are read without running what is in them (``weights_only``), NumPy archives without
pickles, Torch7 graphs by the package torchfile, which knows numbers, tables and tensors and runs
nothing either. VGG-19 is no part of what the authors published, and is filled in by the caller.
"""

import importlib
import importlib.util
import pickle
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from trainer.errors import WeightsError

VGG = "taps."
"""Where a network keeps VGG-19."""

COUNTERS = "num_batches_tracked"
"""Leaf that old files lack and nothing reads."""

VGG16_FILE = "vgg16_bn-6c64b313.pth"
VGG16_URL = f"https://download.pytorch.org/models/{VGG16_FILE}"

Names = Mapping[str, str]
"""Our module -> the authors'."""


def read_rmnet(file: Path, net: nn.Module) -> dict[str, Tensor]:
    """Return RmNet's state from ``130_net_G.pth``."""
    names = {"down.levels.0.0": "model_d_0.0.model.0"}
    depths = ("1", "2", "3", "4", "inner")
    for level, depth in enumerate(depths, start=1):
        names[f"down.levels.{level}.1"] = f"model_d_{depth}.0.model.1"
    for ours, theirs in (("transmission", "back"), ("reflection", "refl"), ("mask", "W")):
        for level, depth in enumerate(("inner", "4", "3", "2", "1", "0")):
            names[f"{ours}.levels.{level}.1"] = f"model_u_{depth}_{theirs}.0.model.1"
    return rename(_load_torch(file), names, net, file)


def read_bdn(file: Path, net: nn.Module, levels: Sequence[int]) -> dict[str, Tensor]:
    """Return BDN's state from ``model.pth``: nested blocks, unrolled."""
    names: dict[str, str] = {}
    for number, (part, depth) in enumerate(
        zip(("first", "reflection", "second"), levels, strict=True), start=1
    ):
        block = f"model{number}.model.model"
        names |= {
            f"{part}.down.levels.0.0": f"{block}.0",
            f"{part}.up.levels.{depth - 1}.1": f"{block}.3",
        }
        for level in range(1, depth):
            block += ".1.model" if level == 1 else ".3.model"
            up, is_last = f"{part}.up.levels.{depth - 1 - level}", level == depth - 1
            names |= {
                f"{part}.down.levels.{level}.1": f"{block}.1",
                f"{part}.down.levels.{level}.2": f"{block}.2",
                f"{up}.1": f"{block}.3" if is_last else f"{block}.5",
                f"{up}.2": f"{block}.4" if is_last else f"{block}.6",
            }
    return rename(_load_torch(file), names, net, file)


def read_errnet(file: Path, net: nn.Module) -> dict[str, Tensor]:
    """Return ERRNet's state from ``errnet_060_00463920.pt``.

    Its pyramid joins the four pooled maps before the features, ours after them: the columns of the
    joining convolution change places.
    """
    names = {
        "down.0.0": "conv1.conv2d",
        "down.1.0": "conv2.conv2d",
        "down.2.0": "conv3.conv2d",
        "up.0.0": "deconv1.conv2d",
        "up.1.0": "deconv2.conv2d",
        "last": "deconv3.conv2d",
        "pyramid.merge.0": "pyramid_module.bottleneck",
    }
    names |= {f"pyramid.reduce.{level}.0": f"pyramid_module.stages.{level}.1" for level in range(4)}
    for block in range(13):
        theirs = f"res_module.{block}"
        names |= {
            f"blocks.{block}.body.0.0": f"{theirs}.conv1.conv2d",
            f"blocks.{block}.body.1": f"{theirs}.conv2.conv2d",
            f"blocks.{block}.attention.squeeze": f"{theirs}.se_layer.fc.0",
            f"blocks.{block}.attention.excite": f"{theirs}.se_layer.fc.2",
        }
    state = rename(_part(_load_torch(file), "icnn", file), names, net, file)
    columns = state["pyramid.merge.0.weight"]
    pooled = columns.shape[1] - columns.shape[0]
    state["pyramid.merge.0.weight"] = torch.cat((columns[:, pooled:], columns[:, :pooled]), 1)
    return state


def read_corrn(file: Path, net: nn.Module) -> dict[str, Tensor]:
    """Return CoRRN's state from ``checkpoint_80.pth.tar``."""
    units = {"image.entry": "conv6R"}
    units |= {f"edges.entry.{n}": f"conv6_{n + 1}" for n in range(2)}
    units |= {f"edges.entry.{n + 2}": f"deconv5_{n + 1}" for n in range(2)}
    for level, theirs in enumerate(("deconv4", "deconv3", "deconv2")):
        units |= {f"edges.ups.{level}.{n}": f"{theirs}_{n + 1}" for n in range(2)}
    units["edges.last.0"] = "deconv1"
    units |= {f"image.enhance.{n}": f"featureEnhance{5 - n}" for n in range(4)}
    units |= _extraction_units()
    units |= {f"image.output.{n}": f"output.{n}" for n in range(2)}
    names = {f"{ours}.0": f"{theirs}.conv" for ours, theirs in units.items()}
    names |= {f"{ours}.1": f"{theirs}.bn" for ours, theirs in units.items()}
    for level in range(5):
        names[f"image.ups.{level}.0"] = f"deconv{level}R.0.transconv"
        names[f"image.ups.{level}.1"] = f"deconv{level}R.0.bn"
    names["edges.last.1"] = "pred1_contour"
    for stage, convolutions in enumerate((2, 2, 3, 3, 3)):
        for number in range(convolutions):
            for place in (3 * number, 3 * number + 1):
                names[f"encoder.{stage}.{place}"] = f"convs{stage + 1}R.{place}"
    return rename(_part(_load_torch(file), "state_dict", file), names, net, file)


def _extraction_units() -> dict[str, str]:
    """Return CoRRN's units of parallel paths; a path of one unit is that unit itself there."""
    units = {}
    for extraction, theirs, lengths in (
        ("coarse", "featureExtractionA", (2, 1, 3)),
        ("fine", "featureExtractionB", (2, 2, 2, 3)),
    ):
        for number, length in enumerate(lengths):
            for place in range(length):
                inside = f".{place}" if length > 1 else ""
                units[f"image.{extraction}.paths.{number}.{place}"] = (
                    f"{theirs}.path{number + 1}{inside}"
                )
    return units


def read_vgg16(file: Path | None, encoder: nn.Module) -> dict[str, Tensor]:
    """Return VGG-16-BN's convolutions for an encoder that is cut behind its poolings.

    Parameters
    ----------
    file : in torchvision's form; None takes the one in torch's cache

    Raises
    ------
    WeightsError
        There is none, or it does not fit.
    """
    found = file or Path(torch.hub.get_dir()) / "checkpoints" / VGG16_FILE
    if not found.is_file():
        raise WeightsError(
            f"{found} does not exist: corrn begins with VGG-16-BN's weights. Fetch {VGG16_URL} and "
            "name it with --set method.encoder_weights=FILE, or begin with none: --set "
            "method.encoder=random"
        )
    state = _load_torch(found)
    features = {name: one for name, one in state.items() if name.startswith("features.")}
    starts = (0, 7, 14, 24, 34)
    names = {
        f"{stage}.{place}": f"features.{start + place}"
        for stage, start in enumerate(starts)
        for place in range(10)
    }
    return rename(features, names, encoder, found)


def read_ibcln(file: Path, net: nn.Module) -> dict[str, Tensor]:
    """Return IBCLN's state from ``final_net_G_T.pth``; ``final_net_G_R.pth`` lies beside it."""
    other = file.with_name(file.name.replace("G_T", "G_R"))
    if other == file:
        raise WeightsError(f"{file}: IBCLN has two files; name final_net_G_T.pth, the other beside")
    names = {
        "first.0": "conv1.0",
        "second.0.0": "conv2.0",
        "second.1.0": "conv3.0",
        **{f"third.{n}.0": f"conv{n + 4}.0" for n in range(3)},
        **{f"third.{n + 3}.0": f"diconv{n + 1}.0" for n in range(4)},
        "third.7.0": "conv7.0",
        **{f"cell.gates.{n}": f"conv_{gate}.0" for n, gate in enumerate("ifgo")},
        "fourth.0": "conv8.0",
        "fifth.0": "conv9.0",
        "sixth.0": "conv10.0",
        "up_half.layer": "deconv1.0",
        "up_full.layer": "deconv2.0",
        "picture_quarter.0": "outframe1.0",
        "picture_half.0": "outframe2.0",
        "last": "output.0",
    }
    state: dict[str, Tensor] = {}
    for part, source in (("transmission", file), ("reflection", other)):
        generator = getattr(net, part)
        found = rename(_load_torch(source), names, generator, source)
        state |= {f"{part}.{name}": tensor for name, tensor in found.items()}
    return state


def read_zhang(file: Path, net: nn.Module) -> dict[str, Tensor]:
    """Return Zhang et al.'s state from a NumPy archive of their TensorFlow variables.

    One array a variable, by its name; TensorFlow's order (height, width, inputs, outputs) becomes
    torch's. Variables of the discriminator and of Adam are left alone.
    """
    state: dict[str, Tensor] = {}
    leaves = {"0.weight": "weights", "1.offset": "BatchNorm/beta", "1.keep": "w0", "1.change": "w1"}
    names = {
        f"layers.{level}.{leaf}": f"g_conv{number}/{theirs}"
        for level, number in enumerate((0, 1, 2, 3, 4, 5, 6, 7, 9))
        for leaf, theirs in leaves.items()
    } | {"last.weight": "g_conv_last/weights", "last.bias": "g_conv_last/biases"}
    for name, array in _load_numpy(file).items():
        if name.startswith("g_conv") and "Adam" not in name:
            tensor = torch.tensor(array, dtype=torch.float32)
            state[name] = tensor.permute(3, 2, 0, 1) if tensor.dim() == 4 else tensor
    return _fit(state, names, _wanted(net), file)


def read_torch7(file: Path, net: nn.Module) -> dict[str, Tensor]:
    """Return a network's state from a Torch7 graph: layers with weights, in the order of a walk.

    Convolutions may be flat there, and are shaped as ours.
    """
    if importlib.util.find_spec("torchfile") is None:
        raise WeightsError(f"{file}: Torch7 files need torchfile; install seqsynth[weights]")
    torchfile = importlib.import_module("torchfile")  # an optional extra without types
    try:
        graph = torchfile.load(str(file))
    except FileNotFoundError:
        raise WeightsError(f"{file} does not exist") from None
    except Exception as error:  # its parser raises whatever a torn file leads to
        raise WeightsError(f"{file} is torn or no Torch7 file ({error})") from error
    layers = list(_walk(graph))
    ours = [
        name
        for name, part in net.named_modules()
        if isinstance(getattr(part, "weight", None), nn.Parameter) and not name.startswith(VGG)
    ]
    if len(layers) != len(ours):
        raise WeightsError(
            f"{file} holds {len(layers)} layers with weights, {len(ours)} are wanted: another net"
        )
    state: dict[str, Tensor] = {}
    for name, layer in zip(ours, layers, strict=True):
        for leaf in ("weight", "bias"):
            wanted = net.get_parameter(f"{name}.{leaf}")
            array = torch.from_numpy(np.array(layer[leaf.encode()])).float()
            if array.numel() != wanted.numel():
                raise WeightsError(
                    f"{file}: {name}.{leaf} has {array.numel()} numbers, wanted {wanted.numel()}"
                )
            state[f"{name}.{leaf}"] = array.reshape(wanted.shape)
    return state


def rename(
    state: Mapping[str, Tensor], names: Names, net: nn.Module, file: Path
) -> dict[str, Tensor]:
    """Return ``state`` by our names.

    Parameters
    ----------
    state : the authors'
    names : of every module with weights
    net : of which every tensor but VGG's is wanted

    Raises
    ------
    WeightsError
        A tensor is missing, too many, or of another shape; all are named.
    """
    wanted = _wanted(net)
    keys = {}
    for key in wanted:
        module, _, leaf = key.rpartition(".")
        keys[key] = f"{names[module]}.{leaf}"
    return _fit(state, keys, wanted, file)


def _fit(
    state: Mapping[str, Tensor], keys: Names, wanted: Mapping[str, Tensor], file: Path
) -> dict[str, Tensor]:
    """Take each wanted tensor from ``state``; refuse all that does not fit, by name."""
    faults = []
    fitting: dict[str, Tensor] = {}
    for ours, theirs in keys.items():
        tensor = state.get(theirs)
        if tensor is None and ours.endswith(COUNTERS):
            fitting[ours] = torch.zeros((), dtype=torch.int64)
        elif tensor is None:
            faults.append(f"{theirs} is missing")
        elif tuple(tensor.shape) != tuple(wanted[ours].shape):
            faults.append(f"{theirs} is {_shape(tensor)}, wanted {_shape(wanted[ours])}")
        else:
            fitting[ours] = tensor.detach().clone()
    known = set(keys.values())
    faults += [f"{name} is not known" for name in state if name not in known]
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise WeightsError(f"{file} does not fit: {'; '.join(faults[:5])}{more}")
    return fitting


def _wanted(net: nn.Module) -> dict[str, Tensor]:
    return {name: one for name, one in net.state_dict().items() if not name.startswith(VGG)}


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _load_torch(file: Path) -> dict[str, Any]:
    """Read a PyTorch file; nothing in it is run."""
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"{file} does not exist") from None
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{file} is torn or no PyTorch file ({first})") from error
    if not isinstance(state, dict):
        raise WeightsError(f"{file} holds a {type(state).__name__}, a state dict is wanted")
    # What DataParallel saves.
    return {str(name).removeprefix("module."): value for name, value in state.items()}


def _part(state: Mapping[str, Any], name: str, file: Path) -> dict[str, Tensor]:
    """Return the state dict that a checkpoint keeps under ``name``."""
    part = state.get(name)
    if not isinstance(part, Mapping):
        raise WeightsError(f"{file} holds no {name!r}; it has {', '.join(list(state)[:5])}")
    return {str(key).removeprefix("module."): value for key, value in part.items()}


def _load_numpy(file: Path) -> dict[str, np.ndarray[Any, Any]]:
    try:
        with np.load(file, allow_pickle=False) as archive:
            return {name.removesuffix(":0"): archive[name] for name in archive.files}
    except FileNotFoundError:
        raise WeightsError(f"{file} does not exist") from None
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"{file} is no NumPy archive ({error}): save the TensorFlow variables with numpy.savez"
        ) from error


def _walk(part: Any) -> Iterator[Mapping[bytes, Any]]:
    """Yield the layers of a Torch7 graph that have weights, depth first."""
    fields = getattr(part, "_obj", part)
    if not isinstance(fields, Mapping):
        return
    if fields.get(b"weight") is not None:
        yield fields
    modules = fields.get(b"modules")
    if isinstance(modules, Mapping):
        modules = [modules[key] for key in sorted(modules)]
    for inner in modules or ():
        yield from _walk(inner)
