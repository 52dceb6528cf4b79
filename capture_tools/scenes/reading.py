"""Scenes: folders of photos whose file names tell their roles, each read on its own.

What is wrong with a scene stands in its findings; no scene can stop the others.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture_tools.capture import Capture, CaptureError, CaptureGroup, Finding, Severity
from capture_tools.photos.photo import DecodedPhoto, is_photo_name, read_capture, read_photo
from capture_tools.scenes.notes import NOTES_FILE, read_notes
from capture_tools.scenes.roles import Roles, plain_name
from seqsynth.files import real_path, storable
from seqsynth.pictures.folders import is_litter, lies_in
from seqsynth.pictures.formats import RAW_SUFFIXES, name_suits

ROLL_PHOTOS = 50
"""A folder with so many photos is no scene but a camera roll; naming them all helps nobody."""

NAMES_SHOWN = 5


@dataclass(frozen=True)
class SceneFolder:
    """A folder that is one scene: its name is its path below the root, with slashes."""

    name: str
    path: Path


@dataclass(frozen=True)
class ScenePhotos:
    """The photos of a complete scene, views in shooting order."""

    views: tuple[DecodedPhoto, ...]
    transmission: DecodedPhoto

    @property
    def sha256(self) -> tuple[str, ...]:
        """Sums of the files: the views, then the transmission photo."""
        return (*(view.sha256 for view in self.views), self.transmission.sha256)

    @property
    def of_one_size(self) -> bool:
        """Whether all photos have the same height and width, as measuring them needs."""
        return len({photo.pixels.shape for photo in (*self.views, self.transmission)}) == 1


@dataclass(frozen=True)
class _Cast:
    """The files of a folder by what they are: one list of paths for each role."""

    roles: tuple[list[Path], ...]
    unused: tuple[Path, ...]
    others: tuple[Path, ...]


def find_scenes(root: Path, *, outside: Iterable[Path] = ()) -> list[SceneFolder]:
    """Find the scene folders below ``root``, sorted by name; nothing in them is read.

    A scene is a folder that holds a photo or a ``scene.toml``, and any folder without folders in
    it, so that one of which nothing could be used is not overlooked. Links to folders count as
    scenes, to be refused by `read_scene`. Hidden folders are passed over, and the
    folders ``outside``, such as the one that results go to.

    Raises
    ------
    CaptureError
        ``root`` is no folder.
    """
    if not root.is_dir():
        raise CaptureError(f"{root} is no folder: name the folder that holds the scene folders")
    found = []
    for place, folders, files in os.walk(root):
        path = Path(place)
        folders[:] = [
            name for name in folders if not is_litter(name) and not lies_in(path / name, outside)
        ]
        if _holds_scene(files) or not (folders or path == root):
            found.append(path)
        found += [path / name for name in folders if (path / name).is_symlink()]
    return sorted((_scene_folder(path, root) for path in found), key=lambda scene: scene.name)


def read_scene(folder: SceneFolder, roles: Roles) -> CaptureGroup:
    """Read the headers of one scene's photos; whatever is wrong becomes a finding."""
    if not _is_text(folder.name):
        odd = _reject("name", "the folder's name is not UTF-8: rename it")
        return _group(folder, roles, [], (odd,))
    if folder.path.is_symlink():
        link = _reject(
            "link_outside", "the folder is a link: put the folder itself among the scenes"
        )
        return _group(folder, roles, [], (link,))
    try:
        paths = sorted(folder.path.iterdir(), key=lambda path: plain_name(path.name))
    except OSError as error:
        unreadable = _reject("unreadable", f"the folder cannot be read ({error.strerror})")
        return _group(folder, roles, [], (unreadable,))
    photos = [path for path in paths if is_photo_name(path)]
    if len(photos) > ROLL_PHOTOS:
        return _group(folder, roles, [], (_roll_finding(photos, roles),))
    cast = _assign_roles(paths, photos, roles)
    findings = [*_missing_findings(cast, roles), *_unused_findings(cast, roles)]
    captures = []
    for role, candidates in enumerate(cast.roles):
        capture, faults = _read_role(candidates, roles.names[role], folder.path)
        captures.append(capture)
        findings += faults
    return _group(folder, roles, captures, findings)


def read_scene_photos(group: CaptureGroup) -> tuple[ScenePhotos | None, tuple[Finding, ...]]:
    """Decode a scene's photos.

    Returns
    -------
    The photos, None unless all wanted ones are there and whole; and a finding for each that is
    truncated or corrupt.
    """
    photos, findings = [], []
    for capture in group.photos():
        try:
            photos.append(read_photo(capture.path))
        except CaptureError as error:
            torn = Finding("unreadable", Severity.REJECT, str(error), photo=capture.name)
            findings.append(torn)
    if findings or not group.complete:
        return None, tuple(findings)
    return ScenePhotos(tuple(photos[:-1]), photos[-1]), ()


def _group(
    folder: SceneFolder,
    roles: Roles,
    captures: Sequence[Capture | None],
    findings: Sequence[Finding],
) -> CaptureGroup:
    notes, notes_findings = read_notes(folder.path)
    views = tuple(capture for capture in captures[:-1] if capture is not None)
    return CaptureGroup(
        name=folder.name,
        folder=folder.path,
        views=views,
        transmission=captures[-1] if captures else None,
        wanted_views=len(roles.views),
        notes=notes,
        findings=(*findings, *notes_findings),
    )


def _assign_roles(paths: Sequence[Path], photos: Sequence[Path], roles: Roles) -> _Cast:
    by_role = defaultdict(list)
    for path in photos:
        by_role[roles.match(path.stem)].append(path)
    others = [
        path
        for path in paths
        if path not in photos and path.name != NOTES_FILE and not is_litter(path.name)
    ]
    return _Cast(
        roles=tuple(by_role[role] for role in range(roles.count)),
        unused=tuple(by_role[None]),
        others=tuple(others),
    )


def _read_role(
    candidates: Sequence[Path], role: str, folder: Path
) -> tuple[Capture | None, list[Finding]]:
    """Read the one photo of a role, and say so where it is not one."""
    developed = [path for path in candidates if path.suffix.lower() not in RAW_SUFFIXES]
    findings = []
    if len(candidates) == 2 and len(developed) == 1:
        raw = next(path for path in candidates if path not in developed)
        message = f"{raw.name} is not used: {developed[0].name} stands beside it for {role!r}"
        findings.append(Finding("unused_photo", Severity.NOTE, message, photo=raw.name))
        candidates = developed
    if len(candidates) > 1:
        message = (
            f"{len(candidates)} photos for the role {role!r} ({_listed(candidates)}): "
            "one folder holds one scene; move the other scene to a folder of its own"
        )
        return None, [*findings, _reject("two_scenes", message, value=len(candidates), limit=1)]
    if not candidates:
        return None, findings
    capture, faults = _read_photo_file(candidates[0], folder)
    return capture, [*findings, *faults]


def _is_text(name: str) -> bool:
    return storable(name) == name


def _read_photo_file(path: Path, folder: Path) -> tuple[Capture | None, list[Finding]]:
    if not _is_text(path.name):
        message = f"the name of {path.name} is not UTF-8: rename it"
        return None, [_reject("name", message, photo=path.name)]
    if path.is_symlink() and not real_path(path).is_relative_to(real_path(folder)):
        message = f"{path.name} is a link out of the folder: put the photo itself (or a hard link)"
        return None, [_reject("link_outside", message, photo=path.name)]
    try:
        capture = read_capture(path)
    except CaptureError as error:
        return None, [_reject("unreadable", str(error), photo=path.name)]
    if name_suits(path, capture.photo_format):
        return capture, []
    message = f"{path.name} is really a {capture.photo_format} file: read as such; mend its name"
    return capture, [Finding("wrong_name", Severity.NOTE, message, photo=path.name)]


def _missing_findings(cast: _Cast, roles: Roles) -> list[Finding]:
    """Say which roles have no photo, and which files might have been meant."""
    missing = [name for name, paths in zip(roles.names, cast.roles, strict=True) if not paths]
    if not missing:
        return []
    found = roles.count - len(missing)
    hints = ""
    if cast.unused:
        hints = f"; photos without a role: {_listed(cast.unused)} (rename them, or name the roles)"
    meant = [path for path in cast.others if roles.match(path.stem) is not None]
    if meant:
        hints += f"; no photos by their names: {_listed(meant)}"
    message = (
        f"{found} of {roles.count} photos found, missing: {', '.join(missing)}{hints}"
        if found or hints
        else f"no photos at all: a scene needs {', '.join(roles.names)}"
    )
    return [_reject("missing_photo", message, value=found, limit=roles.count)]


def _unused_findings(cast: _Cast, roles: Roles) -> list[Finding]:
    """Say which photos are left over where every role has its photo."""
    if not cast.unused or not all(cast.roles):
        return []
    message = (
        f"{len(cast.unused)} photos have no role and are not used ({_listed(cast.unused)}); "
        f"with {len(roles.views)} views the roles are {', '.join(roles.names)}"
    )
    return [Finding("unused_photo", Severity.NOTE, message, value=len(cast.unused), limit=0)]


def _roll_finding(photos: Sequence[Path], roles: Roles) -> Finding:
    message = (
        f"{len(photos)} photos in one folder: a scene has {roles.count}; "
        "make scene folders of this camera roll first (group-captures)"
    )
    return _reject("camera_roll", message, value=len(photos), limit=roles.count)


def _reject(
    code: str,
    message: str,
    *,
    value: float | None = None,
    limit: float | None = None,
    photo: str | None = None,
) -> Finding:
    return Finding(code, Severity.REJECT, message, value, limit, photo)


def _listed(paths: Sequence[Path]) -> str:
    """Name the first few files, and how many more there are."""
    shown = ", ".join(path.name for path in paths[:NAMES_SHOWN])
    more = len(paths) - NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _holds_scene(files: Sequence[str]) -> bool:
    return NOTES_FILE in files or any(is_photo_name(Path(name)) for name in files)


def _scene_folder(path: Path, root: Path) -> SceneFolder:
    name = path.relative_to(root).as_posix()
    return SceneFolder(real_path(root).name if name == "." else name, path)
