"""Which photo goes with which transmission and reflection: pairs of files, matched by name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from seqsynth.errors import SourceError
from seqsynth.images import SUFFIXES

ROLES = ("blended", "transmission", "reflection")

NOTES = frozenset({"no-truth", "not-pairs"})
"""Codes of findings that leave nothing out: worth saying, no fault."""

ROLE_WORDS = {
    "m": "blended",
    "input": "blended",
    "g": "transmission",
    "label1": "transmission",
    "r": "reflection",
    "label2": "reflection",
}
"""Words in the file names of SIR2 (m, g, r) and CEILNet (input, label1, label2)."""


@dataclass(frozen=True)
class PairFinding:
    """One thing said of the files of a benchmark.

    Attributes
    ----------
    code : "unmatched", "ambiguous", "unreadable", "size", "duplicate"; "no-truth" and "not-pairs"
        are notes
    subject : the pair or the file it is about
    message : what was found, and what became of it
    """

    code: str
    subject: str
    message: str

    @property
    def is_fault(self) -> bool:
        """True where something was left out because of it."""
        return self.code not in NOTES

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"


@dataclass(frozen=True)
class PairFiles:
    """The files of one pair.

    Attributes
    ----------
    name : unique in its benchmark
    files : role -> file; "blended" always, "transmission" and "reflection" where they exist
    labels : role -> the file's name as it is recorded: relative, the same on every machine
    subset : named part of the benchmark, or ""
    split : "train" or "test" where the benchmark says so, or ""
    """

    name: str
    files: Mapping[str, Path]
    labels: Mapping[str, str]
    subset: str = ""
    split: str = ""


@dataclass(frozen=True)
class Pairing:
    """What a layout made of a folder.

    Attributes
    ----------
    benchmark : its name
    pairs, findings : what was matched, and what was not
    remarks : sentences on what was recognised
    """

    benchmark: str
    pairs: tuple[PairFiles, ...]
    findings: tuple[PairFinding, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoleFile:
    """An image file whose role is known.

    Attributes
    ----------
    path : the file
    role : one of `ROLES`
    key : files of one pair have one key
    label : the file's name as it is recorded
    """

    path: Path
    role: str
    key: str
    label: str


@dataclass
class _Group:
    files: dict[str, RoleFile] = field(default_factory=dict)


def match_files(files: Iterable[RoleFile]) -> tuple[list[PairFiles], list[PairFinding]]:
    """Join files of one key into pairs; name every file that is left over.

    Keys that find no partner are tried once more with the word of their role left out, so that
    ``7-m`` and ``7-g`` in two folders are a pair.
    """
    groups: dict[str, _Group] = {}
    findings = []
    for file in files:
        group = groups.setdefault(file.key, _Group()).files
        if file.role in group:
            findings.append(
                PairFinding(
                    "ambiguous",
                    file.label,
                    f"is left out: {group[file.role].label} is a {file.role} of the same name",
                )
            )
        else:
            group[file.role] = file
    groups = _join_by_neutral_key(groups)
    pairs = []
    for key in sorted(groups, key=natural_order):
        group = groups[key].files
        if "blended" in group:
            pairs.append(_pair(key, group))
            if "transmission" not in group:
                findings.append(
                    PairFinding(
                        "no-truth",
                        group["blended"].label,
                        "has no ground truth: stored, restored, not evaluated",
                    )
                )
        else:
            findings += [
                PairFinding(
                    "unmatched", file.label, f"is left out: no blended photo of the name {key!r}"
                )
                for file in group.values()
            ]
    return pairs, findings


def find_images(folder: Path) -> list[Path]:
    """Return the image files anywhere below a folder, in natural order of their names.

    Raises
    ------
    SourceError
        The folder is missing or holds no image.
    """
    if not folder.is_dir():
        what = "is no folder; unpack archives first" if folder.exists() else "no such folder"
        raise SourceError(f"{folder}: {what}")
    found = [
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file() and not _is_hidden(path, folder)
    ]
    if not found:
        archives = sorted(path.name for path in folder.rglob("*.zip"))
        hint = f"; unpack {archives[0]} first" if archives else ""
        raise SourceError(f"{folder} holds no image{hint}")
    return sorted(found, key=lambda path: natural_order(path.relative_to(folder).as_posix()))


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key under which 9 stands before 10."""
    parts = re.split(r"(\d+)", name)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]


def word_role(stem: str) -> str | None:
    """Return the role that the last role word of a file name gives it, or None."""
    words = [word for word in re.split(r"[-_. ]", stem) if word in ROLE_WORDS]
    return ROLE_WORDS[words[-1]] if words else None


def neutral(stem: str) -> str:
    """Return a name whose last role word is left out: "ab-5-m-11" gives "ab-5-11"."""
    parts = re.split(r"([-_. ])", stem)
    places = [place for place, part in enumerate(parts) if part in ROLE_WORDS]
    if not places:
        return stem
    kept = parts[: max(0, places[-1] - 1)] + parts[places[-1] + 1 :]
    return "".join(kept).strip("-_. ") or stem


def rename(pairs: Sequence[PairFiles], prefix: str) -> list[PairFiles]:
    """Return the pairs with a prefix before every name."""
    return [
        PairFiles(f"{prefix}{pair.name}", pair.files, pair.labels, pair.subset, pair.split)
        for pair in pairs
    ]


def _pair(key: str, group: Mapping[str, RoleFile]) -> PairFiles:
    roles = [role for role in ROLES if role in group]
    return PairFiles(
        name=key,
        files={role: group[role].path for role in roles},
        labels={role: group[role].label for role in roles},
    )


def _join_by_neutral_key(groups: Mapping[str, _Group]) -> dict[str, _Group]:
    """Merge groups that lack a partner where leaving out role words finds exactly one."""
    joined: dict[str, _Group] = {}
    lonely: dict[str, list[str]] = {}
    for key, group in groups.items():
        if {"blended", "transmission"} <= group.files.keys():
            joined[key] = group
        else:
            path = PurePath(key)
            lonely.setdefault(str(path.with_name(neutral(path.name))), []).append(key)
    for name, keys in lonely.items():
        members = [groups[key].files for key in keys]
        merged = {role: file for files in members for role, file in files.items()}
        if len(keys) > 1 and len(merged) == sum(map(len, members)) and name not in joined:
            joined[name] = _Group(merged)
        else:
            joined |= {key: groups[key] for key in keys}
    return joined


def _is_hidden(path: Path, folder: Path) -> bool:
    """Say whether a file is another program's litter: .name, or in __MACOSX."""
    return any(
        part.startswith(".") or part == "__MACOSX" for part in path.relative_to(folder).parts
    )
