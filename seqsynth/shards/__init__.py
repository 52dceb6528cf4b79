"""Shards: the dataset on disk, written once and read by anyone.

>>> from seqsynth.shards import open_shards
>>> sequences = open_shards("shards")          # doctest: +SKIP
>>> sequences.split("train")[0].blended.shape  # doctest: +SKIP
(3, 224, 224, 3)
"""

from seqsynth.sequence import Trajectory, ViewSequence
from seqsynth.shards.aliases import aliases_of
from seqsynth.shards.index import ShardEntry, ShardIndex, read_index
from seqsynth.shards.inventory import Inventory, StoredSequence, read_inventory
from seqsynth.shards.leaks import Leak, describe_leaks, find_leaks
from seqsynth.shards.mapping import FRAMES
from seqsynth.shards.provenance import Part, parts_of
from seqsynth.shards.reader import ShardSet, open_shards
from seqsynth.shards.rebuild import Crop
from seqsynth.shards.repair import KnownSet, Repair, repair_shards
from seqsynth.shards.schema import SCHEMA_VERSION, Array
from seqsynth.shards.selection import Condition, parse_condition, select
from seqsynth.shards.session import WriteSession
from seqsynth.shards.summary import summarise
from seqsynth.shards.verify import Fault, verify_shards
from seqsynth.shards.writer import ShardPlan, write_shard

__all__ = [
    "FRAMES",
    "SCHEMA_VERSION",
    "Array",
    "Condition",
    "Crop",
    "Fault",
    "Inventory",
    "KnownSet",
    "Leak",
    "Part",
    "Repair",
    "ShardEntry",
    "ShardIndex",
    "ShardPlan",
    "ShardSet",
    "StoredSequence",
    "Trajectory",
    "ViewSequence",
    "WriteSession",
    "aliases_of",
    "describe_leaks",
    "find_leaks",
    "open_shards",
    "parse_condition",
    "parts_of",
    "read_index",
    "read_inventory",
    "repair_shards",
    "select",
    "summarise",
    "verify_shards",
    "write_shard",
]
