"""``trainer restore``: photos in, photos without their reflections out."""

from pathlib import Path

import click

from seqsynth.terminal import OUT_FOLDER, say, tell
from trainer.cli.bar import bar


@click.command(short_help="Remove the reflections of photos.")
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@click.option(
    "--checkpoint",
    required=True,
    type=click.Path(path_type=Path),
    help="The student, or another method: RUN/student/best.pt, RUN/METHOD/best.pt.",
)
@click.option(
    "--out",
    required=True,
    type=OUT_FOLDER,
    help="Folder the results go to; made if absent.",
)
@click.option(
    "--layers",
    is_flag=True,
    help="Also write what was taken away (-reflection) and the "
    "representation that the student hallucinates (-hallucinated).",
)
@click.option("--strip", is_flag=True, help="Also write before and after side by side (-strip).")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(("same", "png")),
    default="same",
    show_default=True,
    help="same keeps JPEG as JPEG; all others become PNG of their depth.",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=0.1),
    metavar="GIB",
    help="Memory to keep "
    "within; larger photos are cut into tiles.  [default: most of what is "
    "free]",
)
@click.option(
    "--tile",
    type=int,
    metavar="PX",
    help="Side of the tiles, a multiple of 64 from 320; 0 takes every photo whole.",
)
@click.option(
    "--device",
    type=click.Choice(("auto", "cuda", "mps", "cpu")),
    default="auto",
    show_default=True,
    help="Where to compute.",
)
@click.option("--overwrite", is_flag=True, help="Replace results that are there.")
@click.option(
    "--bits",
    type=click.IntRange(9, 16),
    default=16,
    show_default=True,
    help="Bits that the data of 16-bit files use; fewer are scaled to 16.",
)
def command(  # the command line itself
    photos: tuple[str, ...],
    checkpoint: Path,
    out: Path,
    layers: bool,
    strip: bool,
    file_format: str,
    memory: float | None,
    tile: int | None,
    device: str,
    overwrite: bool,
    bits: int,
) -> None:
    """Remove the reflection of each PHOTO: a file, a folder, a pattern like '*.jpg', or shards.

    One image in, one image out, of the same size, depth, orientation and colour profile. Photos
    that cannot be read are named at the end and make the exit code 1.
    """
    from trainer.restoring.jobs import RestoreConfig, describe_left_out
    from trainer.restoring.running import restore_photos

    config = RestoreConfig(layers, strip, file_format, memory, tile, device, overwrite, bits)
    faults = []
    with bar("restore", "photos") as show:
        for outcome in restore_photos(photos, checkpoint, out, config):
            show(outcome.number, outcome.total)
            if outcome.fault:
                faults.append(outcome.fault)
            else:
                say(outcome.done)
    for sentence in describe_left_out(photos, out):
        say(sentence)
    for fault in faults:
        tell(f"unreadable: {fault}", err=True)
    if faults:
        raise click.exceptions.Exit(1)
