"""Look at a whole shard set and write what was seen."""

import datetime
import logging
from pathlib import Path

from seqsynth.description import croissant, dataset_card
from seqsynth.errors import ConfigError, OutputError
from seqsynth.files import real_path, write_whole
from seqsynth.output.disk import reason_of
from seqsynth.remote import RemoteFolder
from seqsynth.report.page import Notice, Section, render_page
from seqsynth.report.sections.blending import blending_section
from seqsynth.report.sections.camera import camera_section
from seqsynth.report.sections.citation import citation_section
from seqsynth.report.sections.configuration import configuration_section
from seqsynth.report.sections.contact_sheet import contact_sheet_section
from seqsynth.report.sections.facts import facts_section, title_of
from seqsynth.report.sections.levels import levels_section
from seqsynth.report.sections.motion import motion_section
from seqsynth.report.sections.reading import reading_section
from seqsynth.report.sections.sources import sources_section
from seqsynth.report.survey import Survey, survey_shards
from seqsynth.shards import ShardIndex
from seqsynth.shards.folder import (
    CARD_NAME,
    CONTENT_NAME,
    CROISSANT_NAME,
    REPORT_NAME,
    check_own,
    is_own,
)
from seqsynth.shards.index import locate, read_index

log = logging.getLogger(__name__)

_SECTIONS = (
    facts_section,
    contact_sheet_section,
    motion_section,
    camera_section,
    blending_section,
    levels_section,
    sources_section,
    configuration_section,
    reading_section,
    citation_section,
)


def write_report(
    path: str | Path,
    out: Path | None = None,
    *,
    samples: int = 24,
    published: datetime.date | None = None,
    overwrite: bool = False,
) -> Path:
    """Write one HTML file that shows a shard set, and return its path.

    Where it comes to lie beside the shards, ``README.md``, the dataset card, and ``croissant.json``
    are written, too; files of these names that somebody else wrote are left as they are.

    Parameters
    ----------
    path : the shard set, or its index.json
    out : the file; by default ``report.html`` beside the shards, ``shards.html`` for captured sets,
        whose ``report.html`` shows what was found when they were judged
    samples : sequences shown as pictures, spread evenly over the set
    published : day of publication, for croissant.json
    overwrite : replace a file at the page's place that seqsynth did not write

    Raises
    ------
    ConfigError
        ``samples`` is negative, or there is no ``out`` for the page of a set at a URL.
    ShardError
        The path holds no shard set, or a shard cannot be read.
    OutputError
        A file cannot be written, or one that seqsynth did not write stands in the page's place;
        an older one is left as it was.
    """
    if samples < 0:
        raise ConfigError(f"samples = {samples}: 0 or more sequences can be shown")
    folder = _output_folder(path, out)
    target = _target(path, folder, out)
    check_own(target, overwrite=overwrite)
    survey = survey_shards(path, samples=samples)
    files = write_description(folder, survey.index, published) if _is_set(folder, path) else []
    title, subtitle = title_of(survey)
    page = render_page(title, subtitle, report_sections(survey), _notices(survey), files)
    _write(target, page)
    return target


def _target(path: str | Path, folder: Path, out: Path | None) -> Path:
    """Return the file of the page."""
    if out is not None:
        return out
    return folder / (CONTENT_NAME if read_index(path).kind == "captured" else REPORT_NAME)


def write_description(
    folder: Path, index: ShardIndex, published: datetime.date | None = None
) -> list[tuple[str, str]]:
    """Write card and metadata of a set into its folder; return name and meaning of those written.

    Raises
    ------
    OutputError
        A file cannot be written; an older one is left as it was.
    """
    texts = {
        CARD_NAME: ("the dataset card", dataset_card(index)),
        CROISSANT_NAME: ("MLCommons Croissant metadata", croissant(index, published=published)),
    }
    written = []
    for name, (meaning, text) in texts.items():
        target = folder / name
        if target.exists() and not is_own(target):
            log.warning("%s was not written by seqsynth report and is left as it is", target)
            continue
        _write(target, text)
        written.append((name, meaning))
    return written


def _write(target: Path, text: str) -> None:
    try:
        write_whole(target, text)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({reason_of(error)})") from error


def _is_set(folder: Path, path: str | Path) -> bool:
    location = locate(path)
    return isinstance(location, Path) and real_path(location) == real_path(folder)


def _output_folder(path: str | Path, out: Path | None) -> Path:
    if out is not None:
        return out.parent
    location = locate(path)
    if isinstance(location, RemoteFolder):
        raise ConfigError(f"{location} is no folder to write to: name the page's file, --out FILE")
    return location


def report_sections(survey: Survey) -> list[Section]:
    """Return the sections that have something to say about a set, in the page's order."""
    sections = (make(survey) for make in _SECTIONS)
    return [section for section in sections if section is not None]


def _notices(survey: Survey) -> list[Notice]:
    index = survey.index
    notices = []
    if not index.complete:
        planned = index.configuration.get("sequences")
        done = f"{index.sequences:,} of {planned:,}" if planned else f"{index.sequences:,}"
        notices.append(
            Notice(
                "Incomplete",
                f"The making of this set was interrupted; {done} sequences are finished and shown. "
                "Running the same command again makes the others.",
            )
        )
    if not index.sequences:
        notices.append(Notice("Empty", "This set holds no sequences."))
    return notices
