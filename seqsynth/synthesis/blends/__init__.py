"""Blend models, the paper's and others: each makes views whose T and R make I by its formula.

docs/blends.md states the formulas, and which constants are whose. docs/own-blend.md shows how to
write another.
"""

from collections.abc import Callable
from functools import partial

from seqsynth.config import SynthesisConfig
from seqsynth.seeds import Draws
from seqsynth.synthesis.blends import ceilnet, dsrnet, ghosting, ibcln, linear, zhang
from seqsynth.synthesis.blends.cuts import (
    reflection_scene,
    reflection_windows,
    transmission_windows,
)
from seqsynth.synthesis.blends.keeping import kept_layers
from seqsynth.synthesis.blends.levels import LevelTable
from seqsynth.synthesis.draft import Draft, Record
from seqsynth.synthesis.integers.arithmetic import Arithmetic
from seqsynth.synthesis.layers import BlendedViews, LayerPair

__all__ = [
    "BLENDS",
    "LEVEL_TABLES",
    "Blend",
    "BlendModel",
    "BlendedViews",
    "LayerPair",
    "LevelTable",
    "from_views",
    "reflection_scene",
    "reflection_windows",
    "transmission_windows",
]

Blend = Callable[[LayerPair, float, Draws], BlendedViews]
"""A blend of one's own: a pair of layers, a factor on R's strength and draws make the views."""

BlendModel = Callable[[Draft, SynthesisConfig, Arithmetic], Record]
"""A blend as the synthesis runs it: what was drawn for a sequence in, its datasets out."""


def from_views(blend: Blend) -> BlendModel:
    """Return the model that keeps a blend's views, or the layers they are made of, and its numbers.

    A blend of one's own, which states no layer of R, is kept as views whatever the layout.
    """

    def model(draft: Draft, config: SynthesisConfig, _: Arithmetic) -> Record:
        views = blend(draft.pair, draft.strength, draft.draws)
        if config.resolved_layout == "layers" and views.kept is not None:
            table = LEVEL_TABLES[config.blend](views.parameters)
            return kept_layers(config.blend, draft.pair, views, views.kept, table)
        return {
            "blended": views.blended,
            "transmission": views.transmission,
            "reflection": views.reflection,
            "parameters": views.parameters,
        }

    return model


def from_settings(name: str, blend: Callable[..., BlendedViews]) -> BlendModel:
    """Return the model of a blend that takes its own settings after a `Blend`'s arguments."""

    def model(draft: Draft, config: SynthesisConfig, arithmetic: Arithmetic) -> Record:
        settings = getattr(config, f"blend_{name}")
        return from_views(partial(blend, settings=settings))(draft, config, arithmetic)

    return model


BLENDS: dict[str, BlendModel] = {
    "ceilnet": ceilnet.blend,
    "zhang": from_settings("zhang", zhang.blend),
    "ibcln": from_settings("ibcln", ibcln.blend),
    "dsrnet": from_settings("dsrnet", dsrnet.blend),
    "ghosting": from_settings("ghosting", ghosting.blend),
    "linear": from_settings("linear", linear.blend),
}
"""Blend model by name."""

LEVEL_TABLES: dict[str, Callable[[dict[str, float]], LevelTable]] = {
    "ceilnet": ceilnet.tabulate,
    "zhang": zhang.tabulate,
    "ibcln": ibcln.tabulate,
    "dsrnet": dsrnet.tabulate,
    "ghosting": ghosting.tabulate,
    "linear": linear.tabulate,
}
"""I for every level of T and R by blend model, from a sequence's parameters: what a check needs."""
