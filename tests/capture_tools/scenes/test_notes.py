"""What a photographer notes of a scene is read, and what cannot be is said."""

from pathlib import Path

import pytest

from capture_tools.capture import SceneNotes, Severity
from tests.capture_tools.scenes.reading import only, read


def test_notes_are_read(scene: Path) -> None:
    text = 'place = "indoor"\nlight = "low"\ncamera = "Pixel 2"\nnotes = "ä"\nlicence = "CC0"'
    (scene / "scene.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())

    assert read(scene).notes == SceneNotes("indoor", "low", "Pixel 2", "ä", "CC0")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('location = "hall"', "unknown key 'location'"),
        ('place = "garden"', "write 'indoor' or 'outdoor'"),
        ("place = 5", "write it as text in quotes"),
        ("place = indoor", "is not TOML"),
    ],
)
def test_faulty_notes_are_said_and_the_scene_goes_on(scene: Path, text: str, fault: str) -> None:
    (scene / "scene.toml").write_text(text)

    group = read(scene)

    assert group.complete
    assert only(group).severity is Severity.WARN
    assert fault in only(group).message


def test_one_faulty_note_keeps_the_others(scene: Path) -> None:
    (scene / "scene.toml").write_text('place = "garden"\nlight = "low"')

    assert read(scene).notes == SceneNotes(light="low")
