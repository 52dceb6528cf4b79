"""A kind of output as small as can be: files on record by size and hash, one word beside them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from seqsynth.errors import SourceError
from seqsynth.output.kind import Claims, FileRecord, Head, OutputKind, checked_path


def records_of(document: Mapping[str, Any]) -> dict[str, FileRecord]:
    return {checked_path(document["file"]): FileRecord(document["bytes"], document["sha256"])}


def documents(records: Mapping[str, FileRecord]) -> Iterator[dict[str, Any]]:
    for file, record in records.items():
        yield {"file": file, "bytes": record.bytes, "sha256": record.sha256}


def head_document(head: Head) -> dict[str, Any]:
    return {"is": head.fingerprint, "set": dict(head.configuration), "folders": head.folders}


def head_of(document: Mapping[str, Any]) -> Head:
    return Head(document["is"], dict(document["set"]), tuple(document["folders"]))


def read_finished(folder: Path) -> Claims[FileRecord] | None:
    try:
        head, *lines = map(json.loads, (folder / "done").read_text().splitlines())
    except FileNotFoundError:
        return None
    records = {file: one for line in lines for file, one in records_of(line).items()}
    return Claims(head_of(head), records, complete=True)


def unrecorded(folder: Path, fingerprint: str) -> Iterable[Path]:
    return [path for path in folder.glob("*.new") if path.read_text() == fingerprint]


@pytest.fixture
def kind() -> OutputKind[FileRecord]:
    return OutputKind(
        noun="box",
        journal="log",
        closing=("sums", "done"),
        work="box.partial",
        error=SourceError,
        read_finished=read_finished,
        head_document=head_document,
        head_of=head_of,
        documents=documents,
        records_of=records_of,
        unrecorded=unrecorded,
        owns=lambda path: path.name == "page" and path.read_text() == "ours",
        makes=lambda name: name in ("log", "done", "page"),
        refuse_foreign=lambda folder, others: f"{folder.name} holds {', '.join(others)}",
        refuse_other=lambda folder, difference: f"{folder.name} is another: {difference}",
        unlike="other things",
        after_torn=lambda folder: f"empty {folder.name}",
    )
