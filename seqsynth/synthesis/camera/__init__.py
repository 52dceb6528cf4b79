"""Motion by a camera: each layer is a plane seen by a pinhole camera that moves and turns.

A view of a layer is then a homography of its photo. Everything that decides a pixel is a whole
number; docs/shard-format.md states each step.
"""
