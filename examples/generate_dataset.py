"""Make a shard set from a folder of photos: python generate_dataset.py PHOTOS OUT.

PHOTOS is a VOCdevkit, a VOC2012 folder, or any folder of photos of at least 168 px a side. The same
command again goes on where it was stopped.
"""

import sys
from pathlib import Path

from seqsynth.shards import open_shards
from seqsynth.synthesis import RunConfig, SynthesisConfig, generate

if __name__ == "__main__":
    config = SynthesisConfig(
        window=(128, 128),
        direction="random",
        reflection_strength=(0.3, 1.0),
        val_fraction=0.1,
        seed=1,
    )
    index = generate(Path(sys.argv[1]), Path(sys.argv[2]), config, RunConfig(jobs=2))

    for shard in index.shards:
        print(f"{shard.file}: {shard.count} sequences, {shard.bytes:,} bytes, {shard.sha256[:12]}")
    print(open_shards(sys.argv[2]))
