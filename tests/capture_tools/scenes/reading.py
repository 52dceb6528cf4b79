"""Short ways to read a scene and to look at what came of it."""

from pathlib import Path

from capture_tools.capture import CaptureGroup, Finding
from capture_tools.scenes.reading import SceneFolder, read_scene
from capture_tools.scenes.roles import Roles, default_roles

NAMES = ("before", "centre", "after", "transmission")


def read(folder: Path, roles: Roles | None = None) -> CaptureGroup:
    return read_scene(SceneFolder(folder.name, folder), roles or default_roles())


def only(group: CaptureGroup) -> Finding:
    (finding,) = group.findings
    return finding


def stems(group: CaptureGroup) -> list[str]:
    return [photo.path.stem for photo in group.photos()]
