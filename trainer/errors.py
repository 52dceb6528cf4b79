"""The errors of training that a caller may want to catch; each is also a built-in error.

Faults of settings, shards, photos and outputs are those of :mod:`seqsynth.errors`.
"""

from seqsynth.errors import SeqsynthError


class WeightsError(SeqsynthError, OSError):
    """Weights made elsewhere (VGG-19's) are missing, torn or not the ones that were asked for."""


class CheckpointError(SeqsynthError, OSError):
    """A checkpoint is missing, torn, or of another run than the one asked for."""


class DivergenceError(SeqsynthError, ArithmeticError):
    """A loss is no number any more."""


class CollapseError(SeqsynthError, ArithmeticError):
    """A network is dead: it draws the same at every pixel, and cannot come back."""


class ResourceError(SeqsynthError, MemoryError):
    """The device has too little memory for the recipe."""


class ExportError(SeqsynthError, RuntimeError):
    """An exported network does not do what the checkpoint's does, or a library is missing."""


class MethodError(SeqsynthError, ValueError):
    """A method that learns nothing was given something it cannot work with."""


class SampleError(SeqsynthError, ValueError):
    """Scores over images cannot be summed up or compared; the text says why."""
