"""Every command answers --help, at once where it can, and stands in the README."""

import importlib
import re
import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest

from seqsynth import __version__
from seqsynth.cli import COMMANDS
from seqsynth.config import BLEND_TABLES, RunConfig, SynthesisConfig

ROOT = Path(__file__).parents[3]

HEAVY = ("numpy", "cv2", "h5py", "PIL", "scipy", "joblib", "matplotlib", "torch", "rich")


def command_of(name: str) -> click.Command:
    command = importlib.import_module(COMMANDS[name][0]).command
    assert isinstance(command, click.Command)
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_command_tells_what_it_does_in_full(seqsynth, name):
    answer = seqsynth(name, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"Usage: seqsynth {name} ")
    assert len(command_of(name).help or "") > 40


@pytest.mark.parametrize("name", COMMANDS)
def test_list_of_commands_says_what_the_command_says(name):
    assert COMMANDS[name][1] == command_of(name).short_help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help_text(name):
    silent = [
        parameter.opts[0]
        for parameter in command_of(name).params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert silent == []


@pytest.mark.parametrize("name", COMMANDS)
def test_readme_names_the_command(name):
    readme = (ROOT / "README.md").read_text()
    assert re.search(rf"\bseqsynth {name}\b", readme)


def test_help_lists_every_command_with_its_line(seqsynth):
    listed = dict(re.findall(r"^  ([a-z-]+) +(\S.*)$", seqsynth("--help").out, re.MULTILINE))
    for name, (_, text) in COMMANDS.items():
        assert text.startswith(listed[name])


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from seqsynth.cli import group; group(['--help'], standalone_mode=False); "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_help_takes_less_than_three_tenths_of_a_second():
    code = "from seqsynth.cli import main; import sys; sys.argv = ['seqsynth', '--help']; main()"

    def work_s() -> float:
        # Processor time, so that other work on the machine does not count.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(work_s() for _ in range(3)) < 0.3


def test_version(seqsynth):
    assert seqsynth("--version").out == f"seqsynth, version {__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_short_and_long_help_are_one(seqsynth, flag):
    assert seqsynth(flag).out == seqsynth("--help").out


def test_unknown_command_is_named(seqsynth):
    answer = seqsynth("generat")
    assert answer.code == 2
    assert "No such command 'generat'" in answer.err


def test_generate_has_a_flag_for_every_setting():
    flags = {flag for parameter in command_of("generate").params for flag in parameter.opts}
    models = (SynthesisConfig, RunConfig)
    fields = {n: field for model in models for n, field in model.model_fields.items()}
    tables = {n: field.annotation for n, field in fields.items() if n in ("camera", *BLEND_TABLES)}
    within = [f"{table}_{n}" for table, kind in tables.items() for n in kind.model_fields]
    for name in (*(fields.keys() - tables.keys()), *within):
        assert f"--{name.replace('_', '-')}" in flags


def test_help_shows_the_papers_values(seqsynth):
    shown = " ".join(seqsynth("generate", "--help").out.split())
    for text in (
        "[default: 224]",
        "[default: 0 2]",
        "[default: 10 20]",
        "[default: 2 5]",
        "[default: 11]",
        "[default: 1.3]",
        "[default: 0.05]",
        "[default: 128MB]",
        "--sigma LOW HIGH",
        "--window SIDE|HxW",
        "--shard-size SIZE",
    ):
        assert text in shown
