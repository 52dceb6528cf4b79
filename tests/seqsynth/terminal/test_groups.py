"""Programs whose commands are imported when they are used."""

import sys

import pytest

from seqsynth.terminal import command_line, run


def test_commands_are_imported_only_when_used(capsys: pytest.CaptureFixture[str]) -> None:
    group = command_line("band", "Play.", {"play": ("no.such.module", "Play a tune.")})
    group(["--help"], standalone_mode=False)
    assert "play  Play a tune." in capsys.readouterr().out
    with pytest.raises(ModuleNotFoundError):
        group(["play"], standalone_mode=False)


def test_program_has_its_own_name_however_it_is_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = command_line("band", "Play.", {"play": ("stage", "Play a tune.")})
    monkeypatch.setattr(sys, "argv", ["/usr/lib/python/__main__.py", "--help"])
    with pytest.raises(SystemExit):
        run(group)
    assert capsys.readouterr().out.startswith("Usage: band [OPTIONS]")
