"""Short ways to read a scene and to look at what came of it."""

from capture_tools.scenes.reading import SceneFolder, read_scene
from capture_tools.scenes.roles import default_roles

NAMES = ("before", "centre", "after", "transmission")


def read(folder, roles=None):
    return read_scene(SceneFolder(folder.name, folder), roles or default_roles())


def only(group):
    (finding,) = group.findings
    return finding


def stems(group):
    return [photo.path.stem for photo in group.photos()]
