"""How the layers of a sequence move: homographies, dense flow, and views resampled by them.

Numpy only, so that whoever reads shards can use it. Positions are (x, y), column and row, and a
homography takes pixels of the centre view to another view's. Everything that decides a pixel of a
synthetic set is a whole number; docs/shard-format.md states each step.
"""

from seqsynth.motion.flow import LayerMotion, Motion, slide_motion

__all__ = ["LayerMotion", "Motion", "slide_motion"]
