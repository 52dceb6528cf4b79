"""Make the README's picture: two sequences as strips, from photos in the public domain."""

from pathlib import Path

import numpy as np
import skimage.data

from seqsynth.pictures import encode
from seqsynth.sequence import ViewSequence
from seqsynth.synthesis import SynthesisConfig, synthesise

HERE = Path(__file__).parent
GAP = 6


def strip(sequence: ViewSequence) -> np.ndarray:
    """Return the blended views, then T and R of the centre view, side by side."""
    panels = list(sequence.blended)
    for layer in (sequence.transmission, sequence.reflection):
        if layer is not None:
            panels.append(layer[sequence.centre])
    gap = np.full((panels[0].shape[0], GAP, 3), 255, np.uint8)
    parts = [part for panel in panels for part in (panel, gap)]
    return np.hstack(parts[:-1])


def main() -> None:
    """Write sequences.jpg."""
    pairs = (("coffee", "astronaut", "ceilnet", 5), ("chelsea", "coffee", "linear", 1))
    rows = []
    for transmission, reflection, blend, number in pairs:
        photos = (getattr(skimage.data, name)() for name in (transmission, reflection))
        config = SynthesisConfig.model_validate({"blend": blend, "seed": 7})
        rows += [strip(synthesise(*photos, config, number=number))]
    gap = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
    picture = np.vstack([rows[0], gap, rows[1]])
    (HERE / "sequences.jpg").write_bytes(encode(picture, ".jpg", quality=88))


main()
