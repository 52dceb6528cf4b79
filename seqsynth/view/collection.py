"""Everything that was named on the command line: sets, captures, runs, results, a checkpoint."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqsynth.errors import ConfigError, ShardError, SourceError
from seqsynth.shards import open_shards
from seqsynth.shards.folder import FINDINGS_NAME
from seqsynth.shards.index import locate
from seqsynth.view.captures import Captures, find_captures
from seqsynth.view.pictures import PictureCache
from seqsynth.view.restoring import Restorer
from seqsynth.view.results import Results, match_results, open_output
from seqsynth.view.runs import ShownStage, find_stages
from seqsynth.view.sets import ShownSet


@dataclass(frozen=True)
class Collection:
    """What a browser is shown.

    Attributes
    ----------
    sets : shard sets, by the number that addresses name them by
    captures : judged scenes, None where no folder has findings
    stages : of all runs
    results : photos with the outputs of methods, None where no outputs were named
    restorer : None where no checkpoint was named
    """

    sets: tuple[ShownSet, ...]
    captures: Captures | None
    stages: tuple[ShownStage, ...]
    results: Results | None
    restorer: Restorer | None

    def head(self) -> dict[str, Any]:
        """Return what the page needs to draw its parts."""
        return {
            "sets": [one.head() for one in self.sets],
            "captures": self.captures is not None,
            "runs": [stage.head() for stage in self.stages],
            "results": self.results is not None,
            "restore": self.restorer is not None,
        }

    def start(self) -> None:
        """Begin to measure and to score in the background."""
        for one in self.sets:
            one.survey.start()
        if self.results is not None:
            self.results.start()

    def stop(self) -> None:
        """End all background work."""
        for one in self.sets:
            one.selections.stop()
            one.survey.stop()
        if self.results is not None:
            self.results.stop()

    def make_way(self) -> None:
        """Let background work wait while somebody is looking."""
        for one in self.sets:
            one.survey.make_way()


def open_collection(
    shards: Sequence[str | Path],
    *,
    runs: Sequence[Path] = (),
    predictions: Mapping[str, Path] | None = None,
    checkpoint: Path | None = None,
    scenes: Path | None = None,
    decisions: Path = Path("decisions.json"),
) -> Collection:
    """Open everything that is to be looked at; pictures are read when they are shown.

    Parameters
    ----------
    shards : shard sets, or folders with the findings of ``seqsynth check-captures``
    runs : folders of ``trainer fit``
    predictions : name of a method -> folder of its outputs, named as the photos of the sets
    checkpoint : of a student, to restore photos that are dropped on the page
    scenes : folder of the captures as they were photographed, to show rejected ones, too
    decisions : file that decisions about captures are kept in; written when the first is taken

    Raises
    ------
    ConfigError
        Nothing is named, or predictions match no photo.
    ShardError, SourceError
        Something named cannot be read.
    """
    if not (shards or runs):
        raise ConfigError("nothing to look at: name a shard set, or a run with --run RUN")
    if scenes is not None and not scenes.is_dir():
        raise SourceError(f"{scenes}: no such folder; name the folder of the scenes' photos")
    pictures = PictureCache()
    sets = _open_sets(shards, pictures)
    folders: dict[Path, ShownSet | None] = {
        Path(path): None for path in shards if _has_findings_alone(path)
    }
    folders |= {one.location: one for one in sets if isinstance(one.location, Path)}
    judged = find_captures(folders, scenes)
    results = None
    if predictions:
        outputs = [open_output(name, folder) for name, folder in predictions.items()]
        matched = match_results(sets, outputs)
        if not matched:
            raise ConfigError(
                "no prediction has the name of a photo with ground truth in the sets given; "
                "predictions are named as their photos"
            )
        results = Results(matched, list(predictions), pictures)
    if checkpoint is not None and not checkpoint.is_file():
        raise ConfigError(f"{checkpoint}: no such checkpoint; name RUN/student/best.pt")
    return Collection(
        sets=sets,
        captures=Captures(judged, decisions, pictures) if judged else None,
        stages=tuple(stage for run in runs for stage in find_stages(run)),
        results=results,
        restorer=None if checkpoint is None else Restorer(checkpoint),
    )


def _open_sets(paths: Sequence[str | Path], pictures: PictureCache) -> tuple[ShownSet, ...]:
    named = [path for path in paths if not _has_findings_alone(path)]
    places = [locate(path) for path in named]
    short = [str(place).rstrip("/").rsplit("/", 1)[-1] or str(place) for place in places]
    counts = Counter(short)
    sets: list[ShownSet] = []
    for path, place, name in zip(named, places, short, strict=True):
        unique = name if counts[name] == 1 else str(place)
        if any(one.name == unique for one in sets):
            raise ShardError(f"{path} is named twice; name each set once")
        sets.append(ShownSet(unique, place, open_shards(path), pictures))
    return tuple(sets)


def _has_findings_alone(path: str | Path) -> bool:
    """Say whether a path is a folder of findings without shards, as check-captures leaves it."""
    folder = Path(path)
    return (folder / FINDINGS_NAME).is_file() and not (folder / "index.json").exists()
