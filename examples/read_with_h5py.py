"""Read views of a shard set with h5py and numpy alone: python read_with_h5py.py SHARDS."""

import json
import sys
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

# Sets made with --compression zstd also need: import hdf5plugin

View = NDArray[np.uint8]


def read_view(f: h5py.File, i: int, v: int) -> tuple[View, View, View]:
    """Return I, T and R, uint8 (H, W, 3), of view ``v`` of sequence ``i`` of a synthetic shard."""
    if f.attrs["layout"] == "views":
        return f["blended"][i, v], f["transmission"][i, v], f["reflection"][i, v]
    height, width = f.attrs["window"]
    (y, x), (ry, rx) = f["transmission_origin"][i, v], f["reflection_origin"][i, v]
    behind = f["transmission_layer"][i, y : y + height, x : x + width]
    added = f["reflection_layer"][i, ry : ry + height, rx : rx + width]
    if "attenuation" in f:  # blends whose I is a sum
        added = np.maximum(added, f["attenuation"][i, v]) - f["attenuation"][i, v]
        return np.minimum(behind.astype(np.uint16) + added, 255).astype(np.uint8), behind, added
    if "vignette_bits" in f:  # R darkens towards the sides of the frame
        rows, columns, steps = (f[f"vignette_{name}"][i] for name in ("rows", "columns", "steps"))
        light = steps[added] * np.multiply.outer(rows / 2**20, columns / 2**20)[:, :, None]
        bits = np.unpackbits(f["vignette_bits"][i, v], axis=-1, count=3 * width)
        least = np.searchsorted(steps, light, side="right") - 1
        added = (least + bits.reshape(added.shape)).astype(np.uint8)
    table = f["level_table"][i]
    return table[np.arange(3) % len(table), behind, added], behind, added


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for shard in json.loads((folder / "index.json").read_text(encoding="utf-8"))["shards"]:
        with h5py.File(folder / shard["file"]) as file:
            means = [f"{view.mean():.2f}" for view in read_view(file, 0, file.attrs["views"] // 2)]
        print(shard["file"], "begins with a view of mean I {}, T {}, R {}".format(*means))
