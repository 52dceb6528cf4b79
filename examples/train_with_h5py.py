"""Train a small network on shards with h5py and torch alone: python train_with_h5py.py SHARDS."""

import sys
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import nn

network = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 3, 3, padding=1))
optimiser = torch.optim.Adam(network.parameters(), 1e-3)
for path in sorted(Path(sys.argv[1]).glob("train-*.h5")):
    with h5py.File(path) as f:  # a shard of blend ceilnet, layout layers
        v, (height, width) = f.attrs["views"] // 2, f.attrs["window"]
        for i, lowered in enumerate(f["attenuation"][:, v].astype(np.float32)):
            (y, x), (ry, rx) = f["transmission_origin"][i, v], f["reflection_origin"][i, v]
            truth = f["transmission_layer"][i, y : y + height, x : x + width].astype(np.float32)
            layer = f["reflection_layer"][i, ry : ry + height, rx : rx + width].astype(np.float32)
            photo = np.minimum(truth + np.maximum(layer - lowered, 0), 255)
            blended, wanted = (torch.tensor(p).permute(2, 0, 1) / 255 for p in (photo, truth))
            optimiser.zero_grad()
            loss = (blended + network(blended) - wanted).abs().mean()
            loss.backward()
            optimiser.step()
    print(f"{path.name}: mean absolute error {loss:.4f}")
