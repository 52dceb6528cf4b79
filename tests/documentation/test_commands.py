"""Every command that the README and the pages show runs as it stands, in the order of its page.

What cannot run as it stands is in one of two tables, with the reason. A command that neither runs
nor stands in a table fails.
"""

import configparser
import importlib.util
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import seqsynth.cli
import trainer.cli
from tests.documentation.pages import (
    PAGES,
    PROGRAMS,
    ROOT,
    Command,
    blocks,
    commands,
    flags,
    mentions,
    stray_commands,
)
from tests.documentation.stand_ins import Stage

GROUPS = {"seqsynth": seqsynth.cli.group, "trainer": trainer.cli.group}

LANGUAGES = ("sh", "python", "toml", "text")
"""What a fenced block may be."""

GIVEN: dict[str, tuple[str, ...]] = {
    "README.md": ("VOCdevkit",),
    "docs/benchmarks.md": ("data/real20", "data/SIR2_500", "mine"),
    "docs/capture-guide.md": ("DCIM",),
    "docs/compare.md": ("VOCdevkit", "shards/synthetic", "shards/sir2"),
    "docs/evaluate.md": (
        "runs/mine", "shards/synthetic", "shards/real20", "shards/sir2", "out/errnet", "out/ibcln"
    ),
    "docs/how-to-generate.md": ("VOCdevkit",),
    "docs/restore.md": ("holiday", "runs/mine"),
    "docs/training-on-cpu.md": ("VOCdevkit",),
    "docs/training.md": ("shards",),
}  # fmt: skip
"""What a page takes for granted, by the names of `stand_ins.STAND_INS`."""


@dataclass(frozen=True)
class Addition:
    """Words appended to a command that would take too long as it stands.

    Attributes
    ----------
    pattern : regular expression that is found in the command
    """

    pattern: str
    words: str
    reason: str


@dataclass(frozen=True)
class Substitute:
    """What is checked of a command instead of running it."""

    pattern: str
    check: Callable[[Command], None]
    reason: str


def check_target(command: Command) -> None:
    """Check that make knows what is asked for."""
    asked = ["make", "--dry-run", "--directory", str(ROOT), *command.words[1:]]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def check_extras(command: Command) -> None:
    """Check that what is installed is this package, with extras that it has."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    named = re.fullmatch(r"(?:\.|seqsynth)(?:\[([\w,]+)\])?", command.words[-1])
    assert named is not None, f"{command.text}: not this package"
    for extra in (named[1] or "").split(","):
        assert not extra or extra in setup["options.extras_require"], f"no extra {extra}"


def check_options(command: Command) -> None:
    """Check that the command and each of its options exist."""
    group = GROUPS[command.program]
    names = [word for word in command.words[1:] if not word.startswith("-")]
    known = group.get_command(click.Context(group), names[0])
    assert known is not None, f"{command.place}: no command {names[0]!r}"
    options = options_of(known) | options_of(group) | {"--help", "-h"}
    for word in command.words[1:]:
        assert not word.startswith("-") or word in options, f"{command.place}: no option {word}"


def check_click(program: click.Command, words: tuple[str, ...]) -> None:
    """Check that another project's command takes these words."""
    program.make_context(program.name, list(words))


def check_dask(command: Command) -> None:
    """Check what starts a scheduler or a worker."""
    module = importlib.import_module(f"distributed.cli.dask_{command.words[1]}")
    check_click(module.main, command.words[2:])


def leave(command: Command) -> None:
    """Check nothing."""


def check_torchrun(command: Command) -> None:
    """Check torchrun's own words, and what it runs in every process."""
    parse_args = importlib.import_module("torch.distributed.run").parse_args
    parsed = parse_args(list(command.words[1:]))
    words = (parsed.training_script, *parsed.training_script_args)
    check_options(Command(command.place, command.text, words))


def check_benchmark(command: Command) -> None:
    """Check that the benchmark exists and knows its options."""
    by_module = command.words[1] == "-m"
    name = command.words[2 if by_module else 1]
    path = ROOT / (f"{name.replace('.', '/')}.py" if by_module else name)
    assert path.is_file() or (ROOT / name.replace(".", "/") / "__main__.py").is_file(), name
    for word in command.words[3 if by_module else 2 :]:
        if word.startswith("--"):
            assert f'"{word}"' in path.read_text(encoding="utf-8"), f"{name} has no {word}"


ADDITIONS = (
    Addition(
        r"^seqsynth (generate|check-captures|ingest-captures)\b(?!.*--(backend|dry-run|jobs))",
        "--jobs 1",
        "starting workers takes longer than the work",
    ),
    Addition(r"^seqsynth generate .*--sequences \d{3}", "--sequences 12", "minutes of work"),
    Addition(r"^seqsynth compare ", "--samples 6 --rounds 1", "minutes of work"),
    Addition(r"^trainer fit (?!.*--dry-run)", "--max-steps 1", "minutes to days of work"),
    Addition(
        r"^trainer fit (?!.*--(dry-run|preset))",
        "--perceptual none --set net.width=0.03125 --set teacher.batch=2 --set teacher.crop=64",
        "the paper's networks want a GPU, the perceptual loss wants VGG-19 from the network",
    ),
    Addition(
        r"^trainer ablate ",
        "--rows kt --set max_steps=1 --set perceptual=none --set net.width=0.03125",
        "eight trainings of days",
    ),
)
"""What is appended to which command."""

SUBSTITUTES = (
    Substitute(r"^make ", check_target, "installs, or runs these very tests"),
    Substitute(r"^pip install ", check_extras, "tests install nothing"),
    Substitute(r"^dask (scheduler|worker) ", check_dask, "a server that stays"),
    Substitute(r"^ray start ", leave, "a server that stays, of a package the tests do without"),
    Substitute(r"^seqsynth generate .*--scheduler", check_options, "wants the server before it"),
    Substitute(r"^torchrun ", check_torchrun, "four processes; tests/trainer runs two"),
    Substitute(r"^python (-m )?benchmarks", check_benchmark, "minutes of measuring"),
)
"""What is checked instead of which command."""

SHOWN = [command for page in PAGES for command in commands(page)]
MENTIONED = [command for page in PAGES for command in mentions(page)]


def options_of(command: click.Command) -> set[str]:
    """Return every spelling of a command's options."""
    return {
        flag
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for flag in (*parameter.opts, *parameter.secondary_opts)
    }


def plain(command: Command) -> str:
    """Return a command without the folder of its program and the environment before it."""
    return " ".join([command.program, *command.words[1:]])


def substitute_for(command: Command) -> Substitute | None:
    return next((row for row in SUBSTITUTES if re.search(row.pattern, plain(command))), None)


def additions_to(command: Command) -> list[str]:
    rows = [row for row in ADDITIONS if re.search(row.pattern, plain(command))]
    return [word for row in rows for word in row.words.split()]


def expand(word: str) -> list[str]:
    """Return the files that a pattern names, as the shell does, or the word itself."""
    found = sorted(map(str, Path().glob(word))) if "*" in word else []
    return found or [word]


def run(command: Command) -> None:
    """Run a command of ours, or an example, in the folder the process is in."""
    words = [found for word in command.words[1:] for found in expand(word)]
    if command.program in GROUPS:
        group = GROUPS[command.program]
        arguments = [*words, *additions_to(command)]
        result = CliRunner().invoke(group, arguments, standalone_mode=False)
        if isinstance(result.exception, Exception):
            raise AssertionError(f"{command.place}: {command.text}") from result.exception
        assert not result.return_value, f"{command.place}: {command.text}\n{result.output}"
    elif command.program == "python" and words[0].startswith("examples/"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", words)
            runpy.run_path(str(ROOT / words[0]), run_name="__main__")
    else:
        raise AssertionError(f"{command.place}: {command.text} neither runs nor is in a table")


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_commands_of_a_page_run_in_its_order(
    page: str, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in GIVEN.get(page, ()):
        stage.lay(name, tmp_path)
    monkeypatch.chdir(tmp_path)
    for command in commands(page):
        substitute = substitute_for(command)
        if substitute is not None:
            substitute.check(command)
        else:
            run(command)


@pytest.mark.parametrize("command", MENTIONED, ids=lambda command: command.text)
def test_command_in_a_sentence_exists_with_its_options(command: Command) -> None:
    substitute = substitute_for(command)
    if command.program in GROUPS:
        check_options(command)
    elif substitute is not None:
        substitute.check(command)
    else:
        raise AssertionError(f"{command.place}: {command.text} is unknown")


@pytest.mark.parametrize("page", PAGES)
def test_option_in_a_sentence_is_one_of_a_command(page: str) -> None:
    known = {"--help"}
    for group in GROUPS.values():
        for name in group.list_commands(click.Context(group)):
            command = group.get_command(click.Context(group), name)
            assert command is not None
            known |= options_of(command)
    assert flags(page) <= known


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    assert [block.line for block in blocks(page) if block.language not in LANGUAGES] == []


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_shown_in_sh_blocks_alone(page: str) -> None:
    assert stray_commands(page) == []


def test_commands_begin_with_a_known_program() -> None:
    assert {command.program for command in SHOWN} <= PROGRAMS


@pytest.mark.parametrize("row", [*ADDITIONS, *SUBSTITUTES], ids=lambda row: row.pattern)
def test_no_row_of_the_tables_is_idle(row: Addition | Substitute) -> None:
    assert any(re.search(row.pattern, plain(command)) for command in [*SHOWN, *MENTIONED])


def test_pages_are_given_only_what_they_exist_for() -> None:
    assert [page for page in GIVEN if page not in PAGES or not commands(page)] == []
