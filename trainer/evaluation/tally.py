"""Score methods on benchmarks image by image, and sum up as the paper's Table 1 and beyond it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from seqsynth.metrics import Picture, Scores, score
from seqsynth.sequence import Image
from seqsynth.tables import csv_text
from trainer.evaluation.examples import Benchmark, Example
from trainer.evaluation.methods import Method
from trainer.evaluation.protocols import Protocol
from trainer.evaluation.published import REMARKS_1, TABLE_1
from trainer.evaluation.statistics import Comparison, Summary, compare, summarise
from trainer.evaluation.tables import (
    CHANNEL_PSNR,
    LMSE,
    NCC,
    PSNR,
    SSIM,
    STRUCTURE,
    WORSE,
    Kind,
    Row,
    Table,
    average_scores,
)

PAPER_MEASURES = (SSIM, LMSE)
"""Columns of the paper's Table 1."""

DETAILS = (
    SSIM,
    SSIM.median,
    LMSE,
    LMSE.median,
    PSNR,
    PSNR.median,
    WORSE,
    STRUCTURE,
    STRUCTURE.median,
    CHANNEL_PSNR,
    NCC,
)
"""Columns of a table of one benchmark."""

COMPARED = (SSIM, LMSE, PSNR, STRUCTURE)
"""Measures with intervals and paired comparisons."""

MARGINS = {PSNR.key: 1.0, STRUCTURE.key: 1.0, SSIM.key: 0.01, LMSE.key: 0.001}
"""By how much an image must lose to count as made worse: dB for both PSNRs."""

BASELINE = "identity"
"""The row that is the photo itself."""


@dataclass(frozen=True, eq=False)
class ImageResult:
    """What one method made of one photo.

    Attributes
    ----------
    example, method : which
    scores : None where the method has no prediction for it
    photo, truth, prediction : as they were scored
    """

    example: Example
    method: Method
    scores: Scores | None
    photo: Image
    truth: Image
    prediction: Picture | None


def score_examples(
    methods: Sequence[Method], benchmark: Benchmark, protocol: Protocol
) -> Iterator[ImageResult]:
    """Yield a result for every photo and method, photo by photo.

    Raises
    ------
    PictureError
        A photo is too small to be scored.
    """
    for example in benchmark.examples:
        photo, truth = (protocol.resize(image) for image in example.read())
        for method in methods:
            restored = method.restore(photo, example)
            prediction = None if restored is None else protocol.finish(restored)
            scores = None if prediction is None else score(prediction, truth)
            yield ImageResult(example, method, scores, photo, truth, prediction)


class Tally:
    """The scores of a run, collected without the pictures.

    Parameters
    ----------
    methods, benchmark : the rows and the photos
    notes : what is printed with every table
    """

    def __init__(
        self, methods: Sequence[Method], benchmark: Benchmark, notes: Sequence[str]
    ) -> None:
        self.methods = list(methods)
        self.benchmark = benchmark
        self._notes = tuple(notes)
        self._scores: dict[tuple[str, Example], Scores] = {}

    def add(self, result: ImageResult) -> None:
        """Take up one result."""
        if result.scores is not None:
            self.put(result.method.name, result.example, result.scores)

    def put(self, method: str, example: Example, scores: Scores) -> None:
        """Take up scores that were made before."""
        self._scores[method, example] = scores

    def score(self, method: str, example: Example) -> Scores | None:
        """Return the scores of one photo."""
        return self._scores.get((method, example))

    def table(self, *, quoted: bool = False) -> Table:
        """Return the paper's Table 1 over these benchmarks; on demand with its own rows."""
        columns = self.benchmark.columns
        rows = [self._row(method, columns) for method in self.methods]
        notes = [*self._notes, *self._missing()]
        if quoted:
            rows = [*TABLE_1, *rows]
            notes += REMARKS_1
        return Table(columns, PAPER_MEASURES, rows, notes)

    def details(self, column: str) -> Table:
        """Return every measure of one benchmark: medians and shares beside the means."""
        rows = [self._row(method, [column]) for method in self.methods]
        return Table([column], DETAILS, rows)

    def images(self) -> str:
        """Return one line of CSV for each photo and method, every digit kept."""
        names = list(Scores.__dataclass_fields__)
        rows: list[list[object]] = [["benchmark", "subset", "image", "method", "kind", *names]]
        for (method, example), scores in self._scores.items():
            kind = next(one.kind for one in self.methods if one.name == method)
            head = [example.benchmark, example.subset, example.name, method, kind.value]
            rows.append([*head, *asdict(scores).values()])
        return csv_text(rows)

    def intervals(self, seed: int = 0) -> dict[tuple[str, str, str], Summary]:
        """Return (method, column, measure) -> mean with its bootstrap interval over images."""
        return {
            (method.name, column, measure.key): summarise(
                values, rng=np.random.default_rng((seed, number))
            )
            for number, measure in enumerate(COMPARED)
            for column in self.benchmark.columns
            for method in self.methods
            if (values := self._values(method.name, column, measure.key))
        }

    def compare(self, first: str, second: str, seed: int = 0) -> dict[tuple[str, str], Comparison]:
        """Return (column, measure) -> the first method against the second, image by image.

        Only images that both have count.
        """
        comparisons = {}
        for column in self.benchmark.columns:
            shared = [
                one
                for one in self.benchmark.of(column)
                if self.score(first, one) and self.score(second, one)
            ]
            for number, measure in enumerate(COMPARED):
                ours, theirs = (
                    [getattr(self._scores[name, one], measure.key) for one in shared]
                    for name in (first, second)
                )
                if shared:
                    comparisons[column, measure.key] = compare(
                        ours,
                        theirs,
                        margin=MARGINS[measure.key],
                        higher_is_better=measure.higher_is_better,
                        rng=np.random.default_rng((seed, number)),
                    )
        return comparisons

    def gain(self, method: str, example: Example) -> float:
        """Return by how many dB of PSNR a method improves a photo; NaN where unknown."""
        ours, photo = self.score(method, example), self.score(BASELINE, example)
        if ours is None or photo is None:
            return float("nan")
        if ours.psnr_pooled == photo.psnr_pooled:
            return 0.0
        return ours.psnr_pooled - photo.psnr_pooled

    def _row(self, method: Method, columns: Sequence[str]) -> Row:
        """Return a row; a benchmark of which an image is missing stays empty."""
        cells: dict[tuple[str, str], float] = {}
        for column in columns:
            examples = self.benchmark.of(column)
            scores = [s for one in examples if (s := self.score(method.name, one))]
            photos = [s for one in examples if (s := self.score(BASELINE, one))]
            if len(scores) == len(examples):
                cells |= average_scores(column, scores, photos)
        return Row(method.name, cells, method.kind)

    def _values(self, method: str, column: str, key: str) -> list[float]:
        scores = [self.score(method, one) for one in self.benchmark.of(column)]
        return [float(getattr(one, key)) for one in scores if one is not None]

    def _missing(self) -> Iterator[str]:
        for method in self.methods:
            for name in dict.fromkeys(one.benchmark for one in self.benchmark.examples):
                examples = self.benchmark.of(name)
                missing = [one.name for one in examples if self.score(method.name, one) is None]
                if missing and len(missing) < len(examples):
                    yield (
                        f"{method.name} has no prediction for {len(missing)} of "
                        f"{len(examples)} photos of {name}, such as {missing[0]}: left "
                        "empty"
                    )


def learns(method: Method) -> bool:
    """Say whether a row is more than a baseline."""
    return method.kind is Kind.MEASURED
