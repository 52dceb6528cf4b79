"""The settings that a synthetic set was made with, also where it was made of other sets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqsynth.config import SynthesisConfig
from seqsynth.errors import ConfigError
from seqsynth.settings import check_settings
from seqsynth.shards import read_index
from seqsynth.shards.provenance import parts_of

OF_THE_CALLER = ("sequences", "image_set", "layout", "compression", "shard_size")
"""Settings that a fitted file leaves to whoever generates: which photos, how many, and how they are
stored."""

OF_A_RUN = ("seed", "val_fraction")
"""Settings in which sets that are taken for one may differ, besides those left to the caller."""


def made_with(synthetic: str | Path, purpose: str) -> SynthesisConfig:
    """Return the settings of a synthetic set, derived or not.

    Parameters
    ----------
    synthetic : the set
    purpose : what they are wanted for, as "one is fitted"

    Raises
    ------
    ConfigError
        The set was made of others whose settings differ, or what it states are no settings.
    """
    parts = [_made_by(part.configuration) for part in parts_of(read_index(synthetic))]
    stated = [part.model_dump(exclude={*OF_THE_CALLER, *OF_A_RUN}) for part in parts]
    differing = [name for name in stated[0] if any(one[name] != stated[0][name] for one in stated)]
    if differing:
        raise ConfigError(
            f"{synthetic} is made of sets that differ in {', '.join(differing)}, and {purpose}: "
            "name a set whose settings are the same throughout"
        )
    return parts[0]


def _made_by(configuration: Mapping[str, Any]) -> SynthesisConfig:
    """Return the settings that the configuration of a set at first hand states."""
    known = SynthesisConfig.model_fields
    stated = {k: v for k, v in configuration.items() if k in known and v is not None}
    return check_settings(SynthesisConfig, stated)
