"""A sequence between its draws and its blend, and what a shard stores of it afterwards."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.seeds import Draws
from seqsynth.synthesis.layers import LayerPair

Record = dict[str, Any]
"""One sequence as a shard stores it: dataset name -> value."""


@dataclass(frozen=True)
class Draft:
    """Everything drawn for one sequence before its layers are blended.

    Attributes
    ----------
    pair : the two crops and the windows in them
    sigma, strength : CEILNet's blur of R in px; factor on R
    source : ids of the T and of the R photo
    window_source : int32 (2, 2), row and column of the T and of the R layer in its photo
    draws : the sequence's stream, for what the blend model draws itself
    """

    pair: LayerPair
    sigma: float
    strength: float
    source: tuple[str, str]
    window_source: NDArray[np.int32]
    draws: Draws

    @property
    def provenance(self) -> Record:
        """The fields every synthetic sequence is stored with, by dataset name."""
        camera = self.pair.camera
        moved: Record = (
            {
                "transmission_origin": self.pair.transmission_origin,
                "reflection_origin": self.pair.reflection_origin,
            }
            if camera is None
            else {**camera.views.record()}
        )
        return {
            **moved,
            "strength": self.strength,
            "source": np.array([name.encode() for name in self.source]),
            "window_source": self.window_source,
        }
