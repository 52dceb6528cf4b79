"""Multi-view reflection sequences for single-image reflection removal.

The packages: :mod:`seqsynth.synthesis` makes sequences from photos, :mod:`seqsynth.shards`
stores and reads them, :mod:`seqsynth.cli` is the command line. Importing this package alone
imports nothing heavy.
"""

__version__ = "0.1.0"
