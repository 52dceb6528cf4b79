"""Files that speak for the project elsewhere agree with setup.cfg, the Makefile and the pins."""

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import seqsynth
from seqsynth.description.works import BLEND_WORKS, PAPER, VOC, Work
from tests.conftest import LONGEST

ROOT = Path(__file__).parents[1]
CITED = [PAPER, VOC, BLEND_WORKS["ceilnet"]]

CFF_NAMES = {"booktitle": "collection-title", "journal": "journal", "number": "issue"}
"""BibTeX's names for what CITATION.cff calls otherwise; the rest is called alike."""


def read_text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def read_yaml(path: str) -> Any:
    return yaml.safe_load(read_text(path))


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(read_text("setup.cfg"))
    return parser


@pytest.fixture(scope="module")
def pythons(setup: configparser.ConfigParser) -> list[str]:
    """The Pythons that setup.cfg's classifiers name, the oldest first."""
    classifiers = setup["metadata"]["classifiers"]
    return re.findall(r"^Programming Language :: Python :: (3\.\d+)$", classifiers, re.MULTILINE)


def recipes() -> dict[str, str]:
    """Return what the Makefile does for each target: its line of needs, then its commands."""
    rules = re.findall(r"^(\w+):(?!=)([^\n]*(?:\n\t[^\n]*)*)", read_text("Makefile"), re.MULTILINE)
    return dict(rules)


def commands_of(target: str) -> list[str]:
    return re.findall(r"^\t(?:\$\(BIN\)/)?(.+)$", recipes()[target], re.MULTILINE)


def steps() -> list[dict[str, Any]]:
    return list(read_yaml(".github/workflows/test.yml")["jobs"]["test"]["steps"])


def hooks() -> Iterator[dict[str, Any]]:
    for repository in read_yaml(".pre-commit-config.yaml")["repos"]:
        yield from repository["hooks"]


def bibtex_fields(work: Work) -> dict[str, str]:
    """Return the fields of a BibTeX entry, runs of blanks and the braces that keep case gone."""
    fields = re.findall(r"^  (\w+)\s*= \{(.+?)\},?$", work.bibtex, re.MULTILINE | re.DOTALL)
    return {key: re.sub(r"\s+", " ", re.sub(r"[{}]", "", value)) for key, value in fields}


def as_bibtex(reference: dict[str, Any]) -> dict[str, str]:
    """Return a reference of CITATION.cff in BibTeX's fields."""
    names = {there: here for here, there in CFF_NAMES.items()}
    people = [f"{a['family-names']}, {a['given-names']}" for a in reference["authors"]]
    fields = {
        names.get(key, key): str(value)
        for key, value in reference.items()
        if key not in ("type", "authors", "start", "end")
    }
    if "start" in reference:
        fields["pages"] = f"{reference['start']}--{reference['end']}"
    return {**fields, "author": " and ".join(people)}


def test_classifiers_begin_with_the_oldest_python_that_installs(
    setup: configparser.ConfigParser, pythons: list[str]
) -> None:
    assert setup["options"]["python_requires"] == f">={pythons[0]}"


def test_classified_pythons_follow_one_another(pythons: list[str]) -> None:
    minors = [int(version.split(".")[1]) for version in pythons]
    assert minors == list(range(minors[0], minors[0] + len(minors)))


def test_ruff_and_mypy_read_the_code_as_the_oldest_python(
    setup: configparser.ConfigParser, pythons: list[str]
) -> None:
    ruff = tomllib.loads(read_text("pyproject.toml"))["tool"]["ruff"]
    assert ruff["target-version"] == "py" + pythons[0].replace(".", "")
    assert setup["mypy"]["python_version"] == pythons[0]


def test_workflow_tests_every_classified_python(pythons: list[str]) -> None:
    job = read_yaml(".github/workflows/test.yml")["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == pythons
    (setting_up,) = (step for step in steps() if "setup-python" in step.get("uses", ""))
    assert setting_up["with"]["python-version"] == "${{ matrix.python }}"


def test_workflow_runs_make_test_and_nothing_else() -> None:
    assert [step["run"] for step in steps() if "run" in step] == ["make test"]
    assert "test" in recipes()


def test_files_that_begin_first_are_there() -> None:
    assert [path for path in LONGEST if not (ROOT / "tests" / path).is_file()] == []


def test_workflow_may_read_and_no_more() -> None:
    assert read_yaml(".github/workflows/test.yml")["permissions"] == {"contents": "read"}


def test_workflow_caches_by_the_pins_that_are_installed() -> None:
    (setting_up,) = (step for step in steps() if "setup-python" in step.get("uses", ""))
    pins = setting_up["with"]["cache-dependency-path"]
    assert f"install --quiet --disable-pip-version-check -r {pins}\n" in read_text("Makefile")


def test_commit_hook_is_make_lint() -> None:
    (hook,) = hooks()
    assert hook["entry"] == "make lint"
    assert hook["language"] == "system"
    assert hook["pass_filenames"] is False


@pytest.mark.parametrize(
    "path", ["trainer/fit.py", "setup.cfg", "pyproject.toml", "requirements/ci.txt", "Makefile"]
)
def test_commit_hook_runs_for_whatever_changes_what_lint_says(path: str) -> None:
    (hook,) = hooks()
    assert re.search(hook["files"], path)
    assert not re.search(hook["files"], "docs/tutorial.md")


def test_lint_checks_rules_and_format_and_changes_nothing() -> None:
    assert commands_of("lint") == ["ruff check .", "ruff format --check ."]


def test_ruff_of_make_lint_has_one_exact_version() -> None:
    pins = re.findall(r"^ruff(.*)$", read_text("requirements/ci.txt"), re.MULTILINE)
    assert len(pins) == 1
    assert re.fullmatch(r"==\d+\.\d+\.\d+", pins[0])


def test_citation_names_this_version_of_this_project(setup: configparser.ConfigParser) -> None:
    citation = read_yaml("CITATION.cff")
    metadata = setup["metadata"]
    assert citation["title"] == metadata["name"]
    assert citation["version"] == seqsynth.__version__
    assert citation["license"] == metadata["license"]
    assert metadata["description"].endswith(citation["abstract"])


def test_citation_names_the_authors_of_the_licence() -> None:
    (author,) = read_yaml("CITATION.cff")["authors"]
    assert author["name"] in read_text("LICENSE")


def test_citation_refers_to_the_works_that_data_cards_cite() -> None:
    references = [as_bibtex(each) for each in read_yaml("CITATION.cff")["references"]]
    assert references == [bibtex_fields(work) for work in CITED]


def test_security_page_promises_that_data_does_not_run() -> None:
    page = " ".join(read_text("SECURITY.md").split())
    assert (
        "Shards, indexes and checkpoints from strangers are data, and nothing of them runs" in page
    )


def test_what_reads_files_of_tensors_runs_nothing_of_them() -> None:
    """What SECURITY.md says of ``torch.load`` holds of every call."""
    calls = [
        call
        for package in ("seqsynth", "capture_tools", "trainer")
        for path in (ROOT / package).rglob("*.py")
        for call in re.findall(r"torch\.load\([^)]*\)", path.read_text(encoding="utf-8"))
    ]
    assert calls
    assert [call for call in calls if "weights_only=True" not in call] == []


def test_reports_are_made_in_private_and_to_no_invented_address() -> None:
    page = read_text("SECURITY.md")
    assert "private vulnerability reporting" in page
    assert re.findall(r"\S+@\S+|mailto:", page) == []


def test_readme_leads_to_citation_and_security() -> None:
    assert {"(CITATION.cff)", "(SECURITY.md)"} <= set(
        re.findall(r"\([\w.]+\)", read_text("README.md"))
    )


def mirrored_share(root: Path) -> tuple[float, list[str]]:
    """Return the share of modules whose test lies at the mirrored path, and the others.

    The test of ``package/part/module.py`` lies at ``tests/package/part/test_module.py``.
    """
    modules = [
        path.relative_to(root)
        for package in ("seqsynth", "capture_tools", "trainer")
        for path in sorted((root / package).rglob("*.py"))
        if path.stem not in ("__init__", "__main__")
    ]
    without = [
        path.as_posix()
        for path in modules
        if not (root / "tests" / path.with_name(f"test_{path.name}")).is_file()
    ]
    return 1 - len(without) / len(modules), without


def test_four_modules_of_five_have_their_test_at_the_mirrored_path() -> None:
    share, without = mirrored_share(ROOT)
    assert share >= 0.8, f"{share:.1%}; without: {', '.join(without)}"


def test_a_test_elsewhere_is_no_mirror(tmp_path: Path) -> None:
    for file in (
        "seqsynth/__init__.py",
        "seqsynth/cli/merge.py",
        "trainer/fit.py",
        "tests/seqsynth/cli/test_merge.py",
        "tests/trainer/cli/test_fit.py",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert mirrored_share(tmp_path) == (0.5, ["trainer/fit.py"])


def test_the_steps_of_the_four_flows_are_names_of_the_code() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("### Four flows")[2].partition("###")[0]
    names = set(re.findall(r"`([A-Za-z_]+)`", table))
    code = "".join(
        path.read_text(encoding="utf-8")
        for package in ("seqsynth", "capture_tools", "trainer")
        for path in (ROOT / package).rglob("*.py")
    )
    defined = set(re.findall(r"^(?:def |class )?(\w+)(?:\(|\[|:| =)", code, re.MULTILINE))
    modules = {"capture_tools", "shards", "losses"}
    assert len(names) > 20
    assert names - modules <= defined


def untyped(source: str) -> list[str]:
    """Return the functions, tests left out, of which a parameter or the result has no type."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            taken = [part for part in ast.iter_child_nodes(node.args) if isinstance(part, ast.arg)]
            bare = [a.arg for a in taken if a.annotation is None and a.arg not in ("self", "cls")]
            if not node.name.startswith("test_") and (bare or node.returns is None):
                found.append(node.name)
    return found


@pytest.mark.parametrize(
    "helper",
    [
        "def draw(seed) -> int: ...",
        "def draw(seed: int): ...",
        "def draw(*seeds) -> int: ...",
        "def draw(*, seed=0) -> int: ...",
        "async def draw(**seeds) -> int: ...",
        "class Lot:\n    def draw(self, seed, /) -> int: ...",
        "def test_lot(lot):\n    def draw(): ...",
    ],
)
def test_helper_without_a_type_is_seen(helper: str) -> None:
    assert untyped(helper) == ["draw"]


@pytest.mark.parametrize(
    "helper",
    [
        "def test_lot(lot): ...",
        "class Lot:\n    def draw(self, *seeds: int) -> int: ...",
        "def draw(rule: Rule = lambda seed: seed) -> int: ...",
    ],
)
def test_tests_and_typed_helpers_pass(helper: str) -> None:
    assert untyped(helper) == []


def test_every_helper_of_the_tests_says_what_it_takes_and_returns() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): untyped(path.read_text(encoding="utf-8"))
        for path in (ROOT / "tests").rglob("*.py")
    }
    assert len(found) > 100
    assert {path: names for path, names in found.items() if names} == {}
