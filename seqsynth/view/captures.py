"""Judged captures: findings beside the pictures, and what a person decides about them."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqsynth.errors import ConfigError, SourceError
from seqsynth.files import parse_json, real_path
from seqsynth.ingest.decisions import DECISIONS, read_decisions, write_decisions
from seqsynth.pictures import read_photo
from seqsynth.shards.folder import FINDINGS_NAME
from seqsynth.view.pictures import PictureCache, small_picture
from seqsynth.view.sets import ShownSet

PHOTO_PX = 480
_ORDER = {"reject": 0, "warn": 1, "note": 2}


@dataclass(frozen=True)
class ShownScene:
    """A judged scene.

    Attributes
    ----------
    document : of findings.json
    photos : files that are there, in the order of the document's photos; None where one is not
    stored : number of its sequence in ``shards``, None where it was not stored
    shards : the set it was stored in
    """

    document: Mapping[str, Any]
    photos: tuple[Path | None, ...]
    stored: int | None
    shards: ShownSet | None

    @property
    def name(self) -> str:
        """The scene's name."""
        return str(self.document.get("scene", ""))


class Captures:
    """Every judged scene, the rejected first, and the decisions about them.

    Parameters
    ----------
    scenes : in the order they are shown
    decisions : file that decisions are written to, and were read from if it is there
    pictures : where encoded pictures are kept
    """

    def __init__(
        self, scenes: tuple[ShownScene, ...], decisions: Path, pictures: PictureCache
    ) -> None:
        self.scenes = scenes
        self._file = decisions
        self._pictures = pictures
        self._lock = threading.Lock()
        self._decided = dict(read_decisions(decisions)) if decisions.exists() else {}

    def document(self) -> dict[str, Any]:
        """Return all scenes with their findings, photos and decisions."""
        return {
            "decisions": str(self._file),
            "command": f"seqsynth ingest-captures SCENES --decisions {self._file} --out SHARDS",
            "scenes": [self._scene(number) for number in range(len(self.scenes))],
        }

    def decide(self, number: int, verdict: str) -> dict[str, Any]:
        """Accept or reject a scene by hand, or take that back by "", and write the decisions.

        Raises
        ------
        ConfigError
            There is no such scene or verdict.
        OutputError
            The file cannot be written; the decision is not taken.
        """
        if verdict not in ("", *DECISIONS) or not 0 <= number < len(self.scenes):
            raise ConfigError(f"{verdict!r} is no decision: there are accept, reject and none")
        with self._lock:
            decided = dict(self._decided)
            decided.pop(self.scenes[number].name, None)
            if verdict:
                decided[self.scenes[number].name] = "accept" if verdict == "accept" else "reject"
            write_decisions(self._file, decided)
            self._decided = decided
        return self._scene(number)

    def photo(self, scene: int, place: int) -> bytes | None:
        """Return a small photo of a scene as WebP, None where there is none that can be read."""
        photos = self.scenes[scene].photos
        path = photos[place] if 0 <= place < len(photos) else None
        if path is None:
            return None
        try:
            return self._pictures.get(
                ("capture", scene, place), lambda: small_picture(read_photo(path), PHOTO_PX)
            )
        except SourceError:
            return None

    def _scene(self, number: int) -> dict[str, Any]:
        scene = self.scenes[number]
        stored = None
        if scene.stored is not None and scene.shards is not None:
            stored = {"set": scene.shards.name, **scene.shards.row(scene.stored)}
        return {
            **scene.document,
            "number": number,
            "shown": [photo is not None for photo in scene.photos],
            "stored": stored,
            "decision": self._decided.get(scene.name, ""),
        }


def find_captures(
    folders: Mapping[Path, ShownSet | None], root: Path | None
) -> tuple[ShownScene, ...]:
    """Read the findings of folders that have any, rejected scenes first, then warned of.

    Parameters
    ----------
    folders : folder that may hold findings.json -> the set stored beside it
    root : folder of the scenes as they were photographed, None where it is not at hand

    Raises
    ------
    SourceError
        A findings.json cannot be read.
    """
    scenes: list[ShownScene] = []
    for folder, shards in folders.items():
        file = folder / FINDINGS_NAME
        if file.is_file():
            scenes += _scenes_of(file, shards, root)
    return tuple(sorted(scenes, key=_rank))


def _scenes_of(file: Path, shards: ShownSet | None, root: Path | None) -> list[ShownScene]:
    try:
        documents = parse_json(file.read_bytes())["scenes"]
        names = [str(document["scene"]) for document in documents]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise SourceError(f"{file}: cannot be read as findings ({error})") from error
    stored: dict[str, int] = {}
    if shards is not None:
        stored = {shards.shards.name(n): n for n in range(len(shards.shards))}
    return [
        ShownScene(document, _photos(document, root), stored.get(name), shards)
        for name, document in zip(names, documents, strict=True)
    ]


def _photos(document: Mapping[str, Any], root: Path | None) -> tuple[Path | None, ...]:
    """Return the photos that lie where the document says, below the root and nowhere else."""
    photos = document.get("photos", [])
    if root is None or not isinstance(photos, list):
        return ()
    base = real_path(root)
    found: list[Path | None] = []
    for photo in photos:
        name = photo.get("file", "") if isinstance(photo, Mapping) else ""
        path = real_path(base / str(document["scene"]) / str(name))
        found.append(path if path.is_relative_to(base) and path.is_file() else None)
    return tuple(found)


def _rank(scene: ShownScene) -> tuple[int, int, str]:
    findings = scene.document.get("findings", [])
    worst = min((_ORDER.get(str(one.get("severity")), 3) for one in findings), default=3)
    return (scene.document.get("verdict") != "reject", worst, scene.name)
