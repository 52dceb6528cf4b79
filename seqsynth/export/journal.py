"""An export as a kind of output folder: ``export.journal``, manifest, and what is said of it.

The journal's first line says which export it is; each further one lists files with size and sha256.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from seqsynth.errors import OutputError
from seqsynth.export.manifest import (
    MANIFEST_NAME,
    SUMS_NAME,
    head_from,
    read_manifest,
    records_from,
)
from seqsynth.output.kind import FileRecord, Head, OutputKind

JOURNAL_NAME = "export.journal"
WORK_NAME = "export.partial"


def _head_document(head: Head) -> dict[str, Any]:
    return {
        "fingerprint": head.fingerprint,
        "configuration": dict(head.configuration),
        "folders": list(head.folders),
    }


def _documents(records: Mapping[str, FileRecord]) -> Iterator[dict[str, Any]]:
    if records:
        yield {"files": {file: [record.bytes, record.sha256] for file, record in records.items()}}


def _records_of(document: Mapping[str, Any]) -> dict[str, FileRecord]:
    return records_from(document["files"])


def _unrecorded(folder: Path, fingerprint: str) -> Iterable[Path]:
    """Return nothing: files are recorded before they are moved into place."""
    return ()


def _owns(path: Path) -> bool:
    """Tell nothing apart: all files of an export are on record."""
    return False


def _makes(name: str) -> bool:
    return name in (JOURNAL_NAME, MANIFEST_NAME, SUMS_NAME)


def _refuse_foreign(folder: Path, others: list[str]) -> str:
    return (
        f"{folder} holds {len(others)} files or folders that are no export (such as {others[0]}); "
        "choose an empty folder"
    )


def _refuse_other(folder: Path, difference: str) -> str:
    return (
        f"{folder} holds another export ({difference}); choose another folder, or --overwrite to "
        "replace it"
    )


EXPORT = OutputKind(
    noun="export",
    journal=JOURNAL_NAME,
    closing=(SUMS_NAME, MANIFEST_NAME),
    work=WORK_NAME,
    error=OutputError,
    read_finished=read_manifest,
    head_document=_head_document,
    head_of=head_from,
    documents=_documents,
    records_of=_records_of,
    unrecorded=_unrecorded,
    owns=_owns,
    makes=_makes,
    refuse_foreign=_refuse_foreign,
    refuse_other=_refuse_other,
    unlike="other shards",
    after_torn=lambda _: "choose another folder, or remove this one and start again",
)
"""A folder of pictures or archives in another project's layout."""
