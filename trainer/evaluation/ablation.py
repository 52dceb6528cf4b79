"""The ablations of the paper's Table 2 (5.3): train every variant, score it, resume row by row."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seqsynth.files import hash_file, json_text, parse_json
from seqsynth.ledger import write_results
from seqsynth.metrics import Scores
from trainer.evaluation.examples import Benchmark, Example, open_examples
from trainer.evaluation.methods import (
    Method,
    checkpoint_method,
    fit_colour_maps,
    untrained_methods,
)
from trainer.evaluation.protocols import PROTOCOLS, Protocol
from trainer.evaluation.published import REMARKS_2, TABLE_2
from trainer.evaluation.results import RENDERERS
from trainer.evaluation.tables import Table
from trainer.evaluation.tally import Tally, score_examples
from trainer.machine import open_machine
from trainer.recipe import FitConfig
from trainer.training.fit import Report, fit

ROWS = {
    "mkl": "w/o MKL",
    "decouple": "w/o Decouple Net",
    "flow": "w/o Flow Net",
    "fusion": "w/o Fusion Net",
    "kt": "w/o KT",
    "hallucination": "w/o Hallucination",
    "encoder": "w/o Encoder",
    "": "all parts",
}
"""What is left out (`trainer.nets.config.ABLATIONS`) -> the row, in the order of Table 2."""

SCORES_NAME = "scores.json"


@dataclass(frozen=True)
class Variant:
    """One row: what is left out, the recipe, and the folder of its run."""

    part: str
    config: FitConfig
    folder: Path

    @property
    def name(self) -> str:
        """The row's name in Table 2."""
        return ROWS[self.part]

    @property
    def checkpoint(self) -> Path:
        """The student that is scored."""
        return self.folder / "student" / "best.pt"


def ablate(
    recipes: Mapping[str, FitConfig],
    folders: Sequence[Path],
    out: Path,
    *,
    tests: Sequence[Path] = (),
    protocol: str = "native",
) -> Generator[Report, None, Tally]:
    """Train every row on shard folders, then score them all (paper 5.3); yield after every step.

    The same call again goes on where the last one stopped; closing the generator writes a
    checkpoint first. `write_ablations` writes the tally that it returns.

    Parameters
    ----------
    recipes : part left out, a key of `ROWS`, -> the recipe of its run
    out : folder of the runs, one for each row
    tests : shards to score on; none scores on the held-out parts of ``folders``
    protocol : how photos are sized and predictions rounded

    Raises
    ------
    SeqsynthError
        See `trainer.training.fit.fit` and `score_variants`.
    """
    variants = plan_variants(recipes, out)
    for variant in variants:
        yield from train_variant(variant, folders)
    *_, tally = score_variants(variants, tests or folders, protocol)
    return tally


def plan_variants(recipes: Mapping[str, FitConfig], out: Path) -> list[Variant]:
    """Give every recipe (part left out -> recipe) a folder of its own."""
    return [
        Variant(part, config, out / (f"no-{part}" if part else "all-parts"))
        for part, config in recipes.items()
    ]


def train_variant(variant: Variant, folders: Sequence[Path]) -> Generator[Report, None, None]:
    """Train one row, or what is missing of it; a finished one yields nothing.

    Raises
    ------
    SeqsynthError
        See `trainer.training.fit.fit`.
    """
    yield from fit(variant.config, folders, variant.folder)


def score_variants(
    variants: Sequence[Variant], folders: Sequence[Path], protocol: str = "native"
) -> Iterator[Tally]:
    """Score trained rows beside those that learn nothing; yield the tally after each.

    Scores are kept beside each run and used again while its checkpoint is the same.

    Raises
    ------
    ShardError
        There is nothing to score on.
    """
    benchmark = open_examples([("", folder) for folder in folders])
    rules = PROTOCOLS[protocol]
    untrained = untrained_methods(fit_colour_maps(benchmark.examples, rules))
    rows = [*untrained, *(Method(one.name, _unknown) for one in variants)]
    tally = Tally(rows, benchmark, [rules.sentence, *benchmark.notes])
    for result in score_examples(untrained, benchmark, rules):
        tally.add(result)
    for variant in variants:
        known = _read_scores(variant, benchmark, protocol)
        if known is None:
            known = _score(variant, benchmark, rules)
            _write_scores(variant, known, protocol)
        for example, scores in known.items():
            tally.put(variant.name, example, scores)
        yield tally


def ablation_table(tally: Tally, *, quoted: bool) -> Table:
    """Return Table 2 over the benchmarks at hand; on demand with the paper's own rows."""
    table = tally.table()
    if not quoted:
        return table
    return Table(
        table.benchmarks,
        table.measures,
        [*TABLE_2, *table.rows],
        [*table.notes, *REMARKS_2],
    )


ABLATION_FILES = ("images.csv", *(f"table.{suffix}" for _, suffix in RENDERERS.values()))
"""Names of the files beside the rows' folders."""


def write_ablations(tally: Tally, out: Path, *, quoted: bool, overwrite: bool = False) -> None:
    """Write table.txt, .csv, .md and .tex, and images.csv.

    Raises
    ------
    OutputError
        A file cannot be written, or one that was not written here would be replaced.
    """
    table = ablation_table(tally, quoted=quoted)
    files = {f"table.{suffix}": render(table) for render, suffix in RENDERERS.values()}
    write_results(out, {**files, "images.csv": tally.images()}, overwrite=overwrite)


def _unknown(*_: object) -> None:
    """Stand for a row whose scores were put in, not made."""


def _score(variant: Variant, benchmark: Benchmark, rules: Protocol) -> dict[Example, Scores]:
    with open_machine(variant.config.device, "float32") as machine:
        method = checkpoint_method(variant.name, variant.checkpoint, machine)
        results = score_examples([method], benchmark, rules)
        return {one.example: one.scores for one in results if one.scores is not None}


def _read_scores(
    variant: Variant, benchmark: Benchmark, protocol: str
) -> dict[Example, Scores] | None:
    """Return the scores of an earlier run, None where anything they rest on has changed."""
    try:
        document = parse_json((variant.folder / SCORES_NAME).read_bytes())
        scores = {name: Scores(**values) for name, values in document["scores"].items()}
        same = document["checkpoint"] == _digest(variant) and document["protocol"] == protocol
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    names = {_name(example): example for example in benchmark.examples}
    if not same or names.keys() != scores.keys():
        return None
    return {names[name]: one for name, one in scores.items()}


def _write_scores(variant: Variant, scores: Mapping[Example, Scores], protocol: str) -> None:
    document: dict[str, Any] = {
        "row": variant.name,
        "checkpoint": _digest(variant),
        "protocol": protocol,
        "scores": {_name(example): asdict(one) for example, one in scores.items()},
    }
    write_results(
        variant.folder,
        {SCORES_NAME: json_text(document)},
        overwrite=_are_scores(variant.folder / SCORES_NAME),
    )


def _are_scores(file: Path) -> bool:
    """Tell scores of an earlier run, outdated or not, from a person's own file."""
    try:
        document = parse_json(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(document, dict) and {"checkpoint", "protocol", "scores"} <= document.keys()


def _name(example: Example) -> str:
    """Return a name that tells an example and its pictures from all others."""
    index = example.shards.parts[0][1]
    return f"{example.benchmark}/{example.name}/{index.fingerprint[:16]}"


def _digest(variant: Variant) -> str:
    return hash_file(variant.checkpoint)[1]
