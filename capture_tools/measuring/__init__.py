"""Measuring: light, focus, movers and motion of a scene, each number with the doubt it deserves."""
