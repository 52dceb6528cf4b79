"""Find the photos of PASCAL VOC, or of a plain folder, and split them into layer pools."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from seqsynth.errors import SourceError
from seqsynth.photo_lists import as_class_list, forms_of, read_lines, without_suffix
from seqsynth.pictures.folders import list_pictures, same_name
from seqsynth.pictures.formats import PHOTOS, suffixes_of
from seqsynth.seeds import Draws, Stream

log = logging.getLogger(__name__)

LIST_NAMES = ("train", "val", "trainval")

LIST_FOLDERS = ("Main", "Segmentation", "Action", "Layout")
"""Folders of VOC's lists, in the order in which a list is looked for by its name."""


@dataclass(frozen=True)
class PhotoList:
    """The photos of one image set.

    Attributes
    ----------
    folder : the folder all files lie in
    name : the image set: train, val, trainval, all, or a list file's name
    files : photo id (path relative to the folder, no suffix, "/" between parts) -> relative path
    left_out : what to say of files of other kinds in the folder; "" where there are none
    remark : what to say of the list; "" where it is no class list
    """

    folder: Path
    name: str
    files: Mapping[str, str]
    left_out: str = ""
    remark: str = ""

    def path(self, photo_id: str) -> Path:
        """Return where a photo lies."""
        return self.folder / self.files[photo_id]


@dataclass(frozen=True)
class Pools:
    """Disjoint photo ids for each layer and split (paper 4.2: VOC split uniformly in two)."""

    transmission_train: tuple[str, ...]
    reflection_train: tuple[str, ...]
    transmission_val: tuple[str, ...]
    reflection_val: tuple[str, ...]
    unused: tuple[str, ...]

    def of(self, split: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the T and the R pool of a split."""
        if split == "val":
            return self.transmission_val, self.reflection_val
        return self.transmission_train, self.reflection_train

    def as_json(self) -> dict[str, dict[str, list[str]] | list[str]]:
        """Return the pools as the index stores them."""
        return {
            "train": {
                "transmission": list(self.transmission_train),
                "reflection": list(self.reflection_train),
            },
            "val": {
                "transmission": list(self.transmission_val),
                "reflection": list(self.reflection_val),
            },
            "unused": list(self.unused),
        }


def find_photos(path: Path, image_set: str = "", *, outside: Iterable[Path] = ()) -> PhotoList:
    """Find the photos of a VOCdevkit, a VOC2012 folder or a plain folder of images.

    Parameters
    ----------
    path : the folder
    image_set : train, val, trainval, all, a list of VOC by its name (dog_train), or a file of ids;
        "" means train, or all where the folder has no lists. Of a class list the photos that show
        the class are taken
    outside : folders whose files are no input, such as the one that results go to

    Raises
    ------
    SourceError
        No such folder, no such list, an empty list, ids without files, no images, or a folder or
        list that may not be read.
    """
    try:
        return _find_photos(path, image_set, outside)
    except OSError as error:
        raise SourceError(f"{error.filename}: cannot be read ({error.strerror})") from error


def _find_photos(path: Path, image_set: str, outside: Iterable[Path]) -> PhotoList:
    if not path.is_dir():
        found = "is a file, not a folder" if path.exists() else "no such folder"
        raise SourceError(
            f"{path}: {found}; give a VOCdevkit, a VOC2012 folder or any folder of images"
        )
    voc = _voc_folder(path)
    folder = path if voc is None else voc / "JPEGImages"
    files, left_out = _image_files(folder, outside)
    if not files:
        looked_for = ", ".join(sorted(suffixes_of(PHOTOS)))
        raise SourceError(
            f"{folder}: no images; {looked_for} are looked for"
            + (f"; {left_out}" if left_out else "")
        )
    lists = None if voc is None else _list_folder(voc)
    name = image_set or ("all" if lists is None else "train")
    if name == "all":
        return PhotoList(folder, "all", files, left_out)
    list_file = _list_file(name, lists, path, voc)
    return _choose(PhotoList(folder, "all", files, left_out), list_file)


def split_pools(ids: list[str], seed: int, val_fraction: float) -> Pools:
    """Split photo ids into disjoint, equal T and R pools, each with a validation part.

    Ids are sorted bytewise and permuted by seed; T is the first half, R the next as many, an odd
    one is unused; the last ``floor(f * pool + 1/2)`` (at least one where f > 0) of each pool are
    held back for validation.

    Raises
    ------
    SourceError
        There are too few photos for two pools, or for a validation photo in each.
    """
    half = len(ids) // 2
    held = max(1, int(val_fraction * half + 0.5)) if val_fraction > 0 else 0
    if half - held < 1:
        raise SourceError(
            f"{len(ids)} photos are too few: {4 if held else 2} are needed for a transmission and "
            f"a reflection pool{' with validation photos' if held else ''}"
        )
    order = Draws(seed, Stream.POOLS, 0).shuffled(sorted(ids, key=os.fsencode))
    transmission, reflection = order[:half], order[half : 2 * half]
    return Pools(
        transmission_train=tuple(transmission[: half - held]),
        reflection_train=tuple(reflection[: half - held]),
        transmission_val=tuple(transmission[half - held :]),
        reflection_val=tuple(reflection[half - held :]),
        unused=tuple(order[2 * half :]),
    )


def _voc_folder(path: Path) -> Path | None:
    """Return the VOC20xx folder at or under ``path``; None for a plain folder."""
    if (path / "JPEGImages").is_dir():
        return path
    for parent in (path, path / "VOCdevkit"):
        years = sorted(p.parent for p in parent.glob("VOC20*/JPEGImages"))
        if len(years) > 1:
            raise SourceError(
                f"{parent} holds {', '.join(p.name for p in years)}; name one of these folders"
            )
        if years:
            return years[0]
    return None


def _list_folder(voc: Path) -> Path | None:
    """Return the folder with the official lists: Main, else Segmentation."""
    folders = (voc / "ImageSets" / kind for kind in ("Main", "Segmentation"))
    return next((f for f in folders if any((f / f"{n}.txt").is_file() for n in LIST_NAMES)), None)


def _list_file(name: str, lists: Path | None, path: Path, voc: Path | None) -> Path:
    if name in LIST_NAMES:
        if lists is None:
            raise SourceError(
                f"{path} has no list {name!r} (ImageSets/Main/{name}.txt); "
                "use image set 'all' or a file of ids"
            )
        file = lists / f"{name}.txt"
    else:
        file = Path(name)
        named = () if voc is None else _named_lists(voc, file)
        file = next((one for one in (file, *named) if one.is_file()), file)
    if not file.is_file():
        of_voc = "" if voc is None else f"a list of {voc / 'ImageSets'} by its name, "
        raise SourceError(
            f"image set {name!r}: no such file {file}; "
            f"use {', '.join(LIST_NAMES)}, all, {of_voc}or a file of ids"
        )
    return file


def _named_lists(voc: Path, name: Path) -> Iterator[Path]:
    """Yield where a list of a name may lie: dog_train, dog_train.txt or Main/dog_train."""
    file = name.with_name(f"{name.name.removesuffix('.txt')}.txt")
    if name.parent == Path():
        yield from (voc / "ImageSets" / folder / file for folder in LIST_FOLDERS)
    elif name.parent in map(Path, LIST_FOLDERS):
        yield voc / "ImageSets" / file


def _choose(photos: PhotoList, list_file: Path) -> PhotoList:
    """Keep the listed photos; ids may have an image suffix, and class lists have labels."""
    lines = read_lines(list_file)
    files = photos.files
    alike = {same_name(photo_id): photo_id for photo_id in files}
    known = {**alike, **{photo_id: photo_id for photo_id in files}}
    classes = as_class_list(lines, lambda line: any(form in known for form in forms_of(line)))
    wanted = lines if classes is None else classes.shown
    ids = list(dict.fromkeys(_listed_id(line, known) for line in wanted))
    if not ids:
        nothing = "the list is empty" if classes is None else f"it is {classes.describe()}"
        raise SourceError(f"{list_file}: {nothing}")
    missing = [photo_id for photo_id in ids if photo_id not in files]
    if missing:
        some = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise SourceError(
            f"{list_file}: {len(missing)} of {len(ids)} ids have no file in {photos.folder}: {some}"
        )
    name = list_file.stem if list_file.stem in LIST_NAMES else list_file.name
    remark = "" if classes is None else f"{list_file}: {classes.describe()}"
    if classes is None and any(_says_more(line, known) for line in lines):
        remark = f"{list_file}: no class list; what follows the ids on its lines has no say"
    chosen = {photo_id: files[photo_id] for photo_id in ids}
    return replace(photos, name=name, files=chosen, remark=remark)


def _listed_id(line: str, known: Mapping[str, str]) -> str:
    """Return the id a line names: all of it, blanks included, if there is such a photo.

    A path may end in one. ``known`` has the ids as they are stored, and under the form in which
    names are compared.
    """
    whole, first = (without_suffix(text) for text in (line, line.split(maxsplit=1)[0]))
    for name in (whole, *forms_of(whole), first, *forms_of(first)):
        if name in known:
            return known[name]
    return first


def _says_more(line: str, known: Mapping[str, str]) -> bool:
    """Say whether a line goes on behind the photo that it names."""
    return len(line.split()) > 1 and not any(form in known for form in forms_of(line))


def _image_files(folder: Path, outside: Iterable[Path]) -> tuple[dict[str, str], str]:
    """Return the photos by id, and what to say of files of other kinds."""
    found = list_pictures(folder, outside=outside)
    for inside in found.folders:
        if Path(inside).name == "JPEGImages":
            # Its masks have the suffix of photos.
            above = (folder / inside).parent
            raise SourceError(f"{folder} holds a VOC folder, {above}; give that one")
    files: dict[str, str] = {}
    for relative in found.files:
        photo_id = without_suffix(relative)
        if not _is_utf8(photo_id):
            raise SourceError(f"{folder}: the file name {relative!r} is not UTF-8; rename the file")
        if photo_id in files:
            raise SourceError(
                f"{folder}: {files[photo_id]} and {relative} share the id "
                f"{photo_id!r}; keep one of them"
            )
        files[photo_id] = relative
    return files, found.describe_left_out()


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
