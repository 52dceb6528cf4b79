"""Do a preset's networks live? The same training by several seeds, and what each has become.

``python -m benchmarks.lives shards/ --preset photo --seeds 10`` trains in runs/lives/photo0 and on;
what is there already is not trained again. ``--set`` changes settings as `trainer fit` does.
"""

import argparse
import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.timing import table
from trainer.cli.settings import parse_settings
from trainer.errors import CollapseError
from trainer.recipe import PRESETS, FitConfig, load_recipe, merge
from trainer.training.fit import fit
from trainer.training.watching.life_watch import is_dead

Scores = Mapping[str, float]

HEADER = ("network", "steps", "died", "dead channels, %", "before the colours, %")
HEADER += ("spread, levels", "of pictures", "PSNR, dB")


def train(config: FitConfig, shards: list[Path], out: Path) -> None:
    """Train one seed to its end, or to its death, which its last validation tells."""
    try:
        for report in fit(config, shards, out):
            for found in report.validations:
                psnr = found.scores["psnr_pooled"]
                print(f"{out.name} {report.stage} {found.step}: {psnr:.2f} dB", flush=True)
    except CollapseError as error:
        print(f"{out.name}: {error}", flush=True)


def last_scores(folder: Path) -> Scores:
    """Return what the last validation of a stage found, by the columns of validation.csv."""
    with (folder / "validation.csv").open() as log:
        *_, row = csv.DictReader(log)
    return {name: float(value) for name, value in row.items() if value}


def describe(stage: str, lives: list[Scores]) -> list[tuple[str, ...]]:
    """Return the rows of one network and of what learns nothing, over its seeds."""

    def over(name: str, digits: int, unit: float = 1) -> str:
        return span((one[name] * unit for one in lives), digits)

    width = len(HEADER) - 2
    return [
        (
            stage,
            span((one["step"] for one in lives), 0),
            f"{sum(is_dead(one) for one in lives)} of {len(lives)}",
            over("dead_everywhere", 1, 100),
            over("dead_before_colours", 1, 100),
            over("residual_std", 2),
            over("output_std", 1),
            over("psnr_pooled", 2),
        ),
        ("the truth", *[""] * (width - 2), over("residual_std_true", 1), "", ""),
        ("the photo as it is", *[""] * width, over("psnr_pooled_identity", 2)),
        ("best linear colour map", *[""] * width, over("psnr_pooled_linear", 2)),
    ]


def span(values: Iterable[float], digits: int) -> str:
    """Return ``least to most``, or the one value that all have."""
    found = sorted(values)
    ends = dict.fromkeys(f"{value:.{digits}f}" for value in (found[0], found[-1]))
    return " to ".join(ends)


def main() -> None:
    """Train all seeds and print their table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path, nargs="+")
    parser.add_argument("--preset", default="small", choices=PRESETS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--out", type=Path, default=Path("runs/lives"))
    given = parser.parse_args()
    told, lives = parse_settings(given.settings), dict[str, list[Scores]]()
    for seed in range(given.seeds):
        config = load_recipe(given.preset, overrides=merge(told, {"seed": seed}))
        out = given.out / f"{given.preset}{seed}"
        train(config, given.shards, out)
        for stage in config.stages:
            if (out / stage / "validation.csv").exists():
                lives.setdefault(stage, []).append(last_scores(out / stage))
    rows = [row for stage, found in lives.items() for row in describe(stage, found)]
    print(table(HEADER, rows))


if __name__ == "__main__":
    main()
