"""What can stand in a row of the table: nothing learnt, a checkpoint, anybody's output images."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import torch

from seqsynth.errors import ConfigError, SourceError
from seqsynth.metrics import Picture, stretch_black_level
from seqsynth.pictures import PictureFileError, list_pictures, read, same_name
from seqsynth.sequence import Image
from trainer.baselines import (
    NO_COLOURS,
    ColourMoments,
    fit_colour_map,
    identity,
    map_colours,
    measure_colours,
    yang,
)
from trainer.checkpoint import load_restorer
from trainer.evaluation.examples import Example
from trainer.evaluation.protocols import Protocol
from trainer.evaluation.tables import Kind
from trainer.machine import Machine
from trainer.methods.restorer import MethodNet
from trainer.nets import StudentNet
from trainer.restoring.bands import run_in_bands

Restore = Callable[[Image, Example], Picture | None]
"""A photo, uint8 (H, W, 3), and what it is -> its transmission on 0 to 255; None: there is none."""


@dataclass(frozen=True, eq=False)
class Method:
    """One row: its name, what it rests on, and how it restores a photo."""

    name: str
    restore: Restore
    kind: Kind = Kind.MEASURED


class ColourMaps:
    """The best linear colour map for each example, fitted on the *other* photos of its benchmark.

    That is more than any method knows that has not seen the benchmark, and still no removal of a
    reflection. The one photo of a benchmark is mapped by its own map.
    """

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], ColourMoments] = {}
        self._total: dict[str, ColourMoments] = {}

    def add(self, example: Example, photo: Image, truth: Image) -> None:
        """Sum up one pair."""
        moments = measure_colours(photo, truth)
        self._own[example.benchmark, example.name] = moments
        total = self._total.get(example.benchmark, NO_COLOURS)
        self._total[example.benchmark] = total + moments

    def restore(self, photo: Image, example: Example) -> Picture:
        """Map the colours of a photo that was summed up before."""
        own = self._own[example.benchmark, example.name]
        total = self._total[example.benchmark]
        others = ColourMoments(total.inputs - own.inputs, total.products - own.products)
        return map_colours(photo, fit_colour_map(others if others.pixels else total))


def fit_colour_maps(examples: Iterable[Example], protocol: Protocol) -> ColourMaps:
    """Sum up all examples as the protocol sizes them."""
    maps = ColourMaps()
    for example in examples:
        photo, truth = example.read()
        maps.add(example, protocol.resize(photo), protocol.resize(truth))
    return maps


def untrained_methods(maps: ColourMaps) -> list[Method]:
    """Return the rows that every table has."""
    return [
        Method("identity", lambda photo, _: identity(photo), Kind.LEARNS_NOTHING),
        Method("stretch", lambda photo, _: stretch_black_level(photo), Kind.LEARNS_NOTHING),
        Method("linear", maps.restore, Kind.LEARNS_NOTHING),
    ]


YANG = Method("yang", lambda photo, _: yang(photo), Kind.LEARNS_NOTHING)
"""Yang et al. 2019, the paper's [40]: needs no training."""


def checkpoint_method(name: str, file: Path, machine: Machine) -> Method:
    """Return the student, or another method, of a checkpoint as a row.

    Raises
    ------
    CheckpointError
        The file is no checkpoint of a student.
    """
    net, _ = load_restorer(file)
    student = run_in_bands(machine.host(net))
    return Method(name, lambda photo, _: run_student(student, photo, machine))


@torch.no_grad()
def run_student(student: StudentNet | MethodNet, photo: Image, machine: Machine) -> Picture:
    """Restore uint8 (H, W, 3); return float32 (H, W, 3) on 0 to 255, not clipped."""
    batch = torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None].to(machine.device)
    with machine.autocast():
        output = student(batch.float() / 255).transmission
    restored: Picture = (output[0].float() * 255).permute(1, 2, 0).cpu().numpy()
    return restored


class Predictions:
    """A folder of output images, matched to photos by name.

    Attributes
    ----------
    folder : where they lie
    left_out : what to say of files of other kinds in it; "" where there are none
    """

    def __init__(self, folder: Path, protocol: Protocol) -> None:
        found = list_pictures(folder)
        self.folder = folder
        self.left_out = found.describe_left_out()
        self._protocol = protocol
        self._files: dict[str, list[Path]] = {}
        self._used: set[Path] = set()
        for name in found.files:
            inside = PurePosixPath(same_name(name)).with_suffix("")
            for key in {inside.as_posix(), inside.name}:
                self._files.setdefault(key, []).append(folder / name)
        if not self._files:
            raise SourceError(
                f"{folder} holds no image; predictions are PNG or JPEG files that "
                "are named as their photos"
            )

    def restore(self, photo: Image, example: Example) -> Picture | None:
        """Return the prediction for a photo at the protocol's size, or None where there is none.

        Raises
        ------
        SourceError
            Two files could be meant, or the one cannot be read or has a size of its own.
        """
        path = self._find(example)
        if path is None:
            return None
        self._used.add(path)
        picture = _read(path)
        native = example.read()[0].shape
        if picture.shape != photo.shape and picture.shape == native:
            picture = self._protocol.resize_prediction(picture)
        if picture.shape != photo.shape:
            height, width = picture.shape[:2]
            raise SourceError(
                f"{path} is {width}x{height} px, its photo {native[1]}x{native[0]}: "
                "a prediction has its photo's size"
            )
        return picture

    @property
    def is_used(self) -> bool:
        """Whether any file was a photo's prediction."""
        return bool(self._used)

    def unused(self) -> list[Path]:
        """Return the files that no photo was matched with."""
        return sorted({path for paths in self._files.values() for path in paths} - self._used)

    def _find(self, example: Example) -> Path | None:
        found = [paths for alias in example.aliases if (paths := self._files.get(same_name(alias)))]
        single = next((paths[0] for paths in found if len(paths) == 1), None)
        if single is None and found:
            several = found[0]
            raise SourceError(
                f"{several[0]} and {several[1]} may both be the prediction for "
                f"{example.benchmark} {example.name}: keep one of them"
            )
        return single


def name_methods(methods: Sequence[Method]) -> Iterator[Method]:
    """Yield the methods, refusing two of one name.

    Raises
    ------
    ConfigError
        Two rows would have one name.
    """
    seen = set()
    for method in methods:
        if method.name in seen:
            raise ConfigError(f"two rows are named {method.name!r}: give one a name, NAME=PATH")
        seen.add(method.name)
        yield method


def _read(path: Path) -> Picture:
    """Return a picture on 0 to 255 at the precision of its file: uint8, or float32 of 16 bits."""
    try:
        raster = read(path)
    except PictureFileError as error:
        raise SourceError(f"{path}: {error}") from error
    if raster.white == 255:
        return raster.levels
    return (raster.levels / 257).astype(np.float32)
