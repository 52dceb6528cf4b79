"""The journal of an output folder: what it is to hold, and line by line what is finished.

The first line says what is being made; each further one records finished files.
"""

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seqsynth.errors import SeqsynthError
from seqsynth.files import json_line, parse_json, write_whole
from seqsynth.output.kind import Claims, Head, OutputKind, R

log = logging.getLogger(__name__)


def start_journal(folder: Path, kind: OutputKind[R], head: Head, records: Mapping[str, R]) -> None:
    """Write the journal of a work of which the files of ``records`` are there."""
    write_whole(folder / kind.journal, _lines([kind.head_document(head), *kind.documents(records)]))


def append_journal(folder: Path, kind: OutputKind[R], records: Mapping[str, R]) -> None:
    """Add finished files, and make sure that a power cut does not take it back."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW
    with os.fdopen(os.open(folder / kind.journal, flags), "ab") as journal:
        journal.write(_lines(kind.documents(records)).encode())
        journal.flush()
        os.fsync(journal.fileno())


def read_claims(folder: Path, kind: OutputKind[R]) -> Claims[R] | None:
    """Return what stands in a folder, None where nothing does.

    An unfinished run's journal outranks what was written last: that may be of an earlier stop.

    Raises
    ------
    SeqsynthError
        Journal or closing file is torn, was edited, or names files outside the folder.
    """
    journal = folder / kind.journal
    try:
        head, *documents = _documents(journal)
        records: dict[str, R] = {}
        for document in documents:
            records |= kind.records_of(document)
        return Claims(kind.head_of(head), records, complete=False)
    except FileNotFoundError:
        return kind.read_finished(folder)
    except SeqsynthError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise kind.error(
            f"{journal} is torn at its head, so nobody knows what it was making; "
            f"{kind.after_torn(folder)}"
        ) from error


def _documents(journal: Path) -> list[dict[str, Any]]:
    """Return the journal's documents; a torn last line is what a sudden stop leaves."""
    documents = []
    for line in journal.read_bytes().splitlines():
        try:
            documents.append(parse_json(line))
        except ValueError:
            log.warning("%s: a torn line is left out", journal)
            break
    return documents


def _lines(documents: Iterable[Mapping[str, Any]]) -> str:
    return "".join(f"{json_line(document)}\n" for document in documents)
