"""Read a shard set as a list of sequences: python read_shards.py SHARDS..."""

import sys

import numpy as np

from seqsynth.shards import Crop, open_shards

if __name__ == "__main__":
    sequences = open_shards(sys.argv[1:])
    print(sequences)

    # One sequence: what the camera saw, and what is known of the layers behind it.
    sequence = sequences[0]
    print(f"{sequence.name} ({sequence.split}): I {sequence.blended.shape}")
    if sequence.transmission is not None and sequence.reflection is not None:
        print(f"T {sequence.transmission.shape}, R {sequence.reflection.shape}")
    if sequence.trajectory is not None:
        moved = np.ptp(sequence.trajectory.reflection, axis=0)
        print(f"the reflection moved {moved[0]} px down and {moved[1]} px right")
    print("made from", sequence.metadata.get("source"))

    # A part of a set is a set again, and nothing is read until it is asked for.
    train = sequences.split("train")
    print(f"{len(train)} to train on, of which every tenth is {train[::10]}")

    # A batch is one array a kind of frame; crops read only their own rows.
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, len(train), 4).tolist()
    crops = [Crop(row=0, column=column, height=12, width=12) for column in range(4)]
    batch = train.batch(numbers, frames=["blended", "transmission"], crops=crops)
    print({name: frames.shape for name, frames in batch.items()})
