"""The errors of training that a caller may want to catch; each is also a built-in error."""

from seqsynth.errors import SeqsynthError


class WeightsError(SeqsynthError, OSError):
    """Weights made elsewhere (VGG-19's) are missing, torn or not the ones that were asked for."""
