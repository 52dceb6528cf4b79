"""``trainer export``: a student as ONNX or safetensors, with a model card."""

from pathlib import Path

import click

from seqsynth.terminal import say

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Write a student as ONNX or safetensors, with a model card.")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "--onnx",
    type=_FILE,
    help="ONNX file to write: any size of photo, checked against PyTorch (extra onnx).",
)
@click.option(
    "--safetensors",
    type=_FILE,
    help="Weights to write, their configuration in the metadata (extra onnx).",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
def command(checkpoint: Path, onnx: Path | None, safetensors: Path | None, overwrite: bool) -> None:
    """Write the student in CHECKPOINT for other programs.

    A model card, README.md, is written beside the files from the checkpoint's own records. No file
    that is there is replaced unless --overwrite is given.
    """
    from trainer.checkpoint import load_student
    from trainer.evaluation.results import write_text
    from trainer.export import (
        check_targets,
        export_onnx,
        export_safetensors,
        model_card,
    )

    student, records = load_student(checkpoint)
    files = [file for file in (onnx, safetensors) if file is not None]
    cards: dict[Path, dict[str, str]] = {file.parent / "README.md": {} for file in files}
    check_targets([*files, *(cards if files else ())], overwrite=overwrite)
    if onnx is not None:
        difference = export_onnx(student, onnx)
        cards[onnx.parent / "README.md"][onnx.name] = "ONNX, dynamic batch, height and width"
        say(f"{onnx}: agrees with PyTorch to {difference:.2g} of white, odd sizes included")
    if safetensors is not None:
        export_safetensors(records, safetensors)
        cards[safetensors.parent / "README.md"][safetensors.name] = "weights, safetensors"
        say(f"{safetensors}: {len(records.weights)} tensors")
    for card, contents in cards.items():
        write_text(card, model_card(records, contents))
        say(f"{card}: model card")
