"""Drawn pictures, their scores, and the commands that print them."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result
from PIL import Image

from trainer.evaluation.examples import open_examples
from trainer.evaluation.methods import (
    Method,
    fit_colour_maps,
    untrained_methods,
)
from trainer.evaluation.protocols import PROTOCOLS
from trainer.evaluation.tally import Tally, score_examples

NATIVE = PROTOCOLS["native"]


SIZE = (42, 50)


def draw(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 200, (*(side // 7 + 1 for side in size), 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize(size[::-1], Image.Resampling.BICUBIC)
    return np.asarray(smooth)


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def haze(truth: np.ndarray, seed: int) -> np.ndarray:
    reflection = draw(seed + 50, truth.shape[:2]) // (3 + seed)
    hazy: np.ndarray = np.minimum(truth.astype(int) + reflection + 10, 255).astype(np.uint8)
    return hazy


def tally_of(folder: Path, *methods: Method, protocol: str = "native") -> Tally:
    benchmark = open_examples([("", folder)])
    rules = PROTOCOLS[protocol]
    chosen = [*untrained_methods(fit_colour_maps(benchmark.examples, rules)), *methods]
    tally = Tally(chosen, benchmark, benchmark.notes)
    for result in score_examples(chosen, benchmark, rules):
        tally.add(result)
    return tally


def cell(tally: Tally, row: str, column: str, key: str) -> float:
    rows = {one.name: one for one in tally.details(column).rows}
    return rows[row].cells.get((column, key), math.nan)


Save = Callable[..., Path]


def read_pair(files: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    (blended,) = files.glob(f"*/blended/{name}.png")
    (truth,) = files.glob(f"*/transmission_layer/{name}.png")
    return np.asarray(Image.open(blended)), np.asarray(Image.open(truth))


def invoke(command: object, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])  # type: ignore[arg-type]  # a click command
