"""Compare two shard sets, and make small sets that come nearer to the second."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqsynth.comparison.differences import SetComparison, compare_samples
from seqsynth.comparison.measuring import SetSample, measure_set
from seqsynth.comparison.origins import made_with
from seqsynth.comparison.sheet import as_json, draw_sheet
from seqsynth.comparison.suggestions import Suggestion, suggest_settings
from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.errors import ConfigError
from seqsynth.files import real_path
from seqsynth.ledger import check_results, write_results
from seqsynth.progress import Progress, untold
from seqsynth.report.survey import spread
from seqsynth.settings import check_settings, merge_tables
from seqsynth.shards import open_shards, read_index
from seqsynth.shards.index import locate
from seqsynth.synthesis import generate

ONE_IS_MADE = "--voc makes a set like one"

COMPARISON_NAMES = ("comparison.json", "comparison.png")


@dataclass(frozen=True)
class CompareConfig:
    """How to compare.

    Attributes
    ----------
    samples : sequences measured in each set, and made in each round
    out : folder for comparison.json, comparison.png and the sets that are made
    voc : photos to make sets from with the settings suggested, each compared again; None makes none
    rounds : how many are made, each from what the one before suggests
    overwrite : replace files of these names in ``out`` that were not written here
    """

    samples: int = 128
    out: Path | None = None
    voc: Path | None = None
    rounds: int = 2
    overwrite: bool = False


@dataclass(frozen=True)
class Round:
    """One comparison: of the sets that were given, or of a set made to be nearer to the second.

    Attributes
    ----------
    names : of both sets
    first, second : what was measured in them
    comparison : of the two
    settings : what would bring the first nearer; None where it is not synthetic
    next_set : folder of the set that is made with these settings next, if any is
    """

    names: tuple[str, str]
    first: SetSample
    second: SetSample
    comparison: SetComparison
    settings: Suggestion | None
    next_set: Path | None


def compare(
    first: str | Path,
    second: str | Path,
    config: CompareConfig | None = None,
    *,
    progress: Progress = untold,
) -> tuple[Round, ...]:
    """Compare two shard sets; with ``voc`` also sets made to be nearer, in order of making.

    Raises
    ------
    SeqsynthError
        See `comparing`.
    """
    return tuple(comparing(first, second, config or CompareConfig(), progress=progress))


def comparing(
    first: str | Path,
    second: str | Path,
    config: CompareConfig,
    *,
    progress: Progress = untold,
) -> Iterator[Round]:
    """Yield each comparison as it is done; after the last, what ``out`` takes is written.

    Raises
    ------
    ConfigError
        ``voc`` lacks ``out`` or a synthetic first set, or a set is empty.
    ShardError, SourceError, OutputError
        A set cannot be read or compared, or none can be made or written.
    """
    _check(first, config)
    if config.out is not None:
        check_results(config.out, COMPARISON_NAMES, overwrite=config.overwrite)
    names = _names(first, second)
    measured = _measure(first, config, progress), _measure(second, config, progress)
    rounds = [_round(first, names, measured, _folder(config, 1))]
    yield rounds[0]
    while config.voc is not None and (made := rounds[-1].next_set) is not None:
        _make_nearer(first, rounds[-1].settings or {}, config.voc, made, config.samples)
        first = made
        measured = _measure(made, config, progress), measured[1]
        following = _folder(config, len(rounds) + 1)
        rounds.append(_round(made, (made.name, names[1]), measured, following))
        yield rounds[-1]
    if config.out is not None:
        write_comparison(rounds, config.out, overwrite=config.overwrite)


def write_comparison(rounds: Sequence[Round], out: Path, *, overwrite: bool = False) -> None:
    """Write comparison.json and comparison.png, each whole or not at all.

    Raises
    ------
    OutputError
        A file of such a name that was not written here stands there, or one cannot be written.
    """
    documents = [as_json(one.comparison, one.names) for one in rounds]
    text = json.dumps(documents, indent=1, sort_keys=True) + "\n"
    given, *made = rounds
    samples = {given.names[0]: given.first, given.names[1]: given.second}
    samples |= {one.names[0]: one.first for one in made}
    files = {"comparison.json": text.encode(), "comparison.png": draw_sheet(samples)}
    write_results(out, files, overwrite=overwrite)


def _check(first: str | Path, config: CompareConfig) -> None:
    if config.voc is None:
        return
    if config.out is None:
        raise ConfigError("--voc makes shard sets: name a folder for them, --out DIR")
    if (kind := read_index(first).kind) != "synthetic":
        raise ConfigError(f"--voc makes sets like FIRST, but {first} is {kind}, not synthetic")
    made_with(first, ONE_IS_MADE)


def _folder(config: CompareConfig, number: int) -> Path | None:
    """Return the folder of a round's set, None where no such round is wanted."""
    if config.voc is None or config.out is None or number > config.rounds:
        return None
    return config.out / f"round-{number}"


def _names(first: str | Path, second: str | Path) -> tuple[str, str]:
    """Return the names of both sets, their paths where those are equal."""
    names = _name(first), _name(second)
    return names if names[0] != names[1] else (str(first), str(second))


def _name(shards: str | Path) -> str:
    location = locate(shards)
    return (real_path(location) if isinstance(location, Path) else location).name


def _measure(shards: str | Path, config: CompareConfig, progress: Progress) -> SetSample:
    sequences = open_shards(shards)
    numbers = spread(len(sequences), config.samples)
    sample = None
    with progress(f"measure {_name(shards)}", len(numbers), "sequences") as advance:
        for so_far in measure_set(sequences, numbers):
            sample = so_far
            advance()
    if sample is None:
        raise ConfigError(f"{shards} holds no sequence to compare")
    return sample


def _round(
    shards: str | Path,
    names: tuple[str, str],
    measured: tuple[SetSample, SetSample],
    next_set: Path | None,
) -> Round:
    comparison = compare_samples(*measured)
    index = read_index(shards)
    synthetic = index.kind == "synthetic"
    settings = suggest_settings(index.configuration, comparison) if synthetic else None
    return Round(names, *measured, comparison, settings, next_set)


def _make_nearer(
    shards: str | Path, settings: Mapping[str, Any], voc: Path, made: Path, samples: int
) -> None:
    """Make a set like another one with other settings."""
    known = made_with(shards, ONE_IS_MADE).resolved()
    values = {**merge_tables(known, settings), "sequences": samples}
    generate(voc, made, check_settings(SynthesisConfig, values), RunConfig())
