"""What commands say, and keep to themselves with -q."""

from collections.abc import Callable

from seqsynth.terminal import is_quiet, say

Play = Callable[..., tuple[int, str, str]]


def test_say_prints_unless_quiet(play: Play) -> None:
    assert play(lambda: say("la"))[1] == "la\n"
    assert play(lambda: say("la"), "-q")[1] == ""


def test_quiet_is_known_everywhere(play: Play) -> None:
    seen = []
    play(lambda: seen.append(is_quiet()), "-q")
    play(lambda: seen.append(is_quiet()))
    assert seen == [True, False]


def test_nobody_is_quiet_outside_a_command() -> None:
    assert not is_quiet()
