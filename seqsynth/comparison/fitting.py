"""Fit the settings of a set's blend to real pairs, and say on pairs held back what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import scipy

from seqsynth import __version__
from seqsynth.comparison.differences import compare_samples
from seqsynth.comparison.fit_page import FitPictures, render_fit
from seqsynth.comparison.fitted import Fit, fit_toml
from seqsynth.comparison.halves import divide_pairs
from seqsynth.comparison.measuring import LEAST_SIDE, Collection, SetSample, measure_images
from seqsynth.comparison.origins import made_with
from seqsynth.comparison.reblending import (
    Layers,
    MakeDraws,
    blend_layers,
    even_draws,
    measure_layers,
    pair_photos,
    read_photos,
    seeded_draws,
)
from seqsynth.comparison.search import TrialJournal, open_journal, search_settings, trials_of
from seqsynth.comparison.search_space import Point, config_at, point_of
from seqsynth.config import SynthesisConfig
from seqsynth.errors import ConfigError
from seqsynth.ledger import check_results, write_results
from seqsynth.progress import Progress, untold
from seqsynth.report.survey import spread
from seqsynth.sequence import Image
from seqsynth.shards import ShardSet, open_shards, read_index
from seqsynth.shards.provenance import index_digest

CHOSEN_BY, JUDGED_BY = 2, 4
"""Times the photos are paired anew to choose among the best, and to judge the chosen: what one
sample of a set is apart from the next is as much as settings that differ little."""

PICTURED = 6
"""Pairs shown of each kind."""


@dataclass(frozen=True)
class FitConfig:
    """How to fit.

    Attributes
    ----------
    out : TOML file of the settings found; the page gets its name with ``.html``
    samples : pairs that are blended in a trial, and measured of each set; the best are chosen by
        twice, and the chosen judged by four times as many
    trials : settings tried
    seed : of the halves, the search and its glass
    by : keys in which pairs agree that are not to be divided, such as notes.place
    overwrite : replace files of these names that were not written here
    """

    out: Path
    samples: int = 128
    trials: int = 600
    seed: int = 0
    by: tuple[str, ...] = ()
    overwrite: bool = False


@dataclass(frozen=True)
class _Photos:
    """What trials are blended of, what the best are chosen by, and what the chosen is judged by.

    Each time they are other pairs: what was only lucky once is not so again.
    """

    trial: Sequence[Layers]
    choosing: Sequence[Layers]
    judging: Sequence[Layers]


def fit(
    synthetic: str | Path,
    real: str | Path,
    config: FitConfig,
    *,
    progress: Progress = untold,
) -> Fit:
    """Search the settings of a synthetic set's blend that are nearest to real pairs.

    Half of the pairs is held back, whole scenes at a time. Trials blend crops of the synthetic
    set's photos anew and are held against the other half; what is found is judged by fresh crops
    and glass on the half held back. ``config.out`` gets the settings as a file for
    ``seqsynth generate --config``, and a page beside it shows both. A search that is stopped goes
    on when it is called again.

    Raises
    ------
    ConfigError
        The first set is not synthetic, or one of the two too small to fit.
    ShardError
        A set cannot be read.
    OutputError
        A file that was not written here stands where one is to go, or cannot be written.
    """
    names = (config.out.name, config.out.with_suffix(".html").name)
    before = _check(synthetic, config)
    halves = divide_pairs(real, by=config.by, seed=config.seed)
    check_results(config.out.parent, names, overwrite=config.overwrite)
    search = _identity(synthetic, real, config)
    journal = open_journal(journal_path(config.out), search, overwrite=config.overwrite)
    photos = _read_photos(synthetic, before, config, progress)
    with open_shards(real) as sequences:
        fitting, held_back = (
            _measure(sequences, spread_of(half, config.samples), label, progress)
            for half, label in (
                (halves.fitting, "measure pairs fitted to"),
                (halves.held_back, "measure pairs held back"),
            )
        )
        pairs = [
            (truth, sequence.centre_blended)
            for sequence in (sequences[n] for n in spread_of(halves.held_back, PICTURED))
            if (truth := sequence.centre_transmission) is not None
        ]
    with open_shards(synthetic) as sequences:
        numbers = spread(len(sequences), config.samples)
        stored = _measure(sequences, numbers, "measure synthetic", progress)
    points = _search(before, photos.trial, fitting, config, journal, progress)
    after, fitting_distances = _choose(before, points, photos.choosing, fitting, config, progress)
    draws = seeded_draws(config.seed + 2)
    judged = [measure_layers(one, photos.judging, draws) for one in (before, after)]
    found = Fit(
        names=(_in_words(synthetic), _in_words(real)),
        before=before,
        after=after,
        halves=halves,
        stored=compare_samples(stored, held_back),
        original=compare_samples(judged[0], held_back),
        fitted=compare_samples(judged[1], held_back),
        real=compare_samples(fitting, held_back),
        fitting_distances=fitting_distances,
    )
    shown = {"real, held back": held_back, "before": judged[0], "after": judged[1]}
    # Each photo once: after these come the same ones in other pairs.
    once = photos.judging[: len(photos.trial)]
    pictures = FitPictures(_picture(before, after, once, draws), pairs)
    files = {names[0]: fit_toml(found), names[1]: render_fit(found, shown, pictures)}
    write_results(config.out.parent, files, overwrite=config.overwrite)
    journal.remove()
    return found


def journal_path(out: Path) -> Path:
    """Return where the trials of a search are kept until it has come to its end."""
    return out.with_name(f"{out.name}.journal")


def spread_of(numbers: Sequence[int], count: int) -> list[int]:
    """Choose ``count`` of some numbers, evenly spread; all if there are fewer."""
    return [numbers[place] for place in spread(len(numbers), count)]


def _check(synthetic: str | Path, config: FitConfig) -> SynthesisConfig:
    """Refuse what cannot be fitted, and return the configuration of the synthetic set."""
    if config.out.is_dir() or config.out.suffix != ".toml":
        raise ConfigError(f"--fit writes a file of settings: name it, like --out {config.out}.toml")
    index = read_index(synthetic)
    if index.kind != "synthetic":
        raise ConfigError(
            f"--fit searches the settings of FIRST's blend, but {synthetic} is {index.kind}, not "
            "synthetic"
        )
    return made_with(synthetic, "one is fitted")


def _in_words(path: str | Path) -> str:
    """Return a name that text can hold: a file's need not be text."""
    return str(path).encode(errors="replace").decode()


def _identity(synthetic: str | Path, real: str | Path, config: FitConfig) -> dict[str, Any]:
    """Return everything that determines the trials of a search."""
    return {
        "synthetic": index_digest(read_index(synthetic)),
        "real": index_digest(read_index(real)),
        "samples": config.samples,
        "trials": trials_of(config.trials),
        "seed": config.seed,
        "by": list(config.by),
        "seqsynth": __version__,
        "scipy": scipy.__version__,
    }


def _read_photos(
    synthetic: str | Path, before: SynthesisConfig, config: FitConfig, progress: Progress
) -> _Photos:
    """Read the photos that are blended anew, and pair them."""
    with open_shards(synthetic) as sequences:
        numbers = spread(len(sequences), max(2, config.samples))
        photos = {}
        with progress("read photos", len(numbers), "photos") as advance:
            for name, photo in read_photos(sequences, numbers):
                photos[name] = photo
                advance()
    paired = [
        list(pair_photos(photos, before, seed))
        for seed in range(config.seed, config.seed + 1 + CHOSEN_BY + JUDGED_BY)
    ]
    return _Photos(
        trial=paired[0],
        choosing=list(chain.from_iterable(paired[1 : 1 + CHOSEN_BY])),
        judging=list(chain.from_iterable(paired[1 + CHOSEN_BY :])),
    )


def _measure(
    sequences: ShardSet, numbers: Sequence[int], label: str, progress: Progress
) -> SetSample:
    """Measure centre views, without any motion, which no blend has a part in."""
    collected = Collection()
    with progress(label, len(numbers), "sequences") as advance:
        for number in numbers:
            sequence = sequences[number]
            if min(sequence.blended.shape[1:3]) < LEAST_SIDE:
                raise ConfigError(
                    f"{sequence.name}: views below {LEAST_SIDE} px cannot be compared; name a set "
                    "of larger ones"
                )
            measured = measure_images(sequence.centre_blended, sequence.centre_transmission)
            collected.add(measured, sequence.centre_blended)
            advance()
    return collected.sample()


def _search(
    before: SynthesisConfig,
    layers: Sequence[Layers],
    wanted: SetSample,
    config: FitConfig,
    journal: TrialJournal,
    progress: Progress,
) -> list[Point]:
    """Return the best points, by the quantities that are measured fast."""
    draws = even_draws(config.seed, len(layers))

    def distance(point: Point) -> float:
        found = measure_layers(config_at(before, point), layers, draws, structural=False)
        return compare_samples(found, wanted).distance

    total = trials_of(config.trials)
    with progress("fit", total, "trials", done=len(journal.trials)) as advance:
        return search_settings(
            distance,
            point_of(before),
            journal,
            trials=total,
            seed=config.seed,
            advance=advance,
        )


def _choose(
    before: SynthesisConfig,
    points: Sequence[Point],
    layers: Sequence[Layers],
    wanted: SetSample,
    config: FitConfig,
    progress: Progress,
) -> tuple[SynthesisConfig, tuple[float, float]]:
    """Return the configuration of the smallest distance by all quantities, and two distances.

    The one before is among those chosen from, so that the second distance is never the larger.
    """
    draws = even_draws(config.seed + 1, len(layers))
    finalists = [before, *(config_at(before, point) for point in points)]
    distances = []
    with progress("choose", len(finalists), "settings") as advance:
        for one in finalists:
            found = measure_layers(one, layers, draws)
            distances.append(compare_samples(found, wanted).distance)
            advance()
    best = min(range(len(finalists)), key=distances.__getitem__)
    return finalists[best], (distances[0], distances[best])


def _picture(
    before: SynthesisConfig, after: SynthesisConfig, layers: Sequence[Layers], draws: MakeDraws
) -> list[tuple[Image, Image, Image]]:
    """Return T, I before and I after of some pairs, of the same photos and draws."""
    chosen = spread(len(layers), PICTURED)
    some = [layers[number] for number in chosen]
    old, new = (
        list(blend_layers(config, some, lambda place: draws(chosen[place])))
        for config in (before, after)
    )
    return [(truth, blended, new[place][0]) for place, (blended, truth) in enumerate(old)]
