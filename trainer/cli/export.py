"""``trainer export``: a student as ONNX or safetensors, with a model card."""

from pathlib import Path

import click

from seqsynth.terminal import say

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Write a network as ONNX or safetensors, with a model card.")
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
    """Write the network in CHECKPOINT, a student or another method, for other programs.

    A model card, README.md, is written beside the files from the checkpoint's own records. No file
    that is there is replaced unless --overwrite is given.
    """
    from trainer.export import export_student

    for written in export_student(
        checkpoint, onnx=onnx, safetensors=safetensors, overwrite=overwrite
    ):
        say(written)
