"""Camera captures from their folders to a set: judge them, tell what is wrong, store the good ones.

Beside the shards stand findings.json and report.html, of the rejected scenes as well.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seqsynth.config import RunConfig
from seqsynth.ingest.capture_config import CaptureConfig
from seqsynth.ingest.captures import (
    CaptureTask,
    JudgedCaptures,
    capture_making,
    compare_captures,
    earlier_division,
    find_captures,
    judge_captures,
    plan_captures,
)
from seqsynth.ingest.decisions import Decisions
from seqsynth.ingest.findings import write_findings
from seqsynth.output.disk import as_output_error
from seqsynth.progress import Progress, untold
from seqsynth.report.captures import write_capture_report
from seqsynth.shards.folder import FINDINGS_NAME, REPORT_NAME, check_own
from seqsynth.shards.index import INDEX_NAME, ShardIndex
from seqsynth.shards.making import ShardMaking


@dataclass(frozen=True)
class Verdicts:
    """What was found of every scene of a folder.

    Attributes
    ----------
    captures : the scenes with their verdicts
    folder : where findings.json and report.html are
    """

    captures: JudgedCaptures
    folder: Path

    @property
    def findings(self) -> Path:
        """findings.json: every verdict, for people and programs."""
        return self.folder / FINDINGS_NAME

    @property
    def report(self) -> Path:
        """report.html: the scenes in pictures; where scenes are stored it is written last."""
        return self.folder / REPORT_NAME

    @property
    def rejected(self) -> int:
        """Number of scenes that are not used."""
        return len(self.captures.scenes) - len(self.captures.accepted)


def judge_folder(
    scenes: Path,
    config: CaptureConfig,
    run: RunConfig,
    *,
    decisions: Decisions | None = None,
    outside: Iterable[Path] = (),
    progress: Progress = untold,
) -> JudgedCaptures:
    """Judge all scenes of a folder, duplicates included.

    Parameters
    ----------
    decisions : scenes that are used or left out, whatever is found
    outside : folders whose content is no scene, such as where the set goes to

    Raises
    ------
    SourceError
        There is no such folder, or no scene in it.
    """
    folders = find_captures(scenes, outside=outside)
    judged = []
    with progress("judge", len(folders), "scenes") as advance:
        for scene in judge_captures(folders, config, run):
            judged.append(scene)
            advance()
    return compare_captures(judged, config, decisions)


def check_captures(  # noqa: PLR0913  # what the command can say
    scenes: Path,
    out: Path,
    config: CaptureConfig | None = None,
    run: RunConfig | None = None,
    *,
    decisions: Decisions | None = None,
    overwrite: bool = False,
    progress: Progress = untold,
) -> Verdicts:
    """Judge folders of captures (paper 4.1) and write findings and page, but no shard.

    Parameters
    ----------
    scenes : folder of scenes, each a folder of photos
    out : folder the findings go to; made if absent
    decisions : scenes that are used or left out, whatever is found (see `read_decisions`)
    overwrite : replace files of their names that seqsynth did not write

    Raises
    ------
    SourceError
        There is no such folder, or no scene in it.
    OutputError
        ``out`` cannot be written to.
    """
    config, run = config or CaptureConfig(), run or RunConfig()
    check_verdicts(out, overwrite=overwrite)
    captures = judge_folder(
        scenes, config, run, decisions=decisions, outside=(out,), progress=progress
    )
    with as_output_error(out):
        out.mkdir(parents=True, exist_ok=True)
        write_findings(out, captures.scenes, overwrite=overwrite)
        write_capture_report(out, captures.scenes, overwrite=overwrite)
    return Verdicts(captures, out)


def ingest_captures(
    scenes: Path,
    out: Path,
    config: CaptureConfig | None = None,
    run: RunConfig | None = None,
    *,
    decisions: Decisions | None = None,
    overwrite: bool = False,
) -> ShardIndex:
    """Judge folders of captures, align and store the good ones (paper 4.1).

    The same call again resumes it. Rejected scenes are left as they are; findings.json and
    report.html in ``out`` say why.

    Parameters
    ----------
    scenes : folder of scenes, each a folder of photos
    out : folder the set goes to; made if absent
    decisions : scenes that are used or left out, whatever is found (see `read_decisions`)
    overwrite : replace another set that stands there; scenes keep the split they have there

    Raises
    ------
    SeqsynthError
        See `judge_folder` and `storing`.
    """
    config, run = config or CaptureConfig(), run or RunConfig()
    check_verdicts(out, overwrite=overwrite)
    captures = judge_folder(scenes, config, run, decisions=decisions, outside=(out,))
    if not captures.accepted:
        keep_verdicts(captures, out)
    with storing(captures, out, config, run, overwrite=overwrite) as making:
        for _ in making:
            pass
    return making.index


def check_verdicts(out: Path, *, overwrite: bool = False) -> None:
    """Refuse, before anything is judged, to write over files that seqsynth did not write.

    Raises
    ------
    OutputError
        One stands where findings or page are to go.
    """
    for name in (FINDINGS_NAME, REPORT_NAME):
        check_own(out / name, overwrite=overwrite)


def keep_verdicts(captures: JudgedCaptures, out: Path) -> Verdicts:
    """Write findings and page where nothing will be stored, beside no other set's shards."""
    verdicts = Verdicts(captures, out)
    if not (out / INDEX_NAME).exists():
        out.mkdir(parents=True, exist_ok=True)
        write_capture_report(out, captures.scenes)
        write_findings(out, captures.scenes)
    return verdicts


@contextmanager
def storing(
    captures: JudgedCaptures,
    out: Path,
    config: CaptureConfig,
    run: RunConfig,
    *,
    overwrite: bool = False,
) -> Iterator[ShardMaking[CaptureTask]]:
    """Yield the making of a set of judged captures, whose findings can be read in ``out`` by then.

    Raises
    ------
    SourceError
        No scene is accepted, or a photo changed since it was judged.
    OutputError, ShardError
        ``out`` cannot be used (see `WriteSession`).
    """
    plan = plan_captures(captures, config, earlier_division(out))
    with capture_making(plan, out, run, overwrite=overwrite) as making:
        write_findings(out, captures.scenes, overwrite=overwrite)
        yield making
    write_capture_report(out, captures.scenes, overwrite=overwrite)
