"""``seqsynth compare``: how far a synthetic set is from a real one, and what would help."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqsynth.cli.options import SHARDS
from seqsynth.errors import ConfigError
from seqsynth.terminal import progress, say

if TYPE_CHECKING:
    from seqsynth.comparison import Sample


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
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for comparison.json, comparison.png and the sets of --voc.",
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
def command(  # the command line itself
    first: str | Path,
    second: str | Path,
    samples: int,
    out: Path | None,
    voc: Path | None,
    rounds: int,
) -> None:
    """Compare FIRST, usually synthetic, with SECOND, usually real.

    Compared are I against T, the reflection's energy, coverage and blur, saturation, brightness,
    colours and motion. Where FIRST is synthetic, settings are suggested that bring it nearer.
    """
    from seqsynth.shards import read_index

    if voc is not None and out is None:
        raise ConfigError("--voc makes shard sets: name a folder for them, --out DIR")
    if voc is not None and (kind := read_index(first).kind) != "synthetic":
        raise ConfigError(f"--voc makes sets like FIRST, but {first} is {kind}, not synthetic")
    names = [_name(first), _name(second)]
    if names[0] == names[1]:
        names = [str(first), str(second)]
    found = {names[0]: _measure(first, samples), names[1]: _measure(second, samples)}
    settings = _tell(found, names, first)
    if voc is not None and out is not None:
        for number in range(1, rounds + 1):
            folder = out / f"round-{number}"
            _regenerate(voc, first, folder, settings, samples)
            found[folder.name] = _measure(folder, samples)
            first = folder
            settings = _tell(found, [folder.name, names[1]], folder)
    if out is not None:
        _write(found, names, out)


def _name(shards: str | Path) -> str:
    from seqsynth.shards.index import locate

    location = locate(shards)
    return (location.resolve() if isinstance(location, Path) else location).name


def _measure(shards: str | Path, samples: int) -> "Sample":
    from seqsynth.comparison import measure_set
    from seqsynth.report.survey import spread
    from seqsynth.shards import open_shards

    sequences = open_shards(shards)
    numbers = spread(len(sequences), samples)
    sample = None
    with progress(f"measure {_name(shards)}", len(numbers), "sequences") as advance:
        for sample in measure_set(sequences, numbers):  # noqa: B007  # the last is the whole
            advance()
    if sample is None:
        raise ConfigError(f"{shards} holds no sequence to compare")
    return sample


def _tell(found: "Mapping[str, Sample]", names: list[str], first: str | Path) -> dict[str, Any]:
    """Print a comparison and the settings it suggests; return these."""
    from seqsynth.comparison import compare_samples, suggest_settings
    from seqsynth.comparison_page import describe, describe_settings
    from seqsynth.shards import read_index

    comparison = compare_samples(found[names[0]], found[names[1]])
    click.echo("\n".join(describe(comparison, names)))
    index = read_index(first)
    if index.kind != "synthetic":
        return {}
    settings = suggest_settings(index.configuration, comparison)
    click.echo(f"suggested: seqsynth generate {describe_settings(settings)}")
    brightness = comparison.of("transmission")
    if brightness is not None:
        low, _, high = brightness.second
        click.echo(
            f"brightness: photos with a mean level of {low:.0f} to {high:.0f} would be as "
            f"bright as those of {names[1]}; here they have {brightness.first[0]:.0f} to "
            f"{brightness.first[2]:.0f}"
        )
    click.echo()
    return settings


def _regenerate(
    voc: Path, first: str | Path, out: Path, settings: dict[str, Any], samples: int
) -> None:
    """Make a set like the first one with other settings."""
    from seqsynth.shards import read_index
    from seqsynth.synthesis import RunConfig, SynthesisConfig
    from seqsynth.synthesis.generate import generate

    # A derived set also states how it was derived, which is no setting of the synthesis.
    configuration = read_index(first).configuration
    known = {k: v for k, v in configuration.items() if k in SynthesisConfig.model_fields}
    values = {**known, **settings, "sequences": samples}
    say(f"making {samples} sequences in {out}")
    generate(voc, out, SynthesisConfig.model_validate(values), RunConfig())


def _write(found: "Mapping[str, Sample]", names: list[str], out: Path) -> None:
    from seqsynth.comparison import compare_samples
    from seqsynth.comparison_page import as_json, draw_sheet
    from seqsynth.files import write_whole

    out.mkdir(parents=True, exist_ok=True)
    others = [name for name in found if name != names[1]]
    documents = [
        as_json(compare_samples(found[name], found[names[1]]), [name, names[1]]) for name in others
    ]
    text = json.dumps(documents, indent=1, sort_keys=True) + "\n"
    write_whole(out / "comparison.json", text)
    write_whole(out / "comparison.png", draw_sheet(found))
    say(f"{out}: comparison.json, comparison.png")
