"""Reshape shard sets: merge them, divide them anew, choose from them; pictures are only copied.

>>> from seqsynth.reshape import plan_subset, reshape
>>> reshape(plan_subset("shards"), "copy")  # doctest: +SKIP
"""

from pathlib import Path

from seqsynth.config import RunConfig
from seqsynth.reshape.merge import MergeConfig, plan_merge
from seqsynth.reshape.plan import ReshapePlan, reshaping
from seqsynth.reshape.split import SplitConfig, plan_split
from seqsynth.reshape.subset import SubsetConfig, plan_subset
from seqsynth.shards.index import ShardIndex

__all__ = [
    "MergeConfig",
    "ReshapePlan",
    "SplitConfig",
    "SubsetConfig",
    "plan_merge",
    "plan_split",
    "plan_subset",
    "reshape",
    "reshaping",
]


def reshape(plan: ReshapePlan, out: str | Path, run: RunConfig | None = None) -> ShardIndex:
    """Write a planned set; the same call again resumes it.

    Raises
    ------
    SeqsynthError
        See `reshaping`.
    """
    with reshaping(plan, Path(out), run or RunConfig()) as making:
        for _ in making:
            pass
    return making.index
