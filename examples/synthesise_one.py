"""Blend two photos into one multi-view sequence: python synthesise_one.py [STRIP.png]."""

import sys

import numpy as np
from PIL import Image
from skimage import data

from seqsynth.synthesis import SynthesisConfig, synthesise

if __name__ == "__main__":
    # Five views, the reflection at most half as strong as in the paper.
    config = SynthesisConfig(views=5, reflection_strength=(0.2, 0.5), seed=7)
    sequence = synthesise(data.astronaut(), data.coffee(), config)

    rows = [sequence.blended, sequence.transmission, sequence.reflection]
    strip = np.vstack([np.hstack(list(views)) for views in rows if views is not None])
    path = sys.argv[1] if len(sys.argv) > 1 else "strip.png"
    Image.fromarray(strip).save(path)

    print(f"{path}: I, T and R in rows, {sequence.views} views in columns")
    print(f"blur {sequence.metadata['sigma']:.2f} px, strength {sequence.metadata['strength']:.2f}")
    if sequence.trajectory is not None:
        print("reflection window at", sequence.trajectory.reflection.tolist())
