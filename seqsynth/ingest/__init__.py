"""Photos from elsewhere into shards: benchmark pairs and camera captures.

>>> from seqsynth.ingest import find_pairs, ingest_captures, ingest_pairs
>>> ingest_pairs(find_pairs("real20", Path("real20")), Path("shards"))  # doctest: +SKIP
>>> ingest_captures(Path("scenes"), Path("captured"))                   # doctest: +SKIP
"""

from typing import TYPE_CHECKING

from seqsynth.lazy import lazy_names

if TYPE_CHECKING:
    from seqsynth.ingest.capture_config import CaptureConfig
    from seqsynth.ingest.decisions import read_decisions
    from seqsynth.ingest.ingestion import Verdicts, check_captures, ingest_captures
    from seqsynth.ingest.layouts import find_pairs
    from seqsynth.ingest.pairs import PairConfig, ingest_pairs

__all__ = [
    "CaptureConfig",
    "PairConfig",
    "Verdicts",
    "check_captures",
    "find_pairs",
    "ingest_captures",
    "ingest_pairs",
    "read_decisions",
]

# A camera's photos need far more libraries than a benchmark's pairs.
__getattr__ = lazy_names(
    __name__,
    {
        "CaptureConfig": "seqsynth.ingest.capture_config",
        "PairConfig": "seqsynth.ingest.pairs",
        "Verdicts": "seqsynth.ingest.ingestion",
        "check_captures": "seqsynth.ingest.ingestion",
        "find_pairs": "seqsynth.ingest.layouts",
        "ingest_captures": "seqsynth.ingest.ingestion",
        "ingest_pairs": "seqsynth.ingest.pairs",
        "read_decisions": "seqsynth.ingest.decisions",
    },
)
