"""Blend models beside CEILNet's: each makes views whose T and R make I by its stated formula.

docs/blends.md states the formulas, and which constants are whose. docs/own-blend.md shows how to
write another.
"""

from collections.abc import Callable

from seqsynth.seeds import Draws
from seqsynth.synthesis.blends import dsrnet, ghosting, ibcln, linear, zhang
from seqsynth.synthesis.blends.cuts import (
    reflection_scene,
    reflection_windows,
    transmission_windows,
)
from seqsynth.synthesis.blends.levels import LevelTable
from seqsynth.synthesis.layers import BlendedViews, LayerPair

__all__ = [
    "BLENDS",
    "LEVEL_TABLES",
    "Blend",
    "BlendedViews",
    "LayerPair",
    "LevelTable",
    "reflection_scene",
    "reflection_windows",
    "transmission_windows",
]

Blend = Callable[[LayerPair, float, Draws], BlendedViews]
"""A blend model: a pair of layers, a factor on R's strength and draws make the views of both."""

BLENDS: dict[str, Blend] = {
    "zhang": zhang.blend,
    "ibcln": ibcln.blend,
    "dsrnet": dsrnet.blend,
    "ghosting": ghosting.blend,
    "linear": linear.blend,
}
"""Blend model by name."""

LEVEL_TABLES: dict[str, Callable[[dict[str, float]], LevelTable]] = {
    "zhang": zhang.tabulate,
    "ibcln": ibcln.tabulate,
    "dsrnet": dsrnet.tabulate,
    "ghosting": ghosting.tabulate,
    "linear": linear.tabulate,
}
"""I for every level of T and R by blend model, from a sequence's parameters: what a check needs."""
