"""The jobs of `trainer restore`: which photo goes where, and what is written beside it."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsynth.errors import OutputError, SourceError
from seqsynth.files import real_path
from seqsynth.pictures import PictureFormat, Raster, is_litter, lies_in, list_pictures
from seqsynth.shards import ShardSet, open_shards
from trainer.restoring.photos import read_photo


@dataclass(frozen=True)
class Job:
    """One photo and where its result goes.

    Attributes
    ----------
    photo : the file, or the shard set's folder and the name of a sequence
    result : the file to write
    jpeg : whether that is JPEG
    stored : shard set and number of a sequence whose centre view is the photo; None for a file
    """

    photo: Path
    result: Path
    jpeg: bool
    stored: tuple[ShardSet, int] | None = None

    def read(self, bits: int = 16) -> Raster:
        """Return the photo; `SourceError` where it cannot be read.

        ``bits`` are what the data of 16-bit files use.
        """
        if self.stored is None:
            return read_photo(self.photo, bits=bits)
        shards, number = self.stored
        return Raster(shards[number].centre_blended, None, PictureFormat.PNG)

    def outputs(self, *, layers: bool, strip: bool) -> list[Path]:
        """Return every file that is written for the photo."""
        beside = [self.beside("reflection"), self.beside("hallucinated")] if layers else []
        return [self.result, *beside, *([self.beside("strip", ".jpg")] if strip else [])]

    def beside(self, word: str, suffix: str = ".png") -> Path:
        """Return the path of a further picture: NAME-word.png."""
        return self.result.with_name(f"{self.result.stem}-{word}{suffix}")


@dataclass(frozen=True)
class RestoreConfig:
    """How photos are restored.

    Attributes
    ----------
    layers : also write what was taken away and what the student hallucinates
    strip : also write before and after side by side
    file_format : "same" keeps JPEG as JPEG, "png" does not; all others become PNG of their depth
    memory : GiB to keep within; None is most of what is free
    tile : side of the tiles, px, 0 for none; None decides by memory
    device : auto, cuda, mps or cpu
    overwrite : replace results that are there
    bits : what the data of 16-bit files use; fewer are scaled to 16
    """

    layers: bool = False
    strip: bool = False
    file_format: str = "same"
    memory: float | None = None
    tile: int | None = None
    device: str = "auto"
    overwrite: bool = False
    bits: int = 16


def find_jobs(arguments: Sequence[str], out: Path, config: RestoreConfig) -> list[Job]:
    """Expand files, folders, patterns and shard sets, and refuse to write over anything.

    Raises
    ------
    SourceError
        An argument names no photo.
    OutputError
        A result is there already, would be the photo itself, or two photos would have one result.
    """
    jobs: dict[Path, Job] = {}
    for argument in arguments:
        for job in _expand(argument, out, config.file_format):
            photo = job.photo
            twin = jobs.setdefault(job.result, job)
            if real_path(twin.photo) != real_path(photo):
                raise OutputError(
                    f"{twin.photo} and {photo} would both become {job.result}; "
                    "restore them into two folders"
                )
            if real_path(job.result) == real_path(photo):
                raise OutputError(
                    f"{photo} would be written over by its result; choose another --out"
                )
    _check_outputs(list(jobs.values()), out, config)
    return list(jobs.values())


def _check_outputs(jobs: Sequence[Job], out: Path, config: RestoreConfig) -> None:
    """Hold every file to be written against the photos, the other files, and what is there."""
    photos = {real_path(job.photo) for job in jobs if job.stored is None}
    makers: dict[Path, Job] = {}
    there = []
    root = real_path(out)
    for job in jobs:
        for file in job.outputs(layers=config.layers, strip=config.strip):
            if not real_path(file.parent).is_relative_to(root):
                raise OutputError(
                    f"{file} lies outside {out}: a link on the way leads there; remove the link"
                )
            if real_path(file) in photos:
                raise OutputError(
                    f"{file} is a photo to be restored, and would be written over by a picture "
                    f"of {job.photo}; choose another --out"
                )
            other = makers.setdefault(file, job)
            if other is not job:
                raise OutputError(
                    f"{other.photo} and {job.photo} would both become {file}; "
                    "restore them into two folders"
                )
            if file.is_symlink() or file.exists():
                there.append(file)
    if there and not config.overwrite:
        raise OutputError(
            f"{there[0]} is there already ({len(there)} results are); --overwrite replaces them"
        )


def describe_left_out(arguments: Sequence[str | Path], out: Path) -> list[str]:
    """Say of each folder among the arguments how many files in it are no photos by their names."""
    folders = [Path(one) for one in arguments if Path(one).is_dir()]
    listings = [
        list_pictures(folder, outside=(out,))
        for folder in folders
        if not (folder / "index.json").is_file()
    ]
    told = [(listing.folder, listing.describe_left_out()) for listing in listings]
    return [f"{folder}: {left_out}" for folder, left_out in told if left_out]


def _expand(argument: str, out: Path, file_format: str) -> list[Job]:
    """Return the photos an argument means, each with its place in the output folder."""
    path = Path(argument)
    if (path / "index.json").is_file():
        return _expand_shards(path, out)
    if path.is_dir():
        found = list_pictures(path, outside=(out,))
        photos = [(path / name, Path(name)) for name in found.files]
    elif path.is_file():
        photos = [(path, Path(path.name))]
    else:
        photos = [(photo, Path(photo.name)) for photo in _match(argument, out)]
    if not photos:
        raise SourceError(f"{argument}: no photo of that name, in that folder or of that pattern")
    jobs = []
    for photo, inside in photos:
        jpeg = file_format == "same" and photo.suffix.lower() in (".jpg", ".jpeg")
        name = inside if jpeg else inside.with_suffix(".png")
        jobs.append(Job(photo, out / name, jpeg))
    return jobs


def _match(pattern: str, out: Path) -> list[Path]:
    """Return the files of a pattern, but for litter below its fixed part and what is in ``out``."""
    fixed = next(
        number for number, part in enumerate((*Path(pattern).parts, "*")) if glob.has_magic(part)
    )
    # Path.glob takes no absolute pattern.
    matched = sorted(Path(one) for one in glob.glob(pattern, recursive=True))  # noqa: PTH207
    return [
        photo
        for photo in matched
        if photo.is_file()
        and not any(is_litter(part) for part in photo.parts[fixed:])
        and not lies_in(photo, (out,))
    ]


def _expand_shards(folder: Path, out: Path) -> list[Job]:
    """Return every sequence of a shard set, ground truth or not, under its own name."""
    shards = open_shards(folder)
    jobs = []
    for number in range(len(shards)):
        name = shards.name(number)
        # A shard set is input like any other: its names must not lead out of the output folder.
        parts = [part for part in name.split("/") if part not in ("", ".", "..")]
        result = out.joinpath(*parts[:-1], f"{parts[-1]}.png")
        jobs.append(Job(folder / name, result, jpeg=False, stored=(shards, number)))
    return jobs
