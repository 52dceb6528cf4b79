"""Every page runs: its commands and its Python, as they stand, in the order of the page.

What cannot run as it stands is in one of two tables, with the reason. A command that neither runs
nor stands in a table fails.
"""

import configparser
import contextlib
import importlib
import io
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import seqsynth.cli
import trainer.cli
from capture_tools.scenes.notes import read_notes
from seqsynth.config import load_configs
from seqsynth.errors import SeqsynthError
from seqsynth.ingest.capture_config import CaptureConfig
from seqsynth.settings import load_settings
from tests.documentation.pages import (
    PAGES,
    PROGRAMS,
    ROOT,
    Block,
    Command,
    blocks,
    commands,
    flags,
    mentions,
    split,
    stray_commands,
)
from tests.documentation.stand_ins import Stage
from trainer.recipe import load_recipe

GROUPS = {"seqsynth": seqsynth.cli.group, "trainer": trainer.cli.group}

LANGUAGES = ("sh", "python", "toml", "text")
"""What a fenced block may be; text right after commands or Python is what they print."""

SHELL = ("mkdir", "cp", "ls")
"""Programs that run as they are."""

GIVEN: dict[str, tuple[str, ...]] = {
    "README.md": ("VOCdevkit",),
    "docs/api.md": ("shards",),
    "docs/api-view.md": ("shards",),
    "docs/benchmarks.md": ("data/real20", "data/SIR2_500", "mine"),
    "docs/capture-guide.md": ("DCIM",),
    "docs/api-compare.md": ("shards/linear", "shards/real"),
    "docs/compare.md": (
        "VOCdevkit",
        "shards/synthetic",
        "shards/sir2",
        "shards/linear",
        "shards/real",
    ),
    "docs/does-the-data-help.md": ("VOCdevkit", "real_selection"),
    "docs/evaluate.md": (
        "runs/mine",
        "shards/synthetic",
        "shards/real20",
        "shards/sir2",
        "out/errnet",
        "out/ibcln",
    ),
    "docs/export.md": ("shards/synthetic",),
    "docs/how-to-generate.md": ("VOCdevkit",),
    "docs/method-bdn.md": ("shards", "holiday"),
    "docs/method-ceilnet.md": ("shards", "holiday"),
    "docs/method-corrn.md": ("shards", "holiday"),
    "docs/method-errnet.md": ("shards", "holiday"),
    "docs/method-ibcln.md": ("shards", "holiday"),
    "docs/method-rmnet.md": ("shards", "holiday"),
    "docs/method-veil.md": ("shards", "holiday"),
    "docs/method-zhang.md": ("shards", "holiday"),
    "docs/methods.md": ("shards/synthetic", "shards/linear", "shards/sir2"),
    "docs/metrics.md": ("shards",),
    "docs/own-blend.md": ("photos",),
    "docs/own-method.md": ("shards", "holiday"),
    "docs/own-photos.md": ("photos",),
    "docs/api-pictures.md": ("photos",),
    "docs/realism.md": ("VOCdevkit", "real_selection", "scenes"),
    "docs/remote.md": ("sets/voc",),
    "docs/reshape.md": ("shards/synthetic", "shards/real20", "shards/sir2"),
    "docs/restore.md": ("holiday", "runs/mine"),
    "docs/scale.md": ("shards",),
    "docs/score-your-method.md": ("data/real20", "data/SIR2_500", "out/mine", "out/errnet"),
    "docs/shard-format.md": ("shards", "linear", "zhang"),
    "docs/train-your-code.md": ("VOCdevkit", "real20"),
    "docs/training-on-cpu.md": ("VOCdevkit",),
    "docs/training.md": ("shards",),
    "docs/view.md": ("DCIM", "shards/synthetic", "shards/real20"),
}
"""What a page takes for granted, by the names of `stand_ins.STAND_INS`."""

BEFORE = {
    "docs/own-method.md": """
        import sys
        from pathlib import Path
        from tests.documentation.pages import blocks
        page = Path("my_method.py").write_text(blocks("docs/own-method.md", "python")[0].text)
        sys.path.insert(0, str(Path.cwd()))
    """,
    "docs/metrics.md": """
        from seqsynth.shards import open_shards
        from trainer.baselines import NO_COLOURS, fit_colour_map, measure_colours
        sequences = open_shards("shards")[:2]
        prediction, truth = sequences[0].blended[1], sequences[0].transmission[1]
        pairs = [(s.blended[1], s.transmission[1]) for s in sequences]
    """,
    "docs/shard-format.md": """
        import h5py, numpy as np
        f, i, v = h5py.File("shards/train-00000.h5"), 0, 1
    """,
}
"""What a page says in words of the names that its Python uses."""


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


def leave(command: Command) -> None:
    """Check nothing."""


def check_target(command: Command) -> None:
    """Check that make knows the targets asked for, and the variables set."""
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in command.words[1:]:
        name, is_variable, _ = word.partition("=")
        wanted = rf"\$\({name}\b" if is_variable else rf"^{name}:"
        assert re.search(wanted, rules, re.MULTILINE), f"{command.place}: no {word}"


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


def check_dask(command: Command) -> None:
    """Check what starts a scheduler or a worker."""
    program = importlib.import_module(f"distributed.cli.dask_{command.words[1]}").main
    program.make_context(program.name, list(command.words[2:]))


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
    path = ROOT / (name.replace(".", "/") if by_module else name)
    files = sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    assert files, name
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    for word in command.words[3 if by_module else 2 :]:
        if word.startswith("--"):
            assert f'"{word}"' in code, f"{name} has no {word}"


ADDITIONS = (
    Addition(
        r"^seqsynth (generate|(check|ingest)-captures|export|merge|split|subset)\b"
        r"(?!.*--(backend|dry-run|jobs))",
        "--jobs 1",
        "starting workers takes longer than the work",
    ),
    Addition(r"^seqsynth generate .*--sequences \d{3}", "--sequences 12", "minutes of work"),
    Addition(r"^seqsynth compare ", "--samples 2 --rounds 1", "minutes of work"),
    Addition(r"^seqsynth compare .*--fit", "--trials 48", "minutes of work"),
    Addition(r"^trainer fit (?!.*--dry-run)", "--max-steps 1", "minutes to days of work"),
    Addition(
        r"^trainer fit (?!.*--(dry-run|preset))",
        "--perceptual none --set net.width=0.03125 --set teacher.batch=2 --set teacher.crop=64",
        "the paper's networks want a GPU, the perceptual loss wants VGG-19 from the network",
    ),
    Addition(r"^trainer (table|compare-data) ", "--set max_steps=1", "minutes of work"),
    Addition(
        r"^trainer ablate ",
        "--rows kt --set max_steps=1 --set perceptual=none --set net.width=0.03125",
        "eight trainings of days",
    ),
)
"""What is appended to which command."""

SUBSTITUTES = (
    Substitute(r"^seqsynth generate .*--scale 0.5 --window 160", check_options, "larger photos"),
    Substitute(r"^trainer fit (fitted/ usual/|linear/ fitted/) ", check_options, "larger sets"),
    Substitute(r"^seqsynth compare .*--fit .*--by subset", check_options, "twenty pairs or more"),
    Substitute(r"^seqsynth generate --config fitted.toml .*200", check_options, "what that finds"),
    Substitute(r"^(python3 -m venv|\. )", leave, "tests install nothing"),
    Substitute(r"^make ", check_target, "installs, or runs these very tests"),
    Substitute(r"^pip install ", check_extras, "tests install nothing"),
    Substitute(r"^dask (scheduler|worker) ", check_dask, "a server that stays"),
    Substitute(r"^seqsynth view (?!.*--export)", check_options, "a server that stays"),
    Substitute(r"^ssh ", leave, "another machine"),
    Substitute(r"^ray start ", leave, "a server that stays, of a package the tests do without"),
    Substitute(r"^seqsynth generate .*--scheduler", check_options, "wants the server before it"),
    Substitute(r"^torchrun ", check_torchrun, "four processes; tests/trainer runs two"),
    Substitute(r"^trainer import-weights ", check_options, "wants a file that its authors publish"),
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


def run_command(command: Command) -> str:
    """Run a command in the folder the process is in, or check its substitute; return its output."""
    place = f"{command.place}: {command.text}"
    substitute = substitute_for(command)
    if substitute is not None:
        substitute.check(command)
        return ""
    if command.program in GROUPS:
        return run_ours(command, place)
    if command.program == "python" and command.words[1].startswith("examples/"):
        return run_example(command.words[1:])
    assert command.program in SHELL, f"{place} neither runs nor is in a table"
    done = subprocess.run(["sh", "-c", command.text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{place}: {done.stderr}"
    return done.stdout


def run_example(words: Sequence[str]) -> str:
    """Run a program of examples/ within this process."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setattr(sys, "argv", list(words))
        runpy.run_path(str(ROOT / words[0]), run_name="__main__")
    return out.getvalue()


def run_ours(command: Command, place: str) -> str:
    """Run a command of this project within this process."""
    words = [found for word in command.words[1:] for found in expand(word)]
    arguments = [*words, *additions_to(command)]
    result = CliRunner().invoke(GROUPS[command.program], arguments, standalone_mode=False)
    if isinstance(result.exception, Exception):
        raise AssertionError(place) from result.exception
    assert not result.return_value, f"{place}\n{result.output}"
    return result.stdout


def expand(word: str) -> list[str]:
    """Return the files that a pattern names, as the shell does, or the word itself."""
    found = sorted(map(str, Path().glob(word))) if "*" in word else []
    return found or [word]


def run_python(block: Block, names: dict[str, object]) -> str:
    """Run a block with the names that earlier ones left; return what it prints."""
    # Blank lines give a fault the line number that it has on the page.
    code = compile("\n" * block.line + block.text, block.page, "exec")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, names)
    return out.getvalue()


def assert_printed(shown: Block, printed: str) -> None:
    """Check that every line shown was printed, in this order; "..." stands for any lines."""
    lines = iter(printed.splitlines())
    for wanted in shown.text.splitlines():
        place = f"{shown.page}:{shown.line}: not printed: {wanted}\n{printed}"
        assert wanted == "..." or any(line.rstrip() == wanted for line in lines), place


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "sh", "python")])
def test_page_runs_in_its_order(
    page: str, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in GIVEN.get(page, ()):
        stage.lay(name, tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    exec("\n".join(line.strip() for line in BEFORE.get(page, "").splitlines()), names)
    printed = ""
    for block in blocks(page):
        if block.language == "sh":
            printed = "".join([run_command(command) for command in split(block)])
        elif block.language == "python":
            printed = run_python(block, names)
        elif block.is_output:
            assert_printed(block, printed)


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


@pytest.mark.parametrize("table", [GIVEN, BEFORE], ids=["given", "before"])
def test_only_pages_that_run_are_prepared(table: dict[str, object]) -> None:
    assert [page for page in table if page not in PAGES or not blocks(page, "sh", "python")] == []


@pytest.mark.parametrize(
    "block",
    [block for page in PAGES for block in blocks(page, "toml")],
    ids=lambda block: f"{block.page}:{block.line}",
)
def test_toml_is_taken_by_what_reads_it(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "scene.toml"
    path.write_text(block.text, encoding="utf-8")
    readers = (
        lambda: load_configs(path, {}),
        lambda: load_settings(CaptureConfig, path),
        lambda: load_recipe("paper", path),
        lambda: check_notes(tmp_path),
    )
    assert any(takes(reader) for reader in readers)


def check_notes(folder: Path) -> None:
    """Read a scene.toml; raise where it has a finding."""
    _, findings = read_notes(folder)
    if findings:
        raise SeqsynthError(str(findings))


def takes(reader: Callable[[], object]) -> bool:
    try:
        reader()
    except SeqsynthError:
        return False
    return True
