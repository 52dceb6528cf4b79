"""VGG-19 up to conv5_3, phi of the perceptual loss (equation 5)."""

import pickle
import urllib.request
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from seqsynth.files import HashedWriter, hash_file, whole_stream
from trainer.errors import WeightsError
from trainer.nets.vgg import Vgg19Features

VGG19_FILE = "vgg19-dcbb9e9d.pth"
VGG19_URL = f"https://download.pytorch.org/models/{VGG19_FILE}"
VGG19_SHA256 = "dcbb9e9d"
"""First digits of the file's sha256, which its makers put into its name."""

CHUNK = 1 << 20

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all (0 where the server does not say)."""


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
