"""Train a small network of your own on shards: python examples/train_your_own.py SHARDS."""

import sys

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from seqsynth.torch_dataset import CentrePairs

torch.manual_seed(0)
pairs = CentrePairs(sys.argv[1], split="train")
loader = DataLoader(pairs, batch_size=4, shuffle=True)
network = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 3, 3, padding=1))
optimiser = torch.optim.Adam(network.parameters(), 1e-3)
for epoch in range(3):
    total = 0.0
    for batch in loader:
        restored = batch["blended"] + network(batch["blended"])
        loss = functional.l1_loss(restored, batch["transmission"])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item() * len(restored)
    print(f"epoch {epoch}: mean absolute error {total / len(pairs):.4f}")
