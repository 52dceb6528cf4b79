"""Scene notes: the optional ``scene.toml`` in which the photographer says what no pixel tells."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from capture_tools.capture import Finding, SceneNotes, Severity

NOTES_FILE = "scene.toml"

CHOICES = {"place": ("indoor", "outdoor"), "light": ("normal", "low")}
"""What the notes by which scenes are stratified may say (paper 4.1)."""

KEYS = tuple(field.name for field in fields(SceneNotes))


def read_notes(folder: Path) -> tuple[SceneNotes, tuple[Finding, ...]]:
    """Read a scene's notes; what cannot be used is left out and said, never raised."""
    path = folder / NOTES_FILE
    if not path.is_file():
        return SceneNotes(), ()
    try:
        # Editors on Windows put a byte order mark first, which TOML does not know.
        entries = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return SceneNotes(), (_finding(f"cannot be read ({error.strerror})"),)
    except RecursionError:
        return SceneNotes(), (_finding("is not TOML (it nests too deep): put text in quotes"),)
    except ValueError as error:
        return SceneNotes(), (_finding(f"is not TOML ({error}): put text in quotes"),)
    faults = {key: fault for key, value in entries.items() if (fault := _fault(key, value))}
    kept = {key: value.strip() for key, value in entries.items() if key not in faults}
    return SceneNotes(**kept), tuple(_finding(fault) for fault in faults.values())


def _fault(key: str, value: Any) -> str | None:
    """Say what is wrong with one entry; None where nothing is."""
    if key not in KEYS:
        return f"has the unknown key {key!r}; known keys: {', '.join(KEYS)}"
    if not isinstance(value, str):
        return f"has {key} = {value!r}: write it as text in quotes"
    choices = CHOICES.get(key)
    if choices and value.strip() not in choices:
        return f"has {key} = {value!r}: write {' or '.join(map(repr, choices))}"
    return None


def _finding(fault: str) -> Finding:
    return Finding("scene_notes", Severity.WARN, f"{NOTES_FILE} {fault}", photo=NOTES_FILE)
