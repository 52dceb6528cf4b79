"""Tools for camera captures."""
