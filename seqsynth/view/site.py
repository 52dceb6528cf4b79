"""What the server shows, as files: a site that opens from disk and asks nobody for anything.

A page from disk may fetch nothing, so documents are scripts that hand themselves over, and the
pictures whose pixels are read lie in them.
"""

import base64
import json
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqsynth.errors import OutputError
from seqsynth.files import real_path, write_whole
from seqsynth.report.survey import spread
from seqsynth.shards.selection import facts_of
from seqsynth.view.collection import Collection
from seqsynth.view.measurements import histogram
from seqsynth.view.runs import LOGS
from seqsynth.view.sets import ShownSet, plain

STATIC = Path(__file__).parent / "static"

MARK = "data/head.js"
"""The file by which a site is told from a folder of somebody's own."""


@dataclass(frozen=True)
class SitePlan:
    """What of a collection goes into a site.

    Attributes
    ----------
    collection : what is shown
    numbers : of the sequences, for every set
    """

    collection: Collection
    numbers: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        """How many sequences and results there are to write."""
        results = self.collection.results
        return sum(map(len, self.numbers)) + (0 if results is None else len(results.results))


def plan_site(collection: Collection, *, most: int = 500) -> SitePlan:
    """Choose what goes into a site.

    Parameters
    ----------
    most : sequences of each set, spread evenly over it; photos with results come on top
    """
    numbers = []
    for shown in collection.sets:
        chosen = set(spread(len(shown.shards), most))
        if collection.results is not None:
            chosen |= {one.number for one in collection.results.results if one.shards is shown}
        numbers.append(tuple(sorted(chosen)))
    return SitePlan(collection, tuple(numbers))


def write_site(plan: SitePlan, folder: Path) -> Iterator[Path]:
    """Write a site; yield a file of each sequence and each result once it is written.

    Parameters
    ----------
    folder : empty, absent, or a site written before, which is replaced

    Raises
    ------
    OutputError
        The folder holds something else, or cannot be written.
    ShardError
        A sequence cannot be read.
    """
    _prepare(folder)
    site = _Site(folder)
    # The head comes first: it marks the folder as a site, should the writing be cut off.
    site.script("head", _head(plan))
    for file in sorted(STATIC.iterdir()):
        place = Path(file.name) if file.suffix == ".html" else Path("static", file.name)
        site.file(place, file.read_bytes())
    for number, shown in enumerate(plan.collection.sets):
        yield from _write_set(site, number, shown, plan.numbers[number])
    _write_captures(site, plan.collection)
    _write_runs(site, plan.collection)
    yield from _write_results(site, plan.collection)


class _Site:
    """A folder that is being written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, place: Path, content: bytes | str) -> Path:
        path = self._folder / place
        if not real_path(path.parent).is_relative_to(real_path(self._folder)):
            raise OutputError(f"{path}: a link on the way leads out of it; remove the link")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be written ({error.strerror}); make room or "
                "name another folder, and run the same command again"
            ) from error
        return path

    def script(self, name: str, document: Any) -> Path:
        text = json.dumps(document, ensure_ascii=True, allow_nan=False)
        return self.file(Path("data", f"{name}.js"), f"deliver({json.dumps(name)}, {text});\n")

    def picture(self, name: str, content: bytes) -> Path:
        return self.file(Path("pictures", name), content)


def _prepare(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; name a folder for the site")
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARK).is_file():
        raise OutputError(f"{folder} is not empty and no site of seqsynth view; name another")
    try:
        for name in ("data", "pictures", "static"):
            if (folder / name).is_dir() and not (folder / name).is_symlink():
                shutil.rmtree(folder / name)
    except OSError as error:
        raise OutputError(f"{error.filename}: cannot be replaced ({error.strerror})") from error


def _head(plan: SitePlan) -> dict[str, Any]:
    head = {**plan.collection.head(), "static": True, "restore": False, "run": ""}
    for document, numbers in zip(head["sets"], plan.numbers, strict=True):
        document["of"] = document["sequences"]
        document["sequences"] = len(numbers)
        document["shell_path"] = shlex.quote(document["path"])
    return head


def _write_set(site: _Site, place: int, shown: ShownSet, numbers: Sequence[int]) -> Iterator[Path]:
    rows = []
    for number in numbers:
        site.picture(f"strip-{place}-{number}.jpg", shown.strip(number))
        sequence = shown.sequence(number)
        frames = {
            f"{kind}-{view}": _embedded(shown.frame(number, kind, view))
            for kind, views in sequence["kinds"].items()
            for view in views
        }
        yield site.script(f"sequence-{place}-{number}", {**sequence, "frames": frames})
        measured, recorded = shown.survey.measure(number)
        facts = plain(facts_of(shown.shards, number))
        row = {**shown.row(number), "measured": measured, "facts": facts}
        rows.append({**row, "numbers": plain({**recorded, **measured})})
    site.script(f"set-{place}", {"rows": rows, "quantities": _quantities(shown, rows)})


def _quantities(shown: ShownSet, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for one in shown.survey.quantities():
        values = np.array([row["numbers"].get(one.key, np.nan) for row in rows], float)
        counts = histogram(values, np.ones(len(values), bool))
        if counts is not None:
            found.append({**vars(one), **vars(counts)})
    return found


def _write_captures(site: _Site, collection: Collection) -> None:
    captures = collection.captures
    if captures is None:
        return
    document = captures.document()
    for scene in document["scenes"]:
        for place in range(len(scene["shown"])):
            photo = captures.photo(scene["number"], place)
            scene["shown"][place] = photo is not None
            if photo is not None:
                site.picture(f"photo-{scene['number']}-{place}.webp", photo)
    site.script("captures", plain(document))


def _write_runs(site: _Site, collection: Collection) -> None:
    for number, stage in enumerate(collection.stages):
        site.script(f"run-{number}", {log: stage.curves(log) for log in LOGS})
        for place, panel in enumerate(stage.panels):
            site.picture(f"panel-{number}-{place}.png", panel.read_bytes())


def _write_results(site: _Site, collection: Collection) -> Iterator[Path]:
    results = collection.results
    if results is None:
        return
    results.finish()
    site.script("results", plain(results.document()))
    for number, result in enumerate(results.results):
        outputs: Mapping[str, str | None] = {
            method: _embedded(results.output(number, method)) for method in result.files
        }
        yield site.script(f"outputs-{number}", outputs)


def _embedded(picture: bytes | None) -> str | None:
    return (
        None if picture is None else "data:image/png;base64," + base64.b64encode(picture).decode()
    )
