"""Rows of a table that are trained first: a run folder each, scored once for each checkpoint."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from typing import Protocol as Interface

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
from trainer.evaluation.tally import ImageResult, Tally, score_examples
from trainer.machine import open_machine
from trainer.recipe import FitConfig

SCORES_NAME = "scores.json"


class TrainedRow(Interface):
    """One row and the run that it rests on."""

    @property
    def name(self) -> str:
        """Of the row."""

    @property
    def config(self) -> FitConfig:
        """The recipe of its run."""

    @property
    def folder(self) -> Path:
        """Of its run."""

    @property
    def checkpoint(self) -> Path:
        """The network that is scored."""


def score_rows(
    rows: Sequence[TrainedRow], tests: Sequence[tuple[str, Path]], protocol: str = "native"
) -> Iterator[Tally]:
    """Score trained rows beside those that learn nothing; yield the tally after each.

    Scores are kept beside each run and used again while its checkpoint is the same.

    Parameters
    ----------
    tests : name of the column, or "" for the set's own, and shard folder
    protocol : how photos are sized and predictions rounded

    Raises
    ------
    ShardError
        There is nothing to score on.
    """
    benchmark = open_examples(tests)
    rules = PROTOCOLS[protocol]
    untrained = untrained_methods(fit_colour_maps(benchmark.examples, rules))
    methods = [*untrained, *(Method(one.name, _unknown) for one in rows)]
    tally = Tally(methods, benchmark, [rules.sentence, *benchmark.notes])
    for result in score_examples(untrained, benchmark, rules):
        tally.add(result)
    for row in rows:
        known = _read_scores(row, benchmark, protocol)
        if known is None:
            results = restore_row(row, benchmark, rules)
            known = {one.example: one.scores for one in results if one.scores is not None}
            _write_scores(row, known, protocol)
        for example, scores in known.items():
            tally.put(row.name, example, scores)
        yield tally


def _unknown(*_: object) -> None:
    """Stand for a row whose scores were put in, not made."""


def restore_row(row: TrainedRow, benchmark: Benchmark, rules: Protocol) -> Iterator[ImageResult]:
    """Restore every photo with the network of a row, and score it."""
    with open_machine(row.config.device, "float32") as machine:
        method = checkpoint_method(row.name, row.checkpoint, machine)
        yield from score_examples([method], benchmark, rules)


def _read_scores(
    row: TrainedRow, benchmark: Benchmark, protocol: str
) -> dict[Example, Scores] | None:
    """Return the scores of an earlier run, None where anything they rest on has changed."""
    try:
        document = parse_json((row.folder / SCORES_NAME).read_bytes())
        scores = {name: Scores(**values) for name, values in document["scores"].items()}
        same = document["checkpoint"] == _digest(row) and document["protocol"] == protocol
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    names = {_name(example): example for example in benchmark.examples}
    if not same or names.keys() != scores.keys():
        return None
    return {names[name]: one for name, one in scores.items()}


def _write_scores(row: TrainedRow, scores: Mapping[Example, Scores], protocol: str) -> None:
    document: dict[str, Any] = {
        "row": row.name,
        "checkpoint": _digest(row),
        "protocol": protocol,
        "scores": {_name(example): asdict(one) for example, one in scores.items()},
    }
    write_results(
        row.folder,
        {SCORES_NAME: json_text(document)},
        overwrite=_are_scores(row.folder / SCORES_NAME),
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


def _digest(row: TrainedRow) -> str:
    return hash_file(row.checkpoint)[1]
