"""Score checkpoints and anybody's output images on benchmarks: the whole of two commands.

`evaluate` and `score` find and score the same; their pages differ: the one shows where a method is
worst and best, the other is made like the paper's Figure 5.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from seqsynth.errors import ConfigError, SourceError
from seqsynth.files import real_path
from seqsynth.ledger import write_results
from trainer.evaluation.examples import Benchmark, open_examples
from trainer.evaluation.gallery import Album
from trainer.evaluation.methods import (
    YANG,
    Method,
    Predictions,
    checkpoint_method,
    fit_colour_maps,
    name_methods,
    untrained_methods,
)
from trainer.evaluation.protocols import PROTOCOLS, Protocol
from trainer.evaluation.results import (
    RENDERERS,
    describe_comparisons,
    render_figure,
    render_results,
)
from trainer.evaluation.tables import PSNR
from trainer.evaluation.tally import Tally, score_examples
from trainer.machine import Machine, open_machine
from trainer.methods import NAMES

UNTRAINED = ("identity", "stretch", "linear")
"""The rows that every table has."""

LINEAR_NOTE = (
    "linear: colour map fitted on the other photos of the same benchmark; stretch: black level "
    "halved; neither sees a reflection"
)

Progress = Callable[[int, int], None]
"""Called with pictures scored and pictures in all, first with none."""


STAGES = frozenset({"student", *NAMES})
"""Names of folders whose checkpoints are known by their run's."""


@dataclass(frozen=True)
class ScoringConfig:
    """How photos are scored.

    Attributes
    ----------
    protocol : how photos are sized and predictions rounded (`protocols.PROTOCOLS`)
    split : of the shards; "" takes what no network has seen
    device : where checkpoints run: auto, cuda, mps or cpu
    compare : pairs of rows to compare image by image
    pictures : images on the page: the worst and best of each row, or of each benchmark
    """

    protocol: str = "native"
    split: str = ""
    device: str = "auto"
    compare: tuple[tuple[str, str], ...] = ()
    pictures: int = 12


@dataclass(frozen=True)
class Entries:
    """What is to be scored: (name or "", path) of shards, checkpoints and prediction folders."""

    shards: tuple[tuple[str, Path], ...]
    methods: tuple[tuple[str, Path], ...]
    with_yang: bool


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a run found.

    Attributes
    ----------
    tally : every score
    album : small pictures of the run, empty where the configuration asks for none
    unmatched : predictions that no photo was matched with, by folder
    config : how it was scored
    page : what index.html shows
    left_out : what to say of files of other kinds, by folder of predictions
    """

    tally: Tally
    album: Album
    unmatched: dict[Path, list[Path]]
    config: ScoringConfig
    page: Literal["ends", "figure"]
    left_out: Mapping[Path, str] = field(default_factory=dict)

    def render(self, output_format: str = "text", *, quoted: bool = False) -> Iterator[str]:
        """Yield the table over all benchmarks, then one with every measure for each benchmark.

        Parameters
        ----------
        output_format : text, csv, markdown or latex (`results.RENDERERS`)
        quoted : with the paper's own rows
        """
        render = RENDERERS[output_format][0]
        yield render(self.tally.table(quoted=quoted))
        for column in self.tally.benchmark.columns:
            yield render(self.tally.details(column))

    def sentences(self) -> list[str]:
        """Return the comparisons asked for; unasked, whether each row beats a stretch in PSNR."""
        if self.config.compare:
            return describe_comparisons(self.tally, self.config.compare)
        # Only what every reader should know: is it better than two numbers?
        names = [method.name for method in self.tally.methods]
        others = [(name, "stretch") for name in names if name not in UNTRAINED]
        return describe_comparisons(self.tally, others, [PSNR])

    def write(self, out: Path, *, quoted: bool = False, overwrite: bool = False) -> None:
        """Write tables in four formats, per-image scores, comparisons and the page of pictures.

        Raises
        ------
        OutputError
            A file cannot be written, or one that was not written here would be replaced and
            ``overwrite`` is not given; what stood there before still does.
        """
        shown = self.config.pictures
        files = render_results(self.tally, self.album, quoted=quoted, shown=shown)
        if self.page == "figure":
            files["index.html"] = render_figure(self.tally, self.album, shown=shown)
        write_results(out, files, overwrite=overwrite)


def evaluate(
    items: Sequence[str | Path],
    config: ScoringConfig = ScoringConfig(),  # frozen
    *,
    progress: Progress | None = None,
) -> Evaluation:
    """Score methods on the photos in shards (paper 5.2); the page shows the worst and best images.

    Parameters
    ----------
    items : shard folders, student checkpoints, folders of output images named as their photos,
        and "yang"; NAME=PATH names a row, or a benchmark

    Raises
    ------
    ConfigError
        A path or a row does not exist, there are no shards, or two rows have one name.
    ShardError, CheckpointError
        A folder holds no shard set or no photo with ground truth; a file is no student.
    SourceError
        A prediction cannot be read, has another size than its photo, or a folder has no other.
    """
    return _run(items, config, "ends", progress)


def score(
    items: Sequence[str | Path],
    config: ScoringConfig = ScoringConfig(pictures=24),  # frozen
    *,
    progress: Progress | None = None,
) -> Evaluation:
    """Score as `evaluate` does; the page is like the paper's Figure 5, a row an image.

    Raises
    ------
    ConfigError, ShardError, CheckpointError, SourceError
        See `evaluate`.
    """
    return _run(items, config, "figure", progress)


def sort_items(items: Sequence[str | Path]) -> Entries:
    """Tell shards, checkpoints and prediction folders apart.

    Raises
    ------
    ConfigError
        A path does not exist, or there are no shards.
    """
    shards: list[tuple[str, Path]] = []
    methods: list[tuple[str, Path]] = []
    words = [str(item) for item in items]
    for word in words:
        if word in (*UNTRAINED, YANG.name):
            continue
        named = _named(word)
        if not named[1].exists():
            raise ConfigError(
                f"{named[1]}: no such file or folder, and none of the methods "
                f"{', '.join(UNTRAINED)}, {YANG.name}"
            )
        (shards if _is_shard_set(named[1]) else methods).append(named)
    if not shards:
        raise ConfigError(
            "no shards to score on: give a folder that seqsynth ingest-pairs, "
            "ingest-captures or generate made"
        )
    return Entries(tuple(shards), tuple(methods), YANG.name in words)


def _run(
    items: Sequence[str | Path],
    config: ScoringConfig,
    page: Literal["ends", "figure"],
    progress: Progress | None,
) -> Evaluation:
    entries = sort_items(items)
    benchmark = open_examples(entries.shards, config.split)
    rules = PROTOCOLS[config.protocol]
    with open_machine(config.device, "float32") as machine:
        methods, folders = _open_methods(entries, benchmark, rules, machine)
        _check_rows(config.compare, methods)
        tally = Tally(methods, benchmark, [rules.sentence, *benchmark.notes, LINEAR_NOTE])
        album = Album()
        total = len(methods) * len(benchmark.examples)
        tell = progress or _untold
        tell(0, total)
        for done, result in enumerate(score_examples(methods, benchmark, rules), start=1):
            tally.add(result)
            if config.pictures:
                album.add(result)
            tell(done, total)
    unmatched = {folder.folder: _unmatched(folder) for folder in folders}
    left_out = {folder.folder: folder.left_out for folder in folders if folder.left_out}
    return Evaluation(tally, album, unmatched, config, page, left_out)


def _untold(done: int, total: int) -> None:
    """Tell nobody."""


def _open_methods(
    entries: Entries, benchmark: Benchmark, protocol: Protocol, machine: Machine
) -> tuple[list[Method], list[Predictions]]:
    """Return every row in order, and the folders among them."""
    methods = untrained_methods(fit_colour_maps(benchmark.examples, protocol))
    if entries.with_yang:
        methods.append(YANG)
    folders = []
    for name, path in entries.methods:
        if path.is_dir():
            folders.append(Predictions(path, protocol))
            methods.append(Method(name or real_path(path).name, folders[-1].restore))
        else:
            methods.append(checkpoint_method(name or _checkpoint_name(path), path, machine))
    return list(name_methods(methods)), folders


def _check_rows(compare: Sequence[tuple[str, str]], methods: Sequence[Method]) -> None:
    names = [method.name for method in methods]
    for name in (name for pair in compare for name in pair):
        if name not in names:
            raise ConfigError(f"compare: {name!r} is no row; rows are {', '.join(names)}")


def _unmatched(folder: Predictions) -> list[Path]:
    """Return the predictions of no photo; refuse a folder that has no other."""
    unused = folder.unused()
    if not folder.is_used:
        raise SourceError(
            f"{folder.folder}: none of its {len(unused)} images is named as a photo of these "
            f"shards; {unused[0].name} is the first"
        )
    return unused


def _named(word: str) -> tuple[str, Path]:
    """Return name and path of NAME=PATH, no name where the whole is a path."""
    name, equals, path = word.partition("=")
    return (name, Path(path)) if equals and not Path(word).exists() else ("", Path(word))


def _checkpoint_name(path: Path) -> str:
    """Return the run's name for RUN/student/best.pt or RUN/METHOD/best.pt, else the file's."""
    whole = real_path(path)
    return whole.parent.parent.name if whole.parent.name in STAGES else whole.stem


def _is_shard_set(path: Path) -> bool:
    return path.name == "index.json" or (path / "index.json").is_file()
