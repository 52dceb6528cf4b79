"""Restore photos of any size with a trained student."""
