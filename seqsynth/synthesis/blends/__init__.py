"""Blend models beside CEILNet's: each makes views whose T and R make I by its stated formula.

docs/blends.md states the formulas, and which constants are whose.
"""

from collections.abc import Callable

from seqsynth.seeds import Draws
from seqsynth.synthesis.blends import dsrnet, ghosting, ibcln, linear, zhang
from seqsynth.synthesis.blends.levels import LevelTable
from seqsynth.synthesis.layers import BlendedViews, LayerPair

BLENDS: dict[str, Callable[[LayerPair, float, Draws], BlendedViews]] = {
    "zhang": zhang.blend,
    "ibcln": ibcln.blend,
    "dsrnet": dsrnet.blend,
    "ghosting": ghosting.blend,
    "linear": linear.blend,
}
"""Blend model by name: a pair of layers, a factor on R's strength and draws make its views."""

LEVEL_TABLES: dict[str, Callable[[dict[str, float]], LevelTable]] = {
    "zhang": zhang.tabulate,
    "ibcln": ibcln.tabulate,
    "dsrnet": dsrnet.tabulate,
    "ghosting": ghosting.tabulate,
    "linear": linear.tabulate,
}
"""I for every level of T and R by blend model, from a sequence's parameters: what a check needs."""
