"""What a shard holds one of: the views of a scene, its layers, and how they moved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""uint8 (H, W, 3), RGB."""

Views = NDArray[np.uint8]
"""uint8 (V, H, W, 3), RGB, in shooting order."""


@dataclass(frozen=True)
class Trajectory:
    """Where each window stood in its layer, in pixels (paper 4.2).

    Attributes
    ----------
    transmission, reflection : int (V, 2), row and column of the window's top-left corner
    """

    transmission: NDArray[np.int16]
    reflection: NDArray[np.int16]


@dataclass(frozen=True)
class ViewSequence:
    """The views of one scene (paper 3.1 and 4): I, and what is known of T and R.

    Attributes
    ----------
    blended : uint8 (V, H, W, 3), the photos as taken, reflection included (I)
    transmission : uint8 (V, H, W, 3); (1, H, W, 3) where only the centre view's is known;
        None where unknown (a photo without ground truth)
    reflection : uint8 (V, H, W, 3), or None where unknown
    trajectory : how the layers moved, or None where unknown
    name : source of the sequence, unique in its shard set
    split : "train", "val" or "test"
    metadata : whatever else its shard set records, JSON types only
    """

    blended: Views
    transmission: Views | None
    reflection: Views | None
    trajectory: Trajectory | None
    name: str
    split: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def views(self) -> int:
        """Number of views V (paper: N = 3)."""
        return len(self.blended)

    @property
    def centre(self) -> int:
        """Index of the centre view, the one whose transmission is wanted."""
        return self.views // 2

    @property
    def centre_blended(self) -> Image:
        """The centre view, uint8 (H, W, 3)."""
        view: Image = self.blended[self.centre]
        return view

    @property
    def centre_transmission(self) -> Image | None:
        """The centre view's transmission, uint8 (H, W, 3), or None where unknown."""
        if self.transmission is None:
            return None
        view: Image = self.transmission[self.centre if len(self.transmission) > 1 else 0]
        return view
