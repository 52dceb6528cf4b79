from pathlib import Path

import pytest
from click.testing import CliRunner

from trainer.cli.scoring import FORMATS, PROTOCOL_NAMES, _name_unmatched


def test_choices_of_the_command_line_are_those_of_the_library() -> None:
    from trainer.evaluation.protocols import PROTOCOLS
    from trainer.evaluation.results import RENDERERS

    assert tuple(PROTOCOLS) == PROTOCOL_NAMES
    assert tuple(RENDERERS) == FORMATS


def test_a_few_predictions_without_a_photo_are_named_and_the_rest_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from types import SimpleNamespace

    paths = [Path(f"out/{number}.png") for number in range(7)]
    _name_unmatched(SimpleNamespace(unmatched={Path("out"): paths}, left_out={}))  # type: ignore[arg-type]  # all it looks at
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "unmatched: out/0.png: no photo of this name"
    assert said[5:] == ["unmatched: and 2 more in out"]


@pytest.mark.parametrize("name", ["evaluate", "score"])
def test_both_commands_have_the_same_options(name: str) -> None:
    from trainer.cli import group

    shown = CliRunner().invoke(group, [name, "--help"]).output
    for option in ("--out", "--protocol", "--split", "--quoted", "--format", "--compare"):
        assert option in shown
