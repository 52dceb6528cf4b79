"""What a shard set is, in words others read: a dataset card and MLCommons Croissant metadata.

Both are written from the index alone, so one index gives one text.
"""

from seqsynth.description.card import dataset_card
from seqsynth.description.croissant import croissant

__all__ = ["croissant", "dataset_card"]
