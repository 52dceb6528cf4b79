"""Hand a student to other programs: ONNX of any size, and safetensors with a model card."""

import importlib
import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from seqsynth.errors import ConfigError, OutputError
from seqsynth.files import real_path
from trainer.checkpoint import Checkpoint, load_restorer
from trainer.errors import ExportError
from trainer.files import write_file
from trainer.methods import find_method
from trainer.methods.restorer import MethodNet
from trainer.methods.settings import MethodConfig
from trainer.nets import StudentNet
from trainer.nets.config import NetConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 18

CHECKED_SIZES = ((64, 64), (67, 93), (33, 130), (129, 71))
"""Heights and widths an exported file is compared at, px; odd ones need the padding inside."""

TOLERANCE = 1e-3
"""Largest difference that is accepted, of pictures on 0 to 1: a quarter of a level."""

PRIVATE = {"net", "vgg_weights", "teacher_from"}
"""Fields of a recipe that the card leaves out: told elsewhere, or paths of one machine."""

INPUT, OUTPUT = "blended", "transmission"


class PhotoNet(nn.Module):
    """A student that returns its picture alone: (B, 3, H, W) in [0, 1] both ways, clamped."""

    def __init__(self, student: StudentNet | MethodNet) -> None:
        super().__init__()
        self.student = student

    def forward(self, blended: Tensor) -> Tensor:
        """Remove the reflection of each photo."""
        picture: Tensor = self.student(blended).transmission.clamp(0, 1)
        return picture


def export_student(
    checkpoint: Path,
    *,
    onnx: Path | None = None,
    safetensors: Path | None = None,
    overwrite: bool = False,
) -> Iterator[str]:
    """Write a student for other programs, a model card beside each file; yield a line for each.

    Parameters
    ----------
    onnx, safetensors : the files to write, one of them at least

    Raises
    ------
    CheckpointError
        The checkpoint is missing, torn, or of a teacher.
    ConfigError, OutputError
        Nothing was asked for; a file is there already and ``overwrite`` is not given.
    ExportError
        A library is missing, or the file disagrees with the network.
    """
    student, records = load_restorer(checkpoint)
    files = [file for file in (onnx, safetensors) if file is not None]
    cards: dict[Path, dict[str, str]] = {file.parent / "README.md": {} for file in files}
    if real_path(checkpoint) in {real_path(file) for file in files}:
        raise OutputError(f"{checkpoint} would be written over by its export; name another file")
    check_targets([*files, *(cards if files else ())], overwrite=overwrite)
    if onnx is not None:
        difference = export_onnx(student, onnx)
        cards[onnx.parent / "README.md"][onnx.name] = "ONNX, dynamic batch, height and width"
        yield f"{onnx}: agrees with PyTorch to {difference:.2g} of white, odd sizes included"
    if safetensors is not None:
        export_safetensors(records, safetensors)
        cards[safetensors.parent / "README.md"][safetensors.name] = "weights, safetensors"
        yield f"{safetensors}: {len(records.weights)} tensors"
    for card, contents in cards.items():
        write_file(card, model_card(records, contents))
        yield f"{card}: model card"


def export_onnx(student: StudentNet | MethodNet, file: Path) -> float:
    """Write an ONNX file that takes photos of any size, and hold it against PyTorch.

    Returns
    -------
    the largest difference found, of pictures on 0 to 1

    Raises
    ------
    ExportError
        A library is missing, or the file disagrees with the network; nothing is left then.
    OutputError
        The file cannot be written.
    """
    _need("onnx", "onnxscript", "onnxruntime")
    net = PhotoNet(student).eval()
    example = torch.rand(1, 3, 67, 93, generator=torch.Generator().manual_seed(0))
    dynamic = {
        0: torch.export.Dim.DYNAMIC,
        2: torch.export.Dim.DYNAMIC,
        3: torch.export.Dim.DYNAMIC,
    }
    with _quiet():
        program = torch.onnx.export(
            net,
            (example.repeat(2, 1, 1, 1),),
            dynamo=True,
            verbose=False,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=(dynamic,),
            opset_version=OPSET,
        )
    if program is None:
        raise ExportError("torch.onnx gave no program; is this torch older than 2.6?")
    content = program.model_proto.SerializeToString()
    largest = max(difference for _, difference in compare_onnx(net, content))
    if not largest <= TOLERANCE:
        raise ExportError(
            f"{file} would differ from the checkpoint by {largest:.2g} of white, "
            f"{TOLERANCE:g} is accepted; it was not written"
        )
    write_file(file, content)
    return largest


def compare_onnx(net: nn.Module, content: bytes) -> Iterator[tuple[tuple[int, int], float]]:
    """Run an ONNX model beside a network at every checked size; yield size and difference."""
    onnxruntime = importlib.import_module("onnxruntime")  # an optional extra without types
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(1)
    for height, width in CHECKED_SIZES:
        photo = torch.rand(1, 3, height, width, generator=generator)
        with torch.no_grad():
            expected: NDArray[np.float32] = net(photo).numpy()
        (found,) = session.run([OUTPUT], {INPUT: photo.numpy()})
        if found.shape != expected.shape:
            raise ExportError(f"the ONNX model turns {height}x{width} px into {found.shape[2:]}")
        yield (height, width), float(np.abs(found - expected).max())


def export_safetensors(checkpoint: Checkpoint, file: Path) -> None:
    """Write the weights as safetensors; its metadata hold the network's configuration.

    Raises
    ------
    ExportError
        The library is missing.
    OutputError
        The file cannot be written.
    """
    _need("safetensors")
    from safetensors.torch import save  # noqa: PLC0415  # an optional extra

    metadata = {
        "format": "pt",
        "stage": checkpoint.stage,
        "step": str(checkpoint.step),
        "net": json.dumps(shape_of(checkpoint).model_dump(mode="json"), sort_keys=True),
        "versions": json.dumps(dict(checkpoint.versions), sort_keys=True),
    }
    weights = {name: tensor.contiguous() for name, tensor in checkpoint.weights.items()}
    write_file(file, save(weights, metadata=metadata))


def model_card(checkpoint: Checkpoint, files: Mapping[str, str]) -> str:
    """Return a model card in Markdown, written from what the checkpoint itself records.

    Parameters
    ----------
    files : name of each file beside the card -> what it is
    """
    method = checkpoint.config.method
    parameters = sum(
        weight.numel()
        for name, weight in checkpoint.weights.items()
        if "running_" not in name and "num_batches" not in name
    )
    changed = shape_of(checkpoint).model_dump(mode="json", exclude_defaults=True)
    kind = "student network" if method is None else find_method(method.name).title
    parts = [
        "---\ntags:\n- reflection-removal\n- image-to-image\nlibrary_name: seqsynth\n---",
        f"# Single-image reflection removal: {kind}",
        f"One photo in, the photo without its reflection out, any size. {parameters:,} parameters, "
        f"trained for {checkpoint.step:,} steps.",
        "## Files",
        _list(files),
        "## Use",
        "`trainer restore PHOTO --checkpoint best.pt --out DIR`, or the ONNX file: input "
        f"`{INPUT}`, float32 (B, 3, H, W), RGB on 0 to 1; output `{OUTPUT}`, the same.",
        "## Training data",
        _shards(checkpoint),
        "## Scores on held-out sequences",
        _list({key: f"{value:.4f}" for key, value in sorted(checkpoint.scores.items())})
        or "None were recorded with these weights.",
        "Names that end in `_identity`, `_stretch` or `_linear` are the scores of the photo "
        "itself, of a stretch of its black level and of a linear colour map: a network is worth "
        "what it adds to them. Held-out sequences are of the training data's kind, no benchmark.",
        "## Network",
        "Settings that differ from the paper's:"
        if method is None
        else "Settings that differ from the authors':",
        _list(changed) or "none",
        "## Recipe",
        "```json\n"
        + json.dumps(checkpoint.config.model_dump(mode="json", exclude=PRIVATE), indent=1)
        + "\n```",
        "## Made with",
        _list({**checkpoint.versions, **checkpoint.origin}),
    ]
    return "\n\n".join(parts) + "\n"


def shape_of(checkpoint: Checkpoint) -> NetConfig | MethodConfig:
    """Return the settings that a network is built from."""
    return checkpoint.config.method or checkpoint.net


def check_targets(files: list[Path], *, overwrite: bool) -> None:
    """Refuse to write over anything untold.

    Raises
    ------
    ConfigError
        Nothing was asked for.
    OutputError
        A file is there already.
    """
    if not files:
        raise ConfigError("nothing to export: give --onnx FILE or --safetensors FILE")
    twice = next((file for file in files if files.count(file) > 1), None)
    if twice is not None:
        raise ConfigError(f"{twice} would be written twice; give each file a name of its own")
    there = [file for file in files if file.is_symlink() or file.exists()]
    if there and not overwrite:
        raise OutputError(f"{there[0]} is there already; --overwrite replaces it")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch.onnx from talking of what is no user's business, such as torchvision."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _list(items: Mapping[str, Any]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in items.items())


def _shards(checkpoint: Checkpoint) -> str:
    """Return a line for each shard set it was trained on."""
    lines = []
    for mark in checkpoint.shards:
        counts = ", ".join(f"{count} {split}" for split, count in mark.counts.items())
        blend = mark.configuration.get("blend", mark.configuration.get("benchmark", ""))
        lines.append(f"- {mark.name} ({mark.kind}{', ' if blend else ''}{blend}): {counts}")
    return "\n".join(lines) or "None is recorded."


def _need(*modules: str) -> None:
    """Refuse early where an optional library is missing."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise ExportError(f"this export needs {', '.join(missing)}; install seqsynth[onnx]")
