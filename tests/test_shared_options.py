"""An option of one name is the same thing in every command of both programs."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from seqsynth.cli import group as seqsynth
from seqsynth.errors import ConfigError
from seqsynth.shards import open_shards
from trainer.cli import group as trainer

TWO_MEANINGS = {
    "--limit": "sequences of an export; one limit of the checks of captures",
    "--views": "number of views that are made or wanted; which of them are exported",
    "--split": "one split that all pairs go to, or are scored on; splits that are taken",
    "--preset": "where the settings of a set start; where those of a training start",
    "--out": "a file of the report, and the settings of compare --fit; a folder of everything else",
    "--test": "shards to score on; the same, with a name for their column",
    "--format": "of the pictures that are restored; of the tables",
}
"""Options that mean two things by now, and which; a new one needs another name."""

SAME_HELP = ("--jobs", "--backend", "--scheduler", "--compression")
"""Options that are worded alike wherever they are."""


def commands() -> Iterator[tuple[str, click.Command]]:
    for program in (seqsynth, trainer):
        context = click.Context(program)
        for name in program.list_commands(context):
            command = program.get_command(context, name)
            assert command is not None
            yield f"{program.name} {name}", command


def options() -> Mapping[str, dict[str, click.Option]]:
    """Return option -> command -> what it is there."""
    found: dict[str, dict[str, click.Option]] = {}
    for name, command in commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                found.setdefault(parameter.opts[0], {})[name] = parameter
    return found


def family(option: click.Option) -> tuple[object, ...]:
    """Return what a user has to know of an option: a switch, its number of words, their type."""
    kind = option.type
    if isinstance(kind, click.Path):
        detail: object = (kind.file_okay, kind.dir_okay)
    elif isinstance(kind, click.Choice):
        detail = tuple(kind.choices)
    else:
        detail = ""
    name = kind.name.removesuffix(" range")
    return option.is_flag, option.nargs, option.multiple, name, detail


@pytest.mark.parametrize("name", sorted(set(options()) - set(TWO_MEANINGS)))
def test_option_of_one_name_takes_the_same_everywhere(name: str) -> None:
    families = {family(option): command for command, option in options()[name].items()}
    assert len(families) == 1, families


@pytest.mark.parametrize("name", SAME_HELP)
def test_shared_option_is_worded_alike_everywhere(name: str) -> None:
    texts = {str(option.help) for option in options()[name].values()}
    assert len(texts) == 1


def test_exceptions_are_none_without_need() -> None:
    needless = [
        name
        for name in TWO_MEANINGS
        if len({family(option) for option in options().get(name, {}).values()}) < 2
    ]
    assert needless == []


def test_settings_may_come_from_a_file(tiny_shards: Path, tmp_path: Path) -> None:
    (tmp_path / "some.toml").write_text('count = 3\nsplit = ["train"]\njobs = 1\n')
    words = ["subset", tiny_shards, "--out", tmp_path / "some", "--config", tmp_path / "some.toml"]
    arguments = [str(word) for word in [*words, "--count", 2]]
    result = CliRunner().invoke(seqsynth, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert open_shards(tmp_path / "some").counts() == {"train": 2}
    (tmp_path / "some.toml").write_text("cuont = 3\n")
    with pytest.raises(ConfigError, match="cuont"):
        CliRunner().invoke(seqsynth, arguments, catch_exceptions=False)


def test_every_command_that_writes_shards_takes_workers_and_settings() -> None:
    writing = {
        "seqsynth generate",
        "seqsynth ingest-captures",
        "seqsynth ingest-pairs",
        "seqsynth merge",
        "seqsynth split",
        "seqsynth subset",
        "seqsynth export",
    }
    for name in ("--jobs", "--backend", "--scheduler", "--config", "--overwrite", "--out"):
        assert writing <= options()[name].keys(), name
