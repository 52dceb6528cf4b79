"""Do narrow networks generalise? Preset small on VOC photos against the best linear colour map.

``python -m benchmarks.generalise --voc VOCdevkit --seed 0`` makes 1,096 sequences at half size, 96
of them of photos that training never sees, trains for about ten minutes on one core and prints
each figure beside its bound. The bounds that must hold fail the command.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import table
from seqsynth.synthesis import RunConfig, SynthesisConfig, generate
from trainer.recipe import load_recipe
from trainer.training.fit import fit

SHARDS = SynthesisConfig(
    image_set="all",
    scale=0.5,
    window=(112, 112),
    direction="random",
    sequences=1096,
    val_fraction=0.0876,
    seed=1,
)

Scores = Mapping[str, float]


@dataclass(frozen=True)
class Bound:
    """One figure and what it is to exceed (or, for a share, stay below)."""

    name: str
    value: float
    bound: float
    below: bool = False
    must: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its bound."""
        return self.value < self.bound if self.below else self.value > self.bound


def bounds(teacher: Scores, student: Scores) -> list[Bound]:
    """Return every figure of the check; PSNR is pooled over channels, in dB."""

    def gain(scores: Scores, score: str, over: str) -> float:
        return scores[score] - scores[f"{score}_{over}"]

    psnr = "psnr_pooled"
    return [
        Bound("teacher - linear map, PSNR", gain(teacher, psnr, "linear"), 1.5),
        Bound("teacher above the linear map, PSNR", gain(teacher, psnr, "linear"), 0, must=True),
        Bound("teacher - linear map, SSIM", gain(teacher, "ssim", "linear"), 0.020),
        Bound(
            "teacher's LMSE / identity's",
            teacher["lmse"] / teacher["lmse_identity"],
            0.88,
            below=True,
        ),
        Bound("true neighbours - centre repeated, PSNR", gain(teacher, psnr, "repeated"), 2.0),
        Bound(
            "true neighbours above the centre repeated",
            gain(teacher, psnr, "repeated"),
            0,
            must=True,
        ),
        Bound("student - linear map, PSNR", gain(student, psnr, "linear"), 0),
        Bound("student - identity, PSNR", gain(student, psnr, "identity"), 2.5),
        Bound("student - identity, SSIM", gain(student, "ssim", "identity"), 0.010),
    ]


def run(voc: Path, out: Path, seed: int) -> list[Bound]:
    """Make the shards, train both networks, and return the figures of the last validation."""
    generate(voc, out / "shards", SHARDS, RunConfig())
    config = load_recipe("small", overrides={"seed": seed})
    last: dict[str, Scores] = {}
    for report in fit(config, [out / "shards"], out / f"seed{seed}"):
        for found in report.validations:
            last[report.stage] = found.scores
            print(f"{report.stage} {found.step}: {found.scores['psnr_pooled']:.2f} dB", flush=True)
    return bounds(last["teacher"], last["student"])


def main() -> None:
    """Run one seed and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voc", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/generalise"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    started = time.perf_counter()
    figures = run(arguments.voc, arguments.out, arguments.seed)
    rows = [
        (
            f.name,
            f"{f.value:.4g}",
            f"{'<' if f.below else '>'} {f.bound:g}",
            "holds" if f.holds else "MISSED",
        )
        for f in figures
    ]
    print(table(("figure", "found", "bound", ""), rows))
    print(f"{(time.perf_counter() - started) / 60:.0f} minutes")
    sys.exit(any(figure.must and not figure.holds for figure in figures))


if __name__ == "__main__":
    main()
