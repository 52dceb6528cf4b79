"""The ablations of the paper's Table 2 (5.3): train every variant, score it, resume row by row."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsynth.errors import ConfigError
from seqsynth.ledger import write_results
from trainer.evaluation.published import REMARKS_2, TABLE_2
from trainer.evaluation.results import RENDERERS
from trainer.evaluation.tables import Table
from trainer.evaluation.tally import Tally
from trainer.evaluation.trained_rows import score_rows
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


WHOLE = frozenset({"hallucination", "encoder", ""})
"""The rows whose teacher lacks nothing: they share one. Without transfer there is none."""


@dataclass(frozen=True)
class SharedTeacher:
    """The run of a teacher that several rows learn from."""

    config: FitConfig
    folder: Path

    @property
    def name(self) -> str:
        """What it is called among the rows."""
        return "the whole teacher"

    @property
    def checkpoint(self) -> Path:
        """The teacher that the rows' students learn from."""
        return self.folder / "teacher" / f"{self.config.teach_with}.pt"


@dataclass(frozen=True)
class Variant:
    """One row: what is left out, the recipe, and the folder of its run.

    Attributes
    ----------
    teacher : shared with other rows, and trained before; None where it has its own or none
    """

    part: str
    config: FitConfig
    folder: Path
    teacher: SharedTeacher | None = None

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
    """Give every recipe (part left out -> recipe) a folder, and rows that can one teacher.

    Its run lies beside theirs, in ``teacher``.

    Raises
    ------
    ConfigError
        A row is to begin with weights of another run, which the other rows cannot.
    """
    for config in recipes.values():
        if config.init_from is not None:
            raise ConfigError(
                f"init_from = {config.init_from}: the rows of Table 2 are compared from one start, "
                "and weights of a whole network fit no row that lacks a part of it; leave it out, "
                "or fine-tune one network with trainer fit --init-from"
            )
    return [_plan(part, config, out) for part, config in recipes.items()]


def _plan(part: str, config: FitConfig, out: Path) -> Variant:
    folder = out / (f"no-{part}" if part else "all-parts")
    if part not in WHOLE or config.stage != "both" or config.teacher_from is not None:
        return Variant(part, config, folder)
    # Of one recipe whichever row comes first: the student's parts are none of its own.
    net = config.net.model_copy(update={"hallucination": True, "encoder": True})
    recipe = config.model_copy(update={"stage": "teacher", "net": net})
    teacher = SharedTeacher(recipe, out / "teacher")
    student = config.model_copy(update={"stage": "student", "teacher_from": teacher.checkpoint})
    return Variant(part, student, folder, teacher)


def train_variant(variant: Variant, folders: Sequence[Path]) -> Generator[Report, None, None]:
    """Train one row, or what is missing of it; a finished one yields nothing.

    Raises
    ------
    SeqsynthError
        See `trainer.training.fit.fit`.
    """
    if variant.teacher is not None:
        yield from fit(variant.teacher.config, folders, variant.teacher.folder)
    yield from fit(variant.config, folders, variant.folder)


def score_variants(
    variants: Sequence[Variant], folders: Sequence[Path], protocol: str = "native"
) -> Iterator[Tally]:
    """Score trained rows beside those that learn nothing; yield the tally after each.

    Raises
    ------
    ShardError
        See `trainer.evaluation.trained_rows.score_rows`.
    """
    yield from score_rows(variants, [("", folder) for folder in folders], protocol)


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
