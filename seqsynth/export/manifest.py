"""MANIFEST.json and MANIFEST.sha256: what an export holds, how it was made, what proves it whole.

Both lie at the top of the export alone, where no loader of the layouts looks for pictures.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqsynth.errors import OutputError
from seqsynth.files import json_line, parse_json
from seqsynth.output.kind import Claims, FileRecord, Head, checked_path
from seqsynth.shards.index import digest_of

MANIFEST_NAME = "MANIFEST.json"
SUMS_NAME = "MANIFEST.sha256"
MANIFEST_FORMAT = "seqsynth-export"
MANIFEST_VERSION = 1


Records = Mapping[str, FileRecord]
"""Path relative to the export's folder, with "/" -> its file."""


def render_manifest(head: Mapping[str, Any], records: Records) -> bytes:
    """Return the bytes of MANIFEST.json: ``head`` and the files, one a line."""
    files = {path: [record.bytes, record.sha256] for path, record in sorted(records.items())}
    document = {
        "format": MANIFEST_FORMAT,
        "version": MANIFEST_VERSION,
        **head,
        "files": len(files),
        "bytes": sum(record.bytes for record in records.values()),
        "sha256": files,
    }
    digest = digest_of(document)
    lines = [f"  {json_line(path)}: {json.dumps(file)}" for path, file in files.items()]
    fields = [
        f" {json_line(key)}: {json_line(document[key])}" for key in document if key != "sha256"
    ]
    listed = ' "sha256": {\n' + ",\n".join(lines) + "\n }"
    return ("{\n" + ",\n".join([*fields, f' "digest": "{digest}"', listed]) + "\n}\n").encode()


def render_sums(records: Records) -> bytes:
    """Return the bytes of MANIFEST.sha256, as ``sha256sum -c`` reads it."""
    return "".join(
        f"{record.sha256}  {path}\n" for path, record in sorted(records.items())
    ).encode()


def read_manifest(folder: Path) -> Claims[FileRecord] | None:
    """Read the manifest of a folder, None where there is none.

    Raises
    ------
    OutputError
        It is torn, was edited, or is that of a newer version.
    """
    path = folder / MANIFEST_NAME
    try:
        document = parse_json(path.read_bytes())
        if document["format"] != MANIFEST_FORMAT or document["version"] != MANIFEST_VERSION:
            raise OutputError(
                f"{path} is of format {document['format']!r}, version {document['version']!r}; "
                f"{MANIFEST_FORMAT!r}, version {MANIFEST_VERSION} is wanted"
            )
        if document["digest"] != digest_of(document):
            raise OutputError(f"{path} was changed after it was written; choose another folder")
        return Claims(head_from(document), records_from(document["sha256"]), complete=True)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OutputError(
            f"{path} is torn or no manifest ({error}); choose another folder, or move it away"
        ) from error


def head_from(document: Mapping[str, Any]) -> Head:
    """Return what a manifest, or the first line of a journal, says is made."""
    return Head(
        fingerprint=str(document["fingerprint"]),
        configuration=dict(document["configuration"]),
        folders=tuple(map(checked_path, document["folders"])),
    )


def records_from(document: Mapping[str, Any]) -> dict[str, FileRecord]:
    """Turn path -> [bytes, sha256] into records, refusing paths that lead out of the folder."""
    return {
        checked_path(path): FileRecord(int(nbytes), str(digest))
        for path, (nbytes, digest) in document.items()
    }
