"""The guide tells every code and every limit, with the defaults that hold."""

import ast
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

import capture_tools
from capture_tools.checks.limits import CheckLimits

PACKAGE = Path(capture_tools.__file__).parent
GUIDE = PACKAGE.parent / "docs" / "capture-guide.md"
MAKERS = {"Finding", "cannot_tell", "_reject", "_drift", "_outside", "_judge", "_doubted"}


@pytest.fixture(scope="module")
def guide() -> str:
    return GUIDE.read_text(encoding="utf-8")


def emitted_codes() -> set[str]:
    """Every code that a finding is made with, by the checks and by a person's decisions."""
    codes = set()
    for path in (*PACKAGE.rglob("*.py"), PACKAGE.parent / "seqsynth/ingest/captures.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in MAKERS and isinstance(first, ast.Constant):
                    codes.add(first.value)
            elif isinstance(node, ast.Assign) and "code" in ast.unparse(node.targets[0]):
                constants = (
                    each for each in ast.walk(node.value) if isinstance(each, ast.Constant)
                )
                codes |= {each.value for each in constants if isinstance(each.value, str)}
    return codes


def test_guide_names_every_code_and_no_other(guide: str) -> None:
    table = guide.split("| code | severity |")[1].split("\n\n", maxsplit=1)[0]
    told = {
        code for row in table.splitlines()[2:] for code in re.findall(r"`(\w+)`", row.split("|")[1])
    }

    assert told == emitted_codes()


def test_guide_names_every_limit_with_its_default(guide: str) -> None:
    table = guide.split("## The limits")[1]
    told = dict(re.findall(r"`(\w+)` \| ([\w.]+)", table))

    limits = CheckLimits()
    assert {key: json.loads(value) for key, value in told.items()} == {
        field.name: getattr(limits, field.name) for field in fields(CheckLimits)
    }


def test_drawings_of_the_guide_are_there(guide: str) -> None:
    drawings = re.findall(r"\]\((images/[\w-]+\.svg)\)", guide)

    assert len(drawings) == 4
    assert all((GUIDE.parent / drawing).is_file() for drawing in drawings)
