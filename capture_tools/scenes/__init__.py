"""Scenes: folders of photos found, made from a camera roll, read in their roles, and framed."""
