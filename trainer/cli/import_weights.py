"""``trainer import-weights``: a method's published weights in, a checkpoint out."""

from pathlib import Path

import click

from seqsynth.terminal import say
from trainer.cli.settings import parse_settings

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Turn a method's published weights into a checkpoint.")
@click.argument("method")
@click.argument("file", type=_FILE)
@click.option("--out", required=True, type=_FILE, help="Checkpoint to write.")
@click.option(
    "--vgg-weights",
    type=_FILE,
    help="VGG-19's weights, for errnet and zhang, which read its features; fetched if not named "
    "(zhang reads Caffe's, which must be named).",
)
@click.option(
    "--set",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the method: method.gain=1.1, method.skip=plain. Repeatable.",
)
@click.option("--overwrite", is_flag=True, help="Replace a checkpoint that is there.")
def command(
    method: str,
    file: Path,
    out: Path,
    vgg_weights: Path | None,
    pairs: tuple[str, ...],
    overwrite: bool,
) -> None:
    """Read FILE, the weights of METHOD as its authors published them, and write a checkpoint.

    METHOD is ceilnet (Torch7, extra weights), zhang (TensorFlow's variables as NumPy archive), bdn,
    rmnet, errnet, corrn or ibcln (PyTorch; of IBCLN's two files name final_net_G_T.pth). Nothing in
    FILE is run. Names, shapes and counts are checked, and what does not fit is named. The
    checkpoint records origin and licence.
    """
    from trainer.training.published_weights import import_weights

    settings = parse_settings(pairs)
    say(
        import_weights(
            method, file, out, settings=settings, vgg_weights=vgg_weights, overwrite=overwrite
        )
    )
