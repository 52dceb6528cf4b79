"""Can each method of Table 1 learn two photos by heart? Narrow networks, no VGG, no discriminator.

The check that losses pull where they should, not that anything generalises. Pairs are CEILNet's
(``NAME-input.png``, ``-label1.png`` T, ``-label2.png`` R): ``python -m benchmarks.overfit_methods
--pairs testdata_reflection_synthetic_table2``. One line a method: PSNR of T before and after.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from trainer.methods import NAMES, find_method
from trainer.methods.method import Lesson
from trainer.methods.pair import Pair

PAIRS = 2
SUFFIXES = ("input", "label1", "label2")
NEEDED_DB = 3.0
"""By how much PSNR must rise."""


@dataclass(frozen=True)
class Trial:
    """How one method is tried.

    Attributes
    ----------
    steps : of the last phase, which is the one in which its parts work together
    settings : over the authors'
    crop : side of the photos, px
    """

    steps: int
    learning_rate: float
    settings: dict[str, Any] = field(default_factory=dict)
    crop: int = 64


NO_REFLECTION = {"reflection_ssim": 0.0, "reflection_statistics": 0.0}
"""CoRRN's R is I - T. That of these pairs is not: what would overflow was taken from it."""

TRIALS = {
    "ceilnet": Trial(300, 1e-2, {"width": 1 / 4}),
    "zhang": Trial(150, 2e-3, {"width": 1 / 4, "hypercolumn": False}),
    "bdn": Trial(500, 1e-3, {"width": 1 / 8}, crop=128),
    "rmnet": Trial(150, 2e-3, {"width": 1 / 8}),
    "errnet": Trial(300, 1e-3, {"width": 1 / 8, "hypercolumn": False, "output": "linear"}),
    "corrn": Trial(600, 2e-3, {"width": 1 / 8, "encoder": "random", "weights": NO_REFLECTION}),
    "ibcln": Trial(500, 1e-3, {"width": 1 / 8, "start": "torch"}),
}


def read_pair(folder: Path, side: int) -> Pair:
    """Return the centre crops of the triples of a folder whose photo is furthest from its truth.

    A crop without a reflection has nothing to learn.
    """
    names = sorted(path.name.removesuffix("-input.png") for path in folder.glob("*-input.png"))
    triples = [[_read(folder / f"{name}-{one}.png", side) for one in SUFFIXES] for name in names]
    triples.sort(key=lambda triple: psnr(triple[0], triple[1]))
    chosen = (torch.stack(layers) for layers in zip(*triples[:PAIRS], strict=True))
    known, one = torch.ones(PAIRS, dtype=torch.bool), torch.ones(PAIRS)
    return Pair(*chosen, known, known, one, one, known)


def _read(file: Path, side: int) -> Tensor:
    """Return the centre crop of a picture, (3, side, side) in [0, 1]."""
    picture = Image.open(file).convert("RGB")
    left, top = ((length - side) // 2 for length in picture.size)
    pixels = np.asarray(picture.crop((left, top, left + side, top + side)))
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255


def learn(name: str, folder: Path, seed: int) -> tuple[float, float, float]:
    """Return PSNR before and after, dB, and the CPU's seconds."""
    trial, method = TRIALS[name], find_method(name)
    torch.manual_seed(seed)
    config = method.settings(**trial.settings)
    pair, net = read_pair(folder, trial.crop), method.network(config)
    optimiser = torch.optim.Adam(net.parameters(), trial.learning_rate, betas=config.betas)
    weights = config.weights.model_dump()
    lesson = Lesson(config, list(method.phases(config))[-1])
    started = time.process_time()
    for _ in range(trial.steps):
        terms = method.losses(net(pair.blended), pair, lesson)
        means = [weights[key] * term.values.mean() for key, term in terms.items()]
        optimiser.zero_grad()
        torch.stack(means).sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimiser.step()
    with torch.no_grad():
        found = net(pair.blended)["transmission"].clamp(0, 1)
    truth = pair.transmission
    return psnr(pair.blended, truth), psnr(found, truth), time.process_time() - started


def psnr(image: Tensor, truth: Tensor) -> float:
    """Return the PSNR of all pictures' error together, dB."""
    return float(-10 * (image - truth).square().mean().log10())


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line a method; exit 1 where one does not learn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--method", action="append", choices=NAMES)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    failed = []
    for name in given.method or NAMES:
        before, after, seconds = learn(name, given.pairs, given.seed)
        print(f"{name}: {before:.1f} -> {after:.1f} dB, {seconds:.0f} s", flush=True)
        if after < before + NEEDED_DB:
            failed.append(name)
    if failed:
        raise SystemExit(f"not learnt by heart: {', '.join(failed)}")


if __name__ == "__main__":
    main()
