"""Multi-view reflection sequences for single-image reflection removal.

The packages: :mod:`seqsynth.synthesis` makes sequences from photos, :mod:`seqsynth.shards`
stores and reads them, :mod:`seqsynth.cli` is the command line. Importing this package alone
imports nothing heavy; what it offers is loaded when it is used.

>>> import seqsynth
>>> seqsynth.open_shards("shards")[0].blended.shape  # doctest: +SKIP
(3, 224, 224, 3)
"""

from typing import TYPE_CHECKING

from seqsynth.lazy import lazy_names

if TYPE_CHECKING:
    from seqsynth.comparison import compare
    from seqsynth.config import RunConfig, SynthesisConfig
    from seqsynth.ingest import ingest_captures, ingest_pairs
    from seqsynth.report import write_report
    from seqsynth.sequence import ViewSequence
    from seqsynth.shards import open_shards, repair_shards, verify_shards
    from seqsynth.synthesis.generate import generate
    from seqsynth.synthesis.stream import synthesise

__version__ = "0.1.0"

__all__ = [
    "RunConfig",
    "SynthesisConfig",
    "ViewSequence",
    "compare",
    "generate",
    "ingest_captures",
    "ingest_pairs",
    "open_shards",
    "repair_shards",
    "synthesise",
    "verify_shards",
    "write_report",
]

__getattr__ = lazy_names(
    __name__,
    {
        "RunConfig": "seqsynth.config",
        "SynthesisConfig": "seqsynth.config",
        "ViewSequence": "seqsynth.sequence",
        "compare": "seqsynth.comparison",
        "generate": "seqsynth.synthesis.generate",
        "ingest_captures": "seqsynth.ingest",
        "ingest_pairs": "seqsynth.ingest",
        "open_shards": "seqsynth.shards",
        "repair_shards": "seqsynth.shards",
        "synthesise": "seqsynth.synthesis.stream",
        "verify_shards": "seqsynth.shards",
        "write_report": "seqsynth.report",
    },
)
