"""VGG-19 up to conv5_3, phi of the perceptual loss (equation 5)."""

import pickle
import urllib.request
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from seqsynth.files import HashedWriter, hash_file, whole_stream
from trainer.errors import WeightsError

CONV5_3 = 32
"""Index of conv5_3 in torchvision's numbering; its ReLU, 33, is not part of phi."""

VGG19_FILE = "vgg19-dcbb9e9d.pth"
VGG19_URL = f"https://download.pytorch.org/models/{VGG19_FILE}"
VGG19_SHA256 = "dcbb9e9d"
"""First digits of the file's sha256, which its makers put into its name."""

BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
"""Channels and number of convolutions between two poolings (Simonyan and Zisserman, column E)."""

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of ImageNet, RGB in [0, 1]: what the weights were trained with."""

CHUNK = 1 << 20

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all (0 where the server does not say)."""


class Vgg19Features(nn.Module):
    """Layers 0 to ``last`` of VGG-19, with torchvision's names: ``features.N.weight``.

    Parameters
    ----------
    last : the layer whose output is returned
    width : factor on every channel count; the public weights have 1
    """

    mean: Tensor
    std: Tensor

    def __init__(self, last: int = CONV5_3, width: float = 1.0) -> None:
        super().__init__()
        self.features = nn.Sequential(*_layers(width)[: last + 1])
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return phi(x) of equation 5, layers 0 to ``last`` of VGG-19 on (x - MEAN) / STD.

        Parameters
        ----------
        images : x, (B, 3, H, W), RGB in [0, 1], 16 px or more a side

        Returns
        -------
        (B, 512, H / 16, W / 16) of conv5_3 at width 1, before its ReLU
        """
        features: Tensor = self.features((images - self.mean) / self.std)
        return features


def _layers(width: float) -> list[nn.Module]:
    """Return all convolutional layers of VGG-19 in torchvision's order.

    The ReLUs are not in place: one behind the last layer would overwrite what is returned.
    """
    layers: list[nn.Module] = []
    inputs = 3
    for channels, count in BLOCKS:
        outputs = max(1, round(channels * width))
        for _ in range(count):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return layers


def load_vgg19(file: Path, *, sha256: str = VGG19_SHA256) -> Vgg19Features:
    """Return phi with the weights of ``file``, frozen.

    Raises
    ------
    WeightsError
        The file cannot be read, its sha256 does not begin with ``sha256``, or a layer is missing
        or of another shape.
    """
    net = Vgg19Features()
    load_weights(net, file, sha256=sha256)
    return _frozen(net)


def random_vgg19(width: float, seed: int) -> Vgg19Features:
    """Return phi with random weights: for trying code, never for a loss that means something."""
    net = Vgg19Features(width=width)
    generator = torch.Generator().manual_seed(seed)
    for weight in net.parameters():
        if weight.dim() > 1:
            nn.init.kaiming_normal_(weight, generator=generator)
        else:
            nn.init.zeros_(weight)
    return _frozen(net)


def load_weights(net: Vgg19Features, file: Path, *, sha256: str) -> None:
    """Fill ``net`` from a file in torchvision's form; see `load_vgg19`."""
    found = _sha256_of(file)
    if not found.startswith(sha256):
        raise WeightsError(
            f"{file}: sha256 begins with {found[: len(sha256)]}, wanted {sha256}: torn or another "
            f"file; fetch {VGG19_URL} again"
        )
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{file} does not hold torch weights: fetch {VGG19_URL}") from error
    wanted = net.state_dict()
    for name, weight in wanted.items():
        shape = tuple(state[name].shape) if name in state else None
        if shape != tuple(weight.shape):
            raise WeightsError(
                f"{file}: {name} is {'missing' if shape is None else shape}, wanted "
                f"{tuple(weight.shape)}: not VGG-19's weights, fetch {VGG19_URL}"
            )
    net.load_state_dict({name: state[name] for name in wanted})


def vgg19_file(file: Path | None = None, progress: Progress | None = None) -> Path:
    """Return where VGG-19's weights are: the file named, or the cache, filled once if need be.

    The cache is torch's own (``$TORCH_HOME/hub/checkpoints``), so that a file which torchvision
    fetched is found.

    Raises
    ------
    WeightsError
        The file named does not exist, or the download failed; the message says the ways out.
    """
    if file is not None:
        if not file.is_file():
            raise WeightsError(f"{file} does not exist: name the file {VGG19_FILE}")
        return file
    cached = Path(torch.hub.get_dir()) / "checkpoints" / VGG19_FILE
    if not cached.is_file():
        download(VGG19_URL, cached, sha256=VGG19_SHA256, progress=progress)
    return cached


def download(url: str, file: Path, *, sha256: str, progress: Progress | None = None) -> None:
    """Fetch ``url`` into ``file``, which appears whole and checked or not at all.

    Raises
    ------
    WeightsError
        Nothing came, or what came has another sha256.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_stream(file) as sink:
            hashed = HashedWriter(sink)
            _fetch(url, hashed, progress)
            if not hashed.sha256.startswith(sha256):
                raise OSError(f"what came has sha256 {hashed.sha256[: len(sha256)]}, not {sha256}")
    except OSError as error:
        raise WeightsError(
            f"VGG-19's weights could not be fetched from {url} ({error}): name a copy with "
            f"--vgg-weights FILE, put one at {file}, or train without the perceptual loss "
            "(--perceptual none)"
        ) from error


def _fetch(url: str, sink: HashedWriter, progress: Progress | None) -> None:
    """Stream ``url`` into ``sink``."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        stated = answer.headers.get("Content-Length") or ""
        total = int(stated) if stated.isascii() and stated.isdigit() else 0
        while chunk := answer.read(CHUNK):
            sink.write(chunk)
            if progress is not None:
                progress(sink.nbytes, total)
    if total and sink.nbytes != total:
        raise OSError(f"the connection broke after {sink.nbytes} of {total} bytes")


def _sha256_of(file: Path) -> str:
    """Return the sha256 of a file in hexadecimal; `WeightsError` where it cannot be read."""
    try:
        return hash_file(file)[1]
    except OSError as error:
        raise WeightsError(f"cannot read {file}: {error.strerror}") from error


def _frozen(net: Vgg19Features) -> Vgg19Features:
    """Return the network in eval mode, its weights never trained."""
    net.requires_grad_(requires_grad=False)
    return net.eval()
