"""Restore photos one after the other: one that cannot be read stops no other."""

import errno
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pictures

from seqsynth.errors import OutputError, ShardError, SourceError
from seqsynth.pictures import Raster, encode
from trainer.files import write_file
from trainer.restoring.jobs import Job, RestoreConfig, find_jobs
from trainer.restoring.opening import Restorer, open_restorer
from trainer.restoring.photos import encode_photo, naming
from trainer.restoring.tiles import Restoration, picture_knowledge, restore

STRIP_SIDE = 900
"""Longest side of either half of a before/after strip, px."""

STRIP_QUALITY = 90


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
    config: RestoreConfig | None = None,
) -> Iterator[Outcome]:
    """Remove the reflection of each photo, one at a time; one that cannot be read stops no other.

    Parameters
    ----------
    photos : files, folders, patterns like "*.jpg", and shard sets
    checkpoint : of a student or another method
    out : folder of the results, made if absent
    config : None is the defaults

    Raises
    ------
    SourceError
        An argument names no photo.
    OutputError
        A result is there already, would be the photo itself, or cannot be written.
    CheckpointError, ConfigError
        See `open_restorer`.
    """
    config = config or RestoreConfig()
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
    height, width = blended.shape[:2]
    tile = restorer.tile_of(height, width)
    result = restore(restorer.student, blended, restorer.machine, tile)
    with naming(job.photo):
        content = encode_photo(photo, result.transmission, jpeg=job.jpeg)
    write_file(job.result, content)
    if layers:
        _write_layers(job, photo, blended, result)
    if strip:
        pair = np.hstack([_shrunk(blended), _shrunk(result.transmission)])
        write_file(job.beside("strip", ".jpg"), encode(pair, ".jpg", quality=STRIP_QUALITY))
    seconds = time.monotonic() - started
    remark = photo.describe_depth()
    return f"{job.result}: {width}x{height} px, {seconds:.1f} s{_tiling(result)}" + (
        f"; the photo {remark}" if remark else ""
    )


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
