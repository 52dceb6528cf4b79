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
    (top, left), (r_top, r_left) = f["transmission_origin"][i, v], f["reflection_origin"][i, v]
    lowered = f["attenuation"][i, v]

    transmission = f["transmission_layer"][i, top : top + height, left : left + width]
    layer = f["reflection_layer"][i, r_top : r_top + height, r_left : r_left + width]
    reflection = np.maximum(layer, lowered) - lowered
    blended = np.minimum(transmission.astype(np.uint16) + reflection, 255).astype(np.uint8)
    return blended, transmission, reflection


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    for shard in index["shards"]:
        with h5py.File(folder / shard["file"]) as file:
            views = file.attrs["views"]
            blended, transmission, reflection = read_view(file, 0, views // 2)
        print(
            f"{shard['file']}: {shard['count']} sequences of {views} views, {blended.shape}; the "
            f"first centre view has mean I {blended.mean():.2f}, T {transmission.mean():.2f}, "
            f"R {reflection.mean():.2f}"
        )
