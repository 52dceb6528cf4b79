"""A test set with the outputs of methods: pictures side by side, scores and their order."""

import math
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from seqsynth.errors import SeqsynthError, SourceError
from seqsynth.metrics import PictureError, score
from seqsynth.pictures import list_pictures, read_photo, same_name
from seqsynth.shards.aliases import aliases_of
from seqsynth.view.pictures import PictureCache, exact_picture
from seqsynth.view.sets import ShownSet

SHOWN_SCORES = ("psnr", "ssim", "lmse", "structure_psnr")
INPUT = "input"
"""The row that learns nothing: the photo as it is."""


@dataclass(frozen=True)
class Output:
    """The folder of a method's outputs: its name, and its pictures by path and by name."""

    name: str
    folder: Path
    files: Mapping[str, Path]


@dataclass(frozen=True)
class Result:
    """A photo with ground truth and the files of its restorations.

    Attributes
    ----------
    shards, number : where it is stored
    name : of its sequence
    files : method -> file
    """

    shards: ShownSet
    number: int
    name: str
    files: Mapping[str, Path]


def open_output(name: str, folder: Path) -> Output:
    """List the pictures of a method's folder.

    Raises
    ------
    SourceError
        It holds none.
    """
    files: dict[str, list[Path]] = {}
    for picture in list_pictures(folder).files:
        inside = PurePosixPath(same_name(picture)).with_suffix("")
        for key in {inside.as_posix(), inside.name}:
            files.setdefault(key, []).append(folder / picture)
    if not files:
        raise SourceError(f"{folder} holds no picture; name a folder of outputs, NAME=FOLDER")
    return Output(name, folder, {key: paths[0] for key, paths in files.items() if len(paths) == 1})


def match_results(sets: Sequence[ShownSet], outputs: Sequence[Output]) -> tuple[Result, ...]:
    """Return every held-out photo with ground truth for which a method has an output."""
    candidates = [
        (shown, number, shown.shards.name(number), _aliases(shown, number))
        for shown in sets
        for number in range(len(shown.shards))
        if "transmission" in shown.shards.shapes(number)
    ]
    # A name that could stand for two photos stands for neither.
    counts = Counter(alias for *_, aliases in candidates for alias in aliases)
    results = []
    for shown, number, name, aliases in candidates:
        unique = [alias for alias in aliases if counts[alias] == 1]
        files = {
            output.name: output.files[alias]
            for output in outputs
            for alias in reversed(unique)
            if alias in output.files
        }
        if files:
            results.append(Result(shown, number, name, files))
    return tuple(results)


class Results:
    """Results and their scores, computed one photo after the other in the background.

    Parameters
    ----------
    results : the photos
    methods : names of the methods, in the order they were given
    pictures : where encoded pictures are kept
    """

    def __init__(
        self, results: Sequence[Result], methods: Sequence[str], pictures: PictureCache
    ) -> None:
        self.results = tuple(results)
        self.methods = (INPUT, *methods)
        self._pictures = pictures
        self._scores: list[dict[str, dict[str, float]] | None] = [None] * len(self.results)
        self._faults: list[dict[str, str]] = [{} for _ in self.results]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="scores")

    def start(self) -> None:
        """Begin to score in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End scoring after the photo at hand."""
        self._stopped.set()

    def finish(self) -> None:
        """Score all that is left, here and now."""
        self._run()

    def document(self) -> dict[str, Any]:
        """Return methods, photos and the scores known so far."""
        return {
            "methods": list(self.methods),
            "scores": list(SHOWN_SCORES),
            "scored": sum(one is not None for one in self._scores),
            "photos": [self._photo(number) for number in range(len(self.results))],
        }

    def output(self, number: int, method: str) -> bytes | None:
        """Return a method's output for a photo as PNG, None where there is none to be read."""
        path = self.results[number].files.get(method)
        if path is None:
            return None
        try:
            return self._pictures.get(
                ("output", number, method), lambda: exact_picture(read_photo(path))
            )
        except SourceError:
            return None

    def _photo(self, number: int) -> dict[str, Any]:
        result = self.results[number]
        return {
            "number": number,
            "set": result.shards.name,
            "sequence": result.shards.row(result.number),
            "methods": [name for name in self.methods if name in result.files],
            "scores": self._scores[number] or {},
            "faults": self._faults[number],
        }

    def _run(self) -> None:
        for number in range(len(self.results)):
            if self._stopped.is_set():
                return
            if self._scores[number] is None:
                self._scores[number] = self._score(number)

    def _score(self, number: int) -> dict[str, dict[str, float]]:
        result = self.results[number]
        scores: dict[str, dict[str, float]] = {}
        try:
            sequence = result.shards.shards[result.number]
            truth = sequence.centre_transmission
            pictures = {INPUT: sequence.centre_blended}
        except SeqsynthError as error:
            self._faults[number][INPUT] = str(error)
            return scores
        for method, path in result.files.items():
            try:
                pictures[method] = read_photo(path)
            except SourceError as error:
                self._faults[number][method] = f"{path}: {error}"
        for method, picture in pictures.items():
            try:
                found = vars(score(picture, truth)) if truth is not None else {}
            except PictureError as error:
                self._faults[number][method] = str(error)
                continue
            scores[method] = {
                key: found[key] for key in SHOWN_SCORES if math.isfinite(found.get(key, math.nan))
            }
        return scores


def _aliases(shown: ShownSet, number: int) -> tuple[str, ...]:
    files = shown.shards.metadata(number).get("files", {})
    file = str(files.get("blended", "")) if isinstance(files, Mapping) else ""
    return tuple(map(same_name, aliases_of(shown.shards.name(number), file)))
