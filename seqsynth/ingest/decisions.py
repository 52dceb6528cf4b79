"""Decisions: scenes that a person accepted or rejected, whatever was found.

The file is JSON, ``{"format": "seqsynth-decisions", "scenes": {"garden": "accept"}}``, as
``seqsynth view`` writes it and anyone may by hand.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from seqsynth.errors import OutputError, SourceError
from seqsynth.files import write_whole
from seqsynth.output.disk import reason_of

FORMAT = "seqsynth-decisions"
ACCEPT, REJECT = "accept", "reject"


def read_decisions(file: Path) -> Mapping[str, str]:
    """Return the decisions of a file: name of the scene -> `ACCEPT` or `REJECT`.

    Raises
    ------
    SourceError
        It cannot be read, or is no file of decisions.
    """
    try:
        document = json.loads(file.read_bytes())
        if document["format"] != FORMAT:
            raise SourceError(f"{file} is of format {document['format']!r}, not {FORMAT!r}")
        decisions = dict(document["scenes"])
    except OSError as error:
        raise SourceError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise SourceError(
            f'{file} holds no decisions: {{"format": "{FORMAT}", "scenes": {{"NAME": "accept"}}}} '
            "is wanted"
        ) from error
    for name, verdict in decisions.items():
        if verdict not in (ACCEPT, REJECT):
            raise SourceError(f"{file}: {name!r} is decided {verdict!r}; write accept or reject")
    return decisions


def write_decisions(file: Path, decisions: Mapping[str, str]) -> None:
    """Write decisions, whole or not at all.

    Raises
    ------
    OutputError
        The file cannot be written; an older one is left as it was.
    """
    document = {"format": FORMAT, "scenes": dict(sorted(decisions.items()))}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    try:
        write_whole(file, text)
    except OSError as error:
        raise OutputError(f"{file}: cannot be written ({reason_of(error)})") from error
