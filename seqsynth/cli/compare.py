"""``seqsynth compare``: how far a synthetic set is from a real one, and what would help."""

from collections.abc import Iterable
from pathlib import Path

import click

from seqsynth.cli.options import SHARDS
from seqsynth.errors import ConfigError
from seqsynth.terminal import OutPath, progress, say, tell


@click.command(short_help="Say how far a synthetic set is from a real one.")
@click.argument("first", type=SHARDS)
@click.argument("second", type=SHARDS)
@click.option(
    "--samples",
    default=128,
    show_default=True,
    type=click.IntRange(min=1),
    help="Sequences measured in each.",
)
@click.option(
    "--out",
    type=OutPath(path_type=Path),
    help="Folder for comparison.json, comparison.png and the sets of --voc; with --fit the TOML "
    "file of settings.",
)
@click.option(
    "--voc",
    type=click.Path(path_type=Path),
    help="Photos: make a small set with the settings suggested, and compare again.",
)
@click.option(
    "--rounds",
    default=2,
    show_default=True,
    type=click.IntRange(1, 9),
    help="Times --voc suggests, makes and compares.",
)
@click.option(
    "--fit",
    is_flag=True,
    help="Search the settings of FIRST's blend that are nearest to half of SECOND's pairs, and "
    "judge them on the other half; the same command again goes on.",
)
@click.option(
    "--trials",
    default=600,
    show_default=True,
    type=click.IntRange(min=48),
    help="Settings that --fit tries.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**32 - 1),
    help="Seed of --fit: of the halves, the search and its glass.",
)
@click.option(
    "--by",
    multiple=True,
    metavar="KEY",
    help="Pairs that agree in this, like notes.place, are of one half for --fit; may be repeated. "
    "Those that share a photo or scene always are.",
)
@click.option("--overwrite", is_flag=True, help="Replace files of other origin in --out.")
def command(  # the command line itself
    first: str | Path,
    second: str | Path,
    samples: int,
    out: Path | None,
    voc: Path | None,
    rounds: int,
    fit: bool,
    trials: int,
    seed: int,
    by: tuple[str, ...],
    overwrite: bool,
) -> None:
    """Compare FIRST, usually synthetic, with SECOND, usually real.

    Compared are I against T, the reflection's energy, coverage and blur, what glass does to tone
    and channels, saturation, brightness, colours and motion. Where FIRST is synthetic, settings
    are suggested that bring it nearer; --fit searches them.
    """
    if fit:
        file = _settings_file(out, voc)
        _fit(first, second, file, (samples, trials, seed), by, overwrite=overwrite)
        return
    from seqsynth.comparison import CompareConfig, comparing, describe, describe_suggestion

    if out is not None and out.is_file():
        raise ConfigError(f"--out {out} is a file; name a folder, or --fit settings into it")
    config = CompareConfig(samples, out, voc, rounds, overwrite)
    for found in comparing(first, second, config, progress=progress):
        _tell_each(describe(found.comparison, found.names))
        if found.settings is not None:
            _tell_each(describe_suggestion(found.settings, found.comparison, found.names))
            tell()
        if found.next_set is not None:
            say(f"making {samples} sequences in {found.next_set}")
    if out is not None:
        say(f"{out}: comparison.json, comparison.png")


def _tell_each(lines: Iterable[str]) -> None:
    for line in lines:
        tell(line)


def _settings_file(out: Path | None, voc: Path | None) -> Path:
    """Return the file that --fit writes, and refuse what it has no use for."""
    if voc is not None:
        raise ConfigError("--fit makes no sets, so it takes no --voc: generate by the file")
    if out is None:
        raise ConfigError("--fit writes a file of settings: name it, --out FILE.toml")
    return out


def _fit(
    first: str | Path,
    second: str | Path,
    out: Path,
    numbers: tuple[int, int, int],
    by: tuple[str, ...],
    *,
    overwrite: bool,
) -> None:
    """Fit, show what was found, and on Ctrl-C say how to go on."""
    from seqsynth.comparison import FitConfig, describe_fit
    from seqsynth.comparison import fit as fit_blend

    samples, trials, seed = numbers
    config = FitConfig(out, samples, trials, seed, by, overwrite)
    try:
        found = fit_blend(first, second, config, progress=progress)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "stopped; what was tried is kept, and the same command again goes on"
        ) from None
    _tell_each(describe_fit(found))
    say(f"{out}: for seqsynth generate --config; {out.with_suffix('.html').name}: to look at")
