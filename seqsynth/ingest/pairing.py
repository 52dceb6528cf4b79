"""Which photo goes with which transmission and reflection: pairs of files, matched by name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from seqsynth.errors import SourceError
from seqsynth.pictures.folders import list_pictures, same_name

ROLES = ("blended", "transmission", "reflection")

NOTES = frozenset({"duplicate", "no-truth", "not-pairs", "other-kinds", "shallow"})
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
    code : "unmatched", "ambiguous", "name", "unreadable", "size", "straddling"; "duplicate",
        "no-truth", "not-pairs", "other-kinds" and "shallow" are notes
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
    scene : what pairs of one scene share, which keeps them in one split, or ""
    """

    name: str
    files: Mapping[str, Path]
    labels: Mapping[str, str]
    subset: str = ""
    split: str = ""
    scene: str = ""


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
    """Files of one pair by role, and its name as the file of the blended photo has it."""

    name: str
    files: dict[str, RoleFile] = field(default_factory=dict)

    def add(self, file: RoleFile) -> None:
        """Take in the file of a role."""
        self.files[file.role] = file
        if file.role == "blended":
            self.name = file.key


def match_files(files: Iterable[RoleFile]) -> tuple[list[PairFiles], list[PairFinding]]:
    """Join files of one key into pairs; name every file that is left over.

    Keys that differ only in how their accents are stored are one. Keys that find no partner are
    tried once more with the word of their role left out, so that ``7-m`` and ``7-g`` in two
    folders are a pair.
    """
    groups: dict[str, _Group] = {}
    findings = []
    for file in files:
        group = groups.setdefault(same_name(file.key), _Group(file.key))
        if file.role in group.files:
            other = group.files[file.role].label
            message = f"is left out: {other} is a {file.role} of the same name"
            findings.append(PairFinding("ambiguous", file.label, message))
        else:
            group.add(file)
    joined = _join_by_neutral_key(groups)
    pairs = []
    for key, group in sorted(joined.items(), key=lambda entry: natural_order(entry[1].name)):
        if "blended" not in group.files:
            findings += [
                PairFinding(
                    "unmatched", file.label, f"is left out: no blended photo of the name {key!r}"
                )
                for file in group.files.values()
            ]
            continue
        pairs.append(_pair(group))
        if "transmission" not in group.files:
            message = "has no ground truth: stored, restored, not evaluated"
            findings.append(PairFinding("no-truth", group.files["blended"].label, message))
    return pairs, findings


def find_images(folder: Path, outside: Iterable[Path] = ()) -> list[Path]:
    """Return the image files anywhere below a folder, in natural order of their names.

    What lies in the folders ``outside``, such as the one that results go to, is left out.

    Raises
    ------
    SourceError
        The folder is missing, may not be read or holds no image.
    """
    if not folder.is_dir():
        what = "is no folder; unpack archives first" if folder.exists() else "no such folder"
        raise SourceError(f"{folder}: {what}")
    found = list_pictures(folder, outside=outside)
    if not found.files:
        archives = sorted(path.name for path in folder.rglob("*.zip"))
        hint = f"; unpack {archives[0]} first" if archives else ""
        left_out = found.describe_left_out() if not archives else ""
        raise SourceError(f"{folder} holds no image{hint}" + (f"; {left_out}" if left_out else ""))
    return [folder / name for name in sorted(found.files, key=natural_order)]


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
    return [replace(pair, name=f"{prefix}{pair.name}") for pair in pairs]


def _pair(group: _Group) -> PairFiles:
    roles = [role for role in ROLES if role in group.files]
    return PairFiles(
        name=group.name,
        files={role: group.files[role].path for role in roles},
        labels={role: group.files[role].label for role in roles},
    )


def _join_by_neutral_key(groups: Mapping[str, _Group]) -> dict[str, _Group]:
    """Merge groups that lack a partner where leaving out role words finds exactly one."""
    joined: dict[str, _Group] = {}
    lonely: dict[str, list[str]] = {}
    for key, group in groups.items():
        if {"blended", "transmission"} <= group.files.keys():
            joined[key] = group
        else:
            lonely.setdefault(_neutral_path(key), []).append(key)
    for name, keys in lonely.items():
        members = [groups[key].files for key in keys]
        merged = {role: file for files in members for role, file in files.items()}
        if len(keys) > 1 and len(merged) == sum(map(len, members)) and name not in joined:
            blended = merged.get("blended")
            joined[name] = _Group(_neutral_path(blended.key) if blended else name, merged)
        else:
            joined |= {key: groups[key] for key in keys}
    return joined


def _neutral_path(key: str) -> str:
    path = PurePath(key)
    return str(path.with_name(neutral(path.name)))
