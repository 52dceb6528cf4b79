"""Options of a command made from the fields of its settings."""

from typing import Annotated, Any, Literal

import click
import pytest
from pydantic import Field

from seqsynth.settings import Settings
from seqsynth.terminal import given, settings_options


class Cabinet(Settings):
    cone: float = Field(12.0, description="Inches.")
    back_open: tuple[int, int] = Field((1, 2), description="Slots.")


class Amplifier(Settings):
    volume: int = Field(3, ge=0, description="How loud.")
    tone: Literal["bass", "treble"] = Field("bass", description="Which end.")
    fade: tuple[float, float] = Field(
        (0.5, 2.0), json_schema_extra={"metavar": "IN OUT"}, description="Seconds."
    )
    valves: bool = Field(True, description="Warmth.")
    inputs: tuple[Literal["mic", "line"], ...] = Field((), description="Sockets.")
    gain: Annotated[float | None, Field(ge=0)] = Field(None, description="Or automatic.")
    room_size: int = Field(
        10,
        json_schema_extra={"metavar": "SIZE", "as_text": True, "shown_default": "a hall"},
        description="Room.",
    )
    cabinet: Cabinet = Field(Cabinet(), description="The box.")


@click.command()
@settings_options(Amplifier)
def play(**values: Any) -> dict[str, Any]:
    """Return the options that were given."""
    return given(values)


def options(*flags: str) -> dict[str, Any]:
    """Parse flags into the options that were given."""
    parsed: dict[str, Any] = play(list(flags), standalone_mode=False)
    return parsed


def test_options_not_given_are_left_out() -> None:
    assert options() == {}


@pytest.mark.parametrize(
    ("flags", "values"),
    [
        (["--volume", "7"], {"volume": 7}),
        (["--volume", "0"], {"volume": 0}),
        (["--tone", "treble"], {"tone": "treble"}),
        (["--fade", "1", "2.5"], {"fade": (1.0, 2.5)}),
        (["--valves"], {"valves": True}),
        (["--no-valves"], {"valves": False}),
        (["--inputs", "mic", "--inputs", "line"], {"inputs": ("mic", "line")}),
        (["--gain", "0.5"], {"gain": 0.5}),
        (["--room-size", "hall"], {"room_size": "hall"}),
    ],
)
def test_every_kind_of_setting_has_an_option(flags: list[str], values: dict[str, object]) -> None:
    assert options(*flags) == values


@pytest.mark.parametrize(
    "flags", [["--volume", "loud"], ["--tone", "middle"], ["--fade", "1"], ["--inputs", "tape"]]
)
def test_value_of_another_type_is_a_usage_error(flags: list[str]) -> None:
    with pytest.raises(click.UsageError):
        options(*flags)


def test_help_shows_texts_and_defaults() -> None:
    text = " ".join(play.get_help(click.Context(play)).split())
    assert "--volume INTEGER How loud. [default: 3]" in text
    assert "--tone [bass|treble] Which end. [default: bass]" in text
    assert "--fade IN OUT Seconds. [default: 0.5 2]" in text
    assert "--room-size SIZE Room. [default: a hall]" in text
    assert "Or automatic. [default" not in text


def test_settings_of_a_table_are_options_named_after_it() -> None:
    assert options("--cabinet-cone", "8", "--cabinet-back-open", "0", "3") == {
        "cabinet": {"cone": 8.0, "back_open": (0, 3)}
    }
    assert options("--cabinet-cone", "8", "--volume", "2") == {
        "volume": 2,
        "cabinet": {"cone": 8.0},
    }
