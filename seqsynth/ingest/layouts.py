"""How the field's benchmarks lie on disk: one function a layout, from a folder to a `Pairing`."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from seqsynth.errors import ConfigError, SourceError
from seqsynth.files import real_path
from seqsynth.ingest.pairing import (
    ROLES,
    PairFiles,
    PairFinding,
    Pairing,
    RoleFile,
    find_images,
    match_files,
    neutral,
    rename,
    word_role,
)
from seqsynth.photo_lists import read_text
from seqsynth.pictures.folders import list_pictures, stored_path, walk

Outside = Iterable[Path]
"""Folders whose files are no input."""

REAL20_TEST = frozenset(
    {3, 4, 9, 12, 15, 22, 23, 25, 29, 39, 46, 47, 58, 86, 87, 89, 93, 103, 107, 110}
)
"""Numbers of the published test photos of Zhang et al. (Real20); the others are for training."""

ROLE_FOLDERS = {
    "blended": "blended",
    "blend": "blended",
    "transmission_layer": "transmission",
    "transmission": "transmission",
    "reflection_layer": "reflection",
    "reflection": "reflection",
}
"""Folder names that state a role, in the copies that ERRNet, DSRNet and others hand around."""

NATURE_FOLDERS = {
    "natural_I": ("blended", "train"),
    "natural_T": ("transmission", "train"),
    "testB": ("blended", "test"),
    "testA1": ("transmission", "test"),
    "testA2": ("reflection", "test"),
}
"""IBCLN's folders of pairs -> role and split; trainA1 and trainA2 are layers to blend, no pairs."""

SIR2_SUBSETS = {"postcard": "Postcard", "object": "Objects", "wild": "Wild", "sir2_withgt": "Wild"}
"""What a folder of SIR2 is called in its many copies, lower case -> the subset."""

SIR2_ORDER = ("Postcard", "Objects", "Wild")

SIR2_RELEASES: Mapping[tuple[int, ...], str] = {
    (199, 200, 101): "the full release of 500 pairs",
    (199, 200, 55): "the older protocol with 55 wild scenes",
    (179, 200, 52): "the selection of ERRNet's evaluation",
}
"""Pairs of each subset -> which SIR2 this is; papers differ in it."""


def pair_real20(path: Path, outside: Outside = ()) -> Pairing:
    """Pair blended/ with transmission_layer/ (Zhang et al. 2018), split by published numbers."""
    pairs, findings = _pair_role_folders(path, outside)
    pairs = [replace(pair, split=_real20_split(pair)) for pair in pairs]
    counts = Counter(pair.split for pair in pairs)
    remark = f"{counts['test']} of the 20 published test photos, {counts['train']} for training"
    return Pairing("Real20", tuple(pairs), tuple(findings), (remark,))


def pair_nature(path: Path, outside: Outside = ()) -> Pairing:
    """Pair IBCLN's natural_I/natural_T (train) and testB/testA1 (test), or role folders."""
    inside = {folder.name: folder for folder in _folders_below(path, outside)}
    known = {name: inside[name] for name in NATURE_FOLDERS if name in inside}
    if not known:
        pairs, findings = _pair_role_folders(path, outside)
        return Pairing("Nature", tuple(pairs), tuple(findings))
    pairs, findings = [], []
    for split in ("train", "test"):
        folders = {
            NATURE_FOLDERS[n][0]: f for n, f in known.items() if NATURE_FOLDERS[n][1] == split
        }
        matched, left = match_files(_files_of(folders, outside))
        pairs += [replace(pair, split=split) for pair in rename(matched, f"{split}/")]
        findings += left
    for name in ("trainA1", "trainA2"):
        if name in inside:
            findings.append(
                PairFinding("not-pairs", name, "is left out: layers to be blended, without a photo")
            )
    return Pairing("Nature", tuple(pairs), tuple(findings))


def pair_sir2(path: Path, outside: Outside = ()) -> Pairing:
    """Pair SIR2 in any of its layouts: the raw archive, role folders, SCENE/{m,g}.png folders."""
    files: dict[str, list[RoleFile]] = {}
    findings = []
    for image in find_images(path, outside):
        label = image.relative_to(path).as_posix()
        subset = _sir2_subset(label) or _sir2_subset(path.name)
        file = _sir2_file(image, label)
        if file is None or not subset:
            missing = "role (m, g or r)" if file is None else "subset (Postcard, Objects or Wild)"
            findings.append(
                PairFinding("unmatched", label, f"is left out: its name shows no {missing}")
            )
        else:
            files.setdefault(subset, []).append(file)
    pairs = []
    for subset in (name for name in SIR2_ORDER if name in files):
        matched, left = match_files(files[subset])
        pairs += [replace(pair, subset=subset) for pair in _shorten(matched, subset)]
        findings += left
    return Pairing("SIR2", tuple(pairs), tuple(findings), (_sir2_release(pairs),))


def pair_ceilnet(path: Path, outside: Outside = ()) -> Pairing:
    """Pair CEILNet's ID-input, ID-label1 (T) and ID-label2 (R); its real photos have no truth."""
    files, findings = [], []
    for image in find_images(path, outside):
        label = image.relative_to(path).as_posix()
        role = word_role(image.stem)
        if role is None:
            findings.append(
                PairFinding(
                    "unmatched",
                    label,
                    "is left out: its name ends neither in -input nor in -label1 or -label2",
                )
            )
        else:
            key = image.relative_to(path).with_name(neutral(image.stem)).as_posix()
            files.append(RoleFile(image, role, key, label))
    pairs, left = match_files(files)
    return Pairing("CEILNet", tuple(pairs), (*findings, *left))


def pair_folders(folders: Mapping[str, Path], outside: Outside = ()) -> Pairing:
    """Pair the files of one folder a role by name.

    Raises
    ------
    SourceError
        A folder is missing or holds no image.
    """
    pairs, findings = match_files(_files_of(folders, outside))
    return Pairing(real_path(folders["blended"]).name, tuple(pairs), tuple(findings))


def pair_list(path: Path, outside: Outside = ()) -> Pairing:
    """Read pairs from a CSV file whose head names blended and, where wanted, other columns.

    Columns: blended, transmission, reflection (files, relative to the list), name, subset, split,
    scene. A pair without a name goes by the path of its blended photo, without suffix and without
    what leads out of a folder.

    Raises
    ------
    SourceError
        The file cannot be read, has no column ``blended``, or an unknown one.
    """
    rows = _list_rows(path)
    pairs: dict[str, PairFiles] = {}
    findings = []
    for number, row in rows:
        pair = _listed(row, path)
        if not row.get("blended"):
            findings.append(PairFinding("unmatched", f"line {number}", "names no blended photo"))
        elif pair.split not in ("", "train", "val", "test"):
            raise SourceError(
                f"{path}, line {number}: split {pair.split!r} is none of train, val, test"
            )
        elif pair.name in pairs:
            findings.append(
                PairFinding(
                    "ambiguous", pair.name, f"is named again in line {number}, which is left out"
                )
            )
        else:
            pairs[pair.name] = pair
            if "transmission" not in pair.files:
                findings.append(
                    PairFinding(
                        "no-truth",
                        pair.name,
                        "has no ground truth: stored, restored, not evaluated",
                    )
                )
    return Pairing(path.stem, tuple(pairs.values()), tuple(findings))


LIST_COLUMNS = frozenset({*ROLES, "name", "subset", "split", "scene"})

LONGEST_FIELD = 4096
"""Bytes of a field of a list: of the longest path that systems take."""

PATH_LAYOUTS: Mapping[str, Callable[[Path, Outside], Pairing]] = {
    "real20": pair_real20,
    "zhang": pair_real20,
    "nature": pair_nature,
    "sir2": pair_sir2,
    "ceilnet": pair_ceilnet,
    "list": pair_list,
}
"""Layouts that are one path -> how it is read."""

LAYOUTS = (*PATH_LAYOUTS, "folders")


def find_pairs(
    layout: str, path: Path | None, folders: Mapping[str, Path], *, outside: Outside = ()
) -> Pairing:
    """Pair the files of a benchmark.

    Parameters
    ----------
    layout : one of `LAYOUTS`
    path : its folder or list; None for layout folders
    folders : role -> folder, for layout folders alone
    outside : folders whose files are no input, such as the one that results go to

    Raises
    ------
    ConfigError
        Layout and arguments do not fit together.
    SourceError
        There is nothing to pair.
    """
    if layout == "folders":
        if path is not None or "blended" not in folders:
            raise ConfigError("layout folders takes --blended A --transmission B, and no PATH")
        pairing = pair_folders(folders, outside)
    else:
        if path is None or folders:
            raise ConfigError(
                f"layout {layout} takes a PATH, and no --blended, --transmission or --reflection"
            )
        pairing = PATH_LAYOUTS[layout](path, outside)
    if not pairing.pairs:
        raise SourceError(
            f"{path or folders['blended']}: no pair of layout {layout}; {_first(pairing.findings)}"
        )
    looked_through = [] if layout == "list" else [path] if path else list(folders.values())
    left_out = _other_kinds([one for one in looked_through if one is not None], outside)
    return replace(pairing, findings=(*pairing.findings, *left_out))


def _pair_role_folders(path: Path, outside: Outside) -> tuple[list[PairFiles], list[PairFinding]]:
    """Pair every blended/ folder below a path with its neighbours."""
    find_images(path, outside)
    parents = sorted(
        {
            folder.parent
            for folder in _folders_below(path, outside)
            if ROLE_FOLDERS.get(folder.name) == "blended"
        }
    )
    if not parents:
        raise SourceError(
            f"{path} has no folder blended/ beside transmission_layer/; for other "
            "names use layout folders"
        )
    pairs: list[PairFiles] = []
    findings: list[PairFinding] = []
    for parent in parents:
        inside = {
            ROLE_FOLDERS[folder.name]: folder
            for folder in sorted(parent.iterdir())
            if folder.is_dir() and folder.name in ROLE_FOLDERS
        }
        matched, left = match_files(_files_of(inside, outside))
        prefix = parent.relative_to(path).as_posix() + "/" if len(parents) > 1 else ""
        pairs += rename(matched, prefix)
        findings += left
    return pairs, findings


def _files_of(folders: Mapping[str, Path], outside: Outside) -> Iterator[RoleFile]:
    """Yield the images of one folder a role; a file's key is its name without suffix."""
    for role, folder in folders.items():
        for image in find_images(folder, outside):
            inside = image.relative_to(folder)
            yield RoleFile(
                image, role, inside.with_suffix("").as_posix(), f"{folder.name}/{inside.as_posix()}"
            )


def _folders_below(path: Path, outside: Outside) -> list[Path]:
    """Return the folders below a folder, in the order of their names."""
    return sorted(found.path for found in walk(path, outside=outside) if found.path != path)


def _other_kinds(folders: Iterable[Path], outside: Outside) -> Iterator[PairFinding]:
    """Say how many files of folders are no pictures by their names, one note a folder."""
    for folder in folders:
        left_out = list_pictures(folder, outside=outside).describe_left_out()
        if left_out:
            yield PairFinding("other-kinds", folder.name, left_out)


def _real20_split(pair: PairFiles) -> str:
    stem = pair.name.rpartition("/")[2]
    return "test" if stem.isdecimal() and int(stem) in REAL20_TEST else "train"


def _sir2_subset(label: str) -> str:
    lowered = label.lower()
    return next((name for word, name in SIR2_SUBSETS.items() if word in lowered), "")


def _sir2_file(image: Path, label: str) -> RoleFile | None:
    """Return a file's role: that of its folder, of its whole name, or of the last word in it."""
    folder_role = ROLE_FOLDERS.get(image.parent.name)
    inside = Path(label)
    if folder_role:
        key = inside.parent.parent / inside.stem
        return RoleFile(image, folder_role, key.as_posix(), label)
    role = word_role(image.stem)
    if role is None:
        return None
    whole = neutral(image.stem) == image.stem  # the name is nothing but the role
    key = inside.parent if whole else inside.with_name(neutral(image.stem))
    return RoleFile(image, role, key.as_posix(), label)


def _shorten(pairs: list[PairFiles], subset: str) -> list[PairFiles]:
    """Name pairs by subset and what is left of their path without the folders all share."""
    parts = [pair.name.split("/") for pair in pairs]
    shared = 0
    while parts and all(len(own) > shared + 1 and own[shared] == parts[0][shared] for own in parts):
        shared += 1
    return [
        replace(pair, name="/".join([subset, *own[shared:]]))
        for pair, own in zip(pairs, parts, strict=True)
    ]


def _sir2_release(pairs: list[PairFiles]) -> str:
    counts = Counter(pair.subset for pair in pairs)
    found = tuple(counts[name] for name in SIR2_ORDER)
    release = SIR2_RELEASES.get(
        found, "none of the published selections (199/200/101, 199/200/55, 179/200/52)"
    )
    return f"Postcard/Objects/Wild {'/'.join(map(str, found))}: {release}"


def _list_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a list of pairs with the numbers of their lines; see `pair_list`."""
    columns, rows = _csv_rows(read_text(path, "list of pairs").splitlines(), path)
    unknown = "blended" not in columns or not set(columns) <= LIST_COLUMNS
    if unknown or len(set(columns)) < len(columns):
        others = ", ".join(sorted(LIST_COLUMNS - {"blended"}))
        raise SourceError(
            f"{path}: its first line is {','.join(columns)!r}; it must name blended and may name "
            f"{others}, each once, between commas"
        )
    return rows


def _csv_rows(
    lines: Sequence[str], path: Path
) -> tuple[Sequence[str], list[tuple[int, dict[str, str]]]]:
    """Return the names of a list's columns, and its rows with the numbers of their lines.

    Raises
    ------
    SourceError
        It is no CSV, or a field is longer than any name of a file, or holds NUL.
    """
    try:
        # Blank lines before the head would be taken for it.
        blank = next((number for number, line in enumerate(lines) if line.strip()), 0)
        reader = csv.DictReader(lines[blank:], strict=True)
        columns = reader.fieldnames or ()
        rows = [(blank + reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise SourceError(
            f"{path} is no list of pairs ({error}); write one file a field"
        ) from error
    for number, row in rows:
        if None in row:
            raise SourceError(
                f"{path}, line {number} has more than its {len(columns)} columns; put names with "
                "commas in quotes"
            )
        for name, field in row.items():
            if "\0" in (field or "") or len((field or "").encode()) > LONGEST_FIELD:
                raise SourceError(
                    f"{path}, line {number}: {name} is no name of a file ({(field or '')[:40]!r}, "
                    f"{len(field or '')} characters); write a path"
                )
    return columns, rows


def _listed(row: Mapping[str, str | None], path: Path) -> PairFiles:
    labels = {role: value for role in ROLES if (value := row.get(role))}
    return PairFiles(
        name=row.get("name") or _name_of(labels.get("blended", ""), path.parent),
        files={role: stored_path(path.parent / label) for role, label in labels.items()},
        labels=labels,
        subset=row.get("subset") or "",
        split=row.get("split") or "",
        scene=row.get("scene") or "",
    )


def _name_of(label: str, folder: Path) -> str:
    """Return the name of a pair whose blended photo a list states by a path."""
    file = Path(label)
    inside = file.relative_to(folder) if file.is_relative_to(folder) else file
    parts = [part for part in inside.parts if part not in (inside.anchor, "..")]
    return Path(*parts).with_suffix("").as_posix() if parts else ""


def _first(findings: tuple[PairFinding, ...]) -> str:
    return str(findings[0]) if findings else "is it the right folder?"
