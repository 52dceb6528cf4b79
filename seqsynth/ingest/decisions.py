"""Decisions: scenes that a person accepted or rejected, whatever was found.

The file is JSON, ``{"format": "seqsynth-decisions", "scenes": {"garden": "accept"}}``, as
``seqsynth view`` writes it and anyone may by hand.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from seqsynth.errors import OutputError, SourceError
from seqsynth.files import parse_json, write_whole
from seqsynth.output.disk import reason_of

FORMAT = "seqsynth-decisions"

# As in capture_tools, which takes far longer to import than all else that decides.
Decision = Literal["accept", "reject"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)

Decisions = Mapping[str, Decision]
"""Name of a scene -> what was decided about it."""


def read_decisions(file: Path) -> Decisions:
    """Return the decisions of a file.

    Raises
    ------
    SourceError
        It cannot be read, or is no file of decisions.
    """
    try:
        document = parse_json(file.read_bytes())
        kind = document["format"]
        decisions: dict[str, Any] = dict(document["scenes"].items())
    except OSError as error:
        raise SourceError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(
            f'{file} holds no decisions: {{"format": "{FORMAT}", "scenes": {{"NAME": "accept"}}}} '
            "is wanted"
        ) from error
    if kind != FORMAT:
        raise SourceError(f"{file} is of format {kind!r}, not {FORMAT!r}")
    for name, verdict in decisions.items():
        if verdict not in DECISIONS:
            raise SourceError(f"{file}: {name!r} is decided {verdict!r}; write accept or reject")
    return decisions


def write_decisions(file: Path, decisions: Decisions) -> None:
    """Write decisions, whole or not at all.

    Raises
    ------
    OutputError
        The file cannot be written; an older one is left as it was.
    """
    document = {"format": FORMAT, "scenes": dict(sorted(decisions.items()))}
    if file.is_symlink() or file.exists():
        try:
            read_decisions(file)
        except SourceError as error:
            raise OutputError(
                f"{file} holds no decisions, so it is left as it is; name another file"
            ) from error
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    try:
        write_whole(file, text)
    except OSError as error:
        raise OutputError(f"{file}: cannot be written ({reason_of(error)})") from error
