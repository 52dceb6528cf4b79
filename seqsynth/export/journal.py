"""``export.journal``: what an unfinished export has in its places, line by line.

The first line says which export it is; each further one lists files with size and sha256.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqsynth.errors import OutputError
from seqsynth.export.manifest import (
    Claims,
    FileRecord,
    checked_path,
    read_manifest,
    records_from,
)
from seqsynth.shards.writer import replace_file

JOURNAL_NAME = "export.journal"


def start_journal(folder: Path, head: Mapping[str, Any], records: Mapping[str, FileRecord]) -> None:
    """Write the journal of an export of which ``records`` are there."""
    lines = [_line(head)]
    if records:
        lines.append(_line(_files(records)))
    replace_file(folder / JOURNAL_NAME, "".join(lines).encode())


def append_journal(folder: Path, records: Mapping[str, FileRecord]) -> None:
    """Add files, and make sure that a power cut does not take it back."""
    with (folder / JOURNAL_NAME).open("ab") as journal:
        journal.write(_line(_files(records)).encode())
        journal.flush()
        os.fsync(journal.fileno())


def read_claims(folder: Path) -> Claims | None:
    """Return what stands in a folder; an unfinished run's journal outranks the manifest.

    Raises
    ------
    OutputError
        Journal or manifest is torn, was edited, or names files outside the folder.
    """
    journal = folder / JOURNAL_NAME
    try:
        head, *documents = _journal_lines(journal)
        records: dict[str, FileRecord] = {}
        for document in documents:
            records |= records_from(document["files"])
        return Claims(
            fingerprint=str(head["fingerprint"]),
            configuration=dict(head["configuration"]),
            records=records,
            folders=tuple(map(checked_path, head["folders"])),
            complete=False,
        )
    except FileNotFoundError:
        return read_manifest(folder)
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"{journal} is torn at its head, so nobody knows what it was making; remove the folder "
            "and start again"
        ) from error


def _journal_lines(journal: Path) -> list[dict[str, Any]]:
    """Return the journal's documents; a torn last line is what a sudden stop leaves."""
    documents = []
    for line in journal.read_bytes().splitlines():
        try:
            documents.append(json.loads(line))
        except ValueError:
            break
    return documents


def _files(records: Mapping[str, FileRecord]) -> dict[str, Any]:
    return {"files": {file: [record.bytes, record.sha256] for file, record in records.items()}}


def _line(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False) + "\n"
