"""Whether a network is alive: which of its channels still fire, and whether its pictures vary.

A residual network that has died adds the same to every pixel. That scores like a correction of
tone, and a loss that falls says nothing of it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from trainer.training.watching.csv_log import Columns

ACTIVATIONS = (nn.ReLU, nn.LeakyReLU)

PEAK = 255
"""Levels from black to white."""

FLAT = 0.01
"""Share of the truth's spread below which what a network draws is the same at every pixel."""

NUMB = 0.5
"""Share of dead channels before the colours from which a network does not come back."""


class LifeWatch:
    """What every activation of a network does over the held-out sequences.

    Attributes
    ----------
    net : watched while `listening`, and left as it was
    """

    def __init__(self, net: nn.Module) -> None:
        self.net = net
        self._lowest: dict[str, Tensor] = {}
        self._highest: dict[str, Tensor] = {}
        self._seen: dict[str, int] = {}
        self._spreads: dict[str, list[Tensor]] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note the least and largest value of each channel of every activation that runs."""
        hooks = [
            module.register_forward_hook(self._note(name))
            for name, module in self.net.named_modules()
            if isinstance(module, ACTIVATIONS)
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def add(self, blended: Tensor, restored: Tensor, truth: Tensor) -> None:
        """Look at pictures (B, 3, H, W) in [0, 1]: what went in, what came out, the truth."""
        pictures = {
            "residual_std": restored.float() - blended,
            "residual_std_true": truth.float() - blended,
            "output_std": restored.float(),
        }
        for name, picture in pictures.items():
            # Lists of tensors, not numbers: reading one out would make a GPU wait.
            self._spreads.setdefault(name, []).append(picture.std((2, 3)).mean(1) * PEAK)

    def measures(self) -> Columns:
        """Return shares of dead channels, and spreads in levels, by name.

        A channel is dead if it has one value at all pixels of all sequences: zero with ReLU. Where
        a single value was seen, as of a small picture pooled to one cell, nobody can tell.
        """
        measures = {n: float(torch.cat(found).mean()) for n, found in self._spreads.items()}
        told = [name for name, values in self._seen.items() if values > 1]
        dead = {name: (self._highest[name] <= self._lowest[name]).float() for name in told}
        if dead:
            measures["dead_everywhere"] = float(torch.cat(list(dead.values())).mean())
            last = [share for name, share in dead.items() if name.startswith("decoder.fine")]
            if last:
                measures["dead_before_colours"] = float(last[-1].mean())
        return measures

    def _note(self, name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        """Return a hook for one activation."""

        def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            channels = output.transpose(0, 1).flatten(1)
            lowest, highest = channels.amin(1), channels.amax(1)
            if name in self._highest:
                lowest = torch.minimum(lowest, self._lowest[name])
                highest = torch.maximum(highest, self._highest[name])
            self._lowest[name], self._highest[name] = lowest, highest
            self._seen[name] = self._seen.get(name, 0) + channels.shape[1]

        return note


def is_flat(measures: Mapping[str, float]) -> bool:
    """Whether what a network draws is the same at every pixel, though the truth is not."""
    return _drawn(measures) < FLAT * measures.get("residual_std_true", 0.0)


def is_dead(measures: Mapping[str, float]) -> bool:
    """Whether a network is flat and has too few channels left to become anything else."""
    return is_flat(measures) and measures.get("dead_before_colours", 0.0) >= NUMB


def describe_flat(measures: Mapping[str, float]) -> str:
    """Say how flat what a network draws is."""
    return (
        f"what it draws is the same at every pixel (standard deviation {_drawn(measures):.2g} "
        f"levels, that of the true change {measures['residual_std_true']:.3g})"
    )


def obituary(stage: str, step: int, measures: Mapping[str, float]) -> str:
    """Say what died, how that was seen unless others have seen it, and what to do."""
    seen = ""
    if measures:
        seen = (
            f": {describe_flat(measures)}, and {measures['dead_before_colours']:.0%} of the "
            "channels before its last layer never fire"
        )
    return (
        f"the {stage} is dead at step {step}{seen}; begin again in another folder, with "
        f"net.leaky_slope = 0.2 or a lower {stage}.learning_rate"
    )


def _drawn(measures: Mapping[str, float]) -> float:
    """Return the spread of what the last layer draws: a change of the photo, or a picture."""
    return min(measures.get(name, PEAK) for name in ("residual_std", "output_std"))
