"""The jobs of `trainer restore`: which photo goes where, and what is written beside it."""

import errno
import glob
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pictures

from seqsynth.errors import ConfigError, OutputError, ShardError, SourceError
from seqsynth.pictures import (
    PictureFormat,
    Raster,
    encode,
    is_litter,
    lies_in,
    list_pictures,
)
from seqsynth.shards import ShardSet, open_shards
from trainer.checkpoint import load_restorer
from trainer.files import write_file
from trainer.machine import Machine
from trainer.methods.restorer import MethodNet
from trainer.nets import StudentNet
from trainer.restoring.bands import run_in_bands
from trainer.restoring.photos import encode_photo, naming, read_photo
from trainer.restoring.tiles import (
    Restoration,
    choose_tile,
    picture_knowledge,
    restore,
)

KEPT_FREE = 0.8
"""Share of the free memory that a photo may take."""

STRIP_SIDE = 900
"""Longest side of either half of a before/after strip, px."""

STRIP_QUALITY = 90


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


@dataclass(frozen=True, eq=False)
class Restorer:
    """A student, or another method, ready to work.

    Attributes
    ----------
    memory : bytes to keep within; None is without limit
    tile : side of the tiles where it was told, else None
    """

    student: StudentNet | MethodNet
    machine: Machine
    memory: int | None
    tile: int | None


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


@dataclass(frozen=True)
class Outcome:
    """What became of one photo.

    Attributes
    ----------
    job : which
    done : what was done, in a line; "" where the photo could not be read
    fault : why it could not be read, else ""
    number, total : of the photo, from 1, and how many there are
    """

    job: Job
    done: str
    fault: str
    number: int
    total: int


def restore_photos(
    photos: Sequence[str | Path],
    checkpoint: Path,
    out: Path,
    config: RestoreConfig = RestoreConfig(),  # frozen
) -> Iterator[Outcome]:
    """Remove the reflection of each photo, one at a time; one that cannot be read stops no other.

    Parameters
    ----------
    photos : files, folders, patterns like "*.jpg", and shard sets
    checkpoint : of a student or another method
    out : folder of the results, made if absent

    Raises
    ------
    SourceError
        An argument names no photo.
    OutputError
        A result is there already, would be the photo itself, or cannot be written.
    CheckpointError, ConfigError
        See `open_restorer`.
    """
    jobs = find_jobs([str(photo) for photo in photos], out, config)
    restorer = open_restorer(checkpoint, config.device, memory=config.memory, tile=config.tile)
    for number, job in enumerate(jobs, start=1):
        done = fault = ""
        try:
            done = run_job(
                job, restorer, layers=config.layers, strip=config.strip, bits=config.bits
            )
        except (SourceError, ShardError) as error:
            fault = str(error)
        except (MemoryError, torch.OutOfMemoryError) as error:
            fault = f"{job.photo}: takes more memory than there is ({error}); lower --memory"
        except RuntimeError as error:
            # How torch says it of a processor's memory.
            if "memory" not in str(error):
                raise
            fault = f"{job.photo}: takes more memory than there is; lower --memory"
        except OutputError as error:
            if not _is_of_the_name(error):
                raise
            fault = str(error)
        yield Outcome(job, done, fault, number, len(jobs))


def _is_of_the_name(error: OutputError) -> bool:
    """Tell what one name made fail from what would make every result fail."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in (errno.ENAMETOOLONG, errno.EILSEQ)


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
            if twin.photo.resolve() != photo.resolve():
                raise OutputError(
                    f"{twin.photo} and {photo} would both become {job.result}; "
                    "restore them into two folders"
                )
            if job.result.resolve() == photo.resolve():
                raise OutputError(
                    f"{photo} would be written over by its result; choose another --out"
                )
    _check_outputs(list(jobs.values()), out, config)
    return list(jobs.values())


def _check_outputs(jobs: Sequence[Job], out: Path, config: RestoreConfig) -> None:
    """Hold every file to be written against the photos, the other files, and what is there."""
    photos = {job.photo.resolve() for job in jobs if job.stored is None}
    makers: dict[Path, Job] = {}
    there = []
    root = out.resolve()
    for job in jobs:
        for file in job.outputs(layers=config.layers, strip=config.strip):
            if not file.parent.resolve().is_relative_to(root):
                raise OutputError(
                    f"{file} lies outside {out}: a link on the way leads there; remove the link"
                )
            if file.resolve() in photos:
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


def open_restorer(
    checkpoint: Path, device: str = "auto", *, memory: float | None = None, tile: int | None = None
) -> Restorer:
    """Load a student or another method.

    Parameters
    ----------
    memory : GiB to keep within; None is most of what is free
    tile : side of the tiles, px, 0 for none; None decides by memory

    Raises
    ------
    CheckpointError
        The file is no checkpoint of a student.
    ConfigError
        The device is not there.
    """
    if memory is not None and not (math.isfinite(memory) and memory > 0):
        raise ConfigError(f"memory = {memory}: a number of GiB above 0 is wanted")
    student, _ = load_restorer(checkpoint)
    machine = Machine(_pick(device))
    limit = int(memory * 2**30) if memory else _free_memory(machine.device)
    return Restorer(run_in_bands(machine.host(student)), machine, limit, tile)


def run_job(job: Job, restorer: Restorer, *, layers: bool, strip: bool, bits: int = 16) -> str:
    """Restore one photo, write the results, and return a line that says what was done.

    Raises
    ------
    SourceError
        The photo cannot be read, or what belongs to it does not fit into the result's format.
    OutputError
        A result cannot be written.
    """
    started = time.monotonic()
    photo = job.read(bits)
    blended = (photo.levels / photo.white).astype(np.float32)
    tile = _tile(restorer, blended.shape)
    result = restore(restorer.student, blended, restorer.machine, tile)
    with naming(job.photo):
        content = encode_photo(photo, result.transmission, jpeg=job.jpeg)
    write_file(job.result, content)
    if layers:
        _write_layers(job, photo, blended, result)
    if strip:
        pair = np.hstack([_shrunk(blended), _shrunk(result.transmission)])
        write_file(job.beside("strip", ".jpg"), encode(pair, ".jpg", quality=STRIP_QUALITY))
    height, width = blended.shape[:2]
    seconds = time.monotonic() - started
    remark = photo.describe_depth()
    return f"{job.result}: {width}x{height} px, {seconds:.1f} s{_tiling(result)}" + (
        f"; the photo {remark}" if remark else ""
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


def _tile(restorer: Restorer, shape: tuple[int, ...]) -> int:
    if restorer.tile is not None:
        return restorer.tile
    if restorer.memory is None:
        return 0
    return choose_tile(restorer.student.config, shape[0], shape[1], restorer.memory)


def _write_layers(
    job: Job, photo: Raster, blended: NDArray[np.float32], result: Restoration
) -> None:
    """Write what was taken away, and the hallucinated representation at the photo's size."""
    removed = np.clip(blended - result.transmission, 0, 1)
    opaque = replace(photo, alpha=None)
    write_file(job.beside("reflection"), encode_photo(opaque, removed, jpeg=False))
    if result.hallucinated is not None:
        picture = picture_knowledge(result.hallucinated)
        height, width = blended.shape[:2]
        enlarged = picture.repeat(4, axis=0).repeat(4, axis=1)[:height, :width]
        write_file(job.beside("hallucinated"), encode(enlarged, ".png"))


def _shrunk(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a picture in 8 bits whose longest side fits a strip."""
    image = Pictures.fromarray(np.rint(picture * 255).astype(np.uint8))
    image.thumbnail((STRIP_SIDE, STRIP_SIDE), Pictures.Resampling.LANCZOS)
    return np.asarray(image)


def _tiling(result: Restoration) -> str:
    """Say what tiles did to the picture."""
    if result.seams is None:
        return ""
    return (
        f", {result.tiles} tiles of {result.tile} px, which differ by {result.seams.mean:.2f} "
        f"levels where they meet (at most {result.seams.largest:.1f})"
    )


def _pick(device: str) -> torch.device:
    """Return the device of that name, or the best there is."""
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    name = next(name for name, found in there.items() if found) if device == "auto" else device
    if not there[name]:
        found = ", ".join(name for name, found in there.items() if found)
        raise ConfigError(f"device {name!r} is not there; this machine has {found}")
    return torch.device(name)


def _free_memory(device: torch.device) -> int | None:
    """Return the bytes that may be used, None where nobody knows."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0] * KEPT_FREE)
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    free = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), None)
    return None if free is None else int(free * 1024 * KEPT_FREE)
