"""A few random attacks on every reader; ``make soak`` makes thousands of each."""

import random
from pathlib import Path

import pytest

from tests.soak import stage as drawn
from tests.soak.attacks import ATTACKS
from tests.soak.stage import Stage

INPUTS = 16
"""Of each reader: a minute in all on a slow machine."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Everything that is attacked, drawn once."""
    return drawn.build(tmp_path_factory.mktemp("stage"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ATTACKS)
def test_reader_answers_whatever_it_is_given(name: str, stage: Stage, tmp_path: Path) -> None:
    for number in range(INPUTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        ATTACKS[name](stage, folder, random.Random(f"{name} {number}"))
