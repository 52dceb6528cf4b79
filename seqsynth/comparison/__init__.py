"""How far one shard set is from another, and what would bring a synthetic one nearer.

>>> from seqsynth.comparison import compare
>>> compare("shards", "real")[0].comparison.distance  # doctest: +SKIP

Meant for a synthetic set beside a real one. Measured are I against T, the reflection, the glass,
brightness, colour and motion. `fit` searches the settings of the blend that come nearest:

>>> from seqsynth.comparison import FitConfig, fit
>>> found = fit("shards", "real", FitConfig(Path("fitted.toml")))  # doctest: +SKIP
>>> found.original.distance, found.fitted.distance, found.real.distance  # doctest: +SKIP
"""

from seqsynth.comparison.differences import Difference, SetComparison, compare_samples
from seqsynth.comparison.fitted import Fit, describe_fit
from seqsynth.comparison.fitting import FitConfig, fit
from seqsynth.comparison.measuring import QUANTITIES, Quantity, SetSample, measure_set
from seqsynth.comparison.rounds import CompareConfig, Round, compare, comparing
from seqsynth.comparison.sheet import describe, describe_suggestion
from seqsynth.comparison.suggestions import suggest_settings

__all__ = [
    "QUANTITIES",
    "CompareConfig",
    "Difference",
    "Fit",
    "FitConfig",
    "Quantity",
    "Round",
    "SetComparison",
    "SetSample",
    "compare",
    "compare_samples",
    "comparing",
    "describe",
    "describe_fit",
    "describe_suggestion",
    "fit",
    "measure_set",
    "suggest_settings",
]
