"""The configuration beside the paper's numbers, differences marked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seqsynth.config import SynthesisConfig, configuration_toml
from seqsynth.description import figures
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey
from seqsynth.shards.provenance import is_derived

PAPER: Mapping[str, tuple[Any, str]] = {
    "image_set": ("train", "4.2"),
    "views": (3, "3.1"),
    "transmission_step": ([0, 2], "4.2"),
    "reflection_step": ([10, 20], "4.2"),
    "direction": ("forward", "4.2"),
    "blend": ("ceilnet", "4.2"),
    "window": ([224, 224], "CEILNet"),
    "sigma": ([2.0, 5.0], "CEILNet"),
    "kernel": (11, "CEILNet"),
    "attenuation": (1.3, "CEILNet"),
    "reflection_strength": ([1.0, 1.0], "CEILNet"),
    "border": ("zero", "CEILNet"),
    "overflow": ("view", "CEILNet"),
}
"""Setting -> value and where it is stated: a section of the paper, or CEILNet, whose method the
paper takes over (4.2). The paper is silent on every other setting."""

RANGES = frozenset({"transmission_step", "reflection_step", "sigma", "reflection_strength"})

CEILNET_ONLY = frozenset({"sigma", "kernel", "attenuation", "border", "overflow"})
"""Settings that only CEILNet's blend reads."""


@dataclass(frozen=True)
class Row:
    """A setting.

    Attributes
    ----------
    name, value : as configured
    paper : the paper's value and where it is stated, "" where it is silent
    mark : "paper" (differs from the paper), "default" (differs from the default), "unused" (the
        blend does not read it) or ""
    description : what it means, "" where unknown
    """

    name: str
    value: str
    paper: str
    mark: str
    description: str


def configuration_section(survey: Survey) -> Section | None:
    """Return the table of settings, or None where the index has none."""
    configuration = survey.index.configuration
    if not configuration:
        return None
    is_synthetic = survey.index.kind == "synthetic"
    return render_section(
        "configuration",
        "Configuration",
        "configuration.html",
        rows=synthesis_rows(configuration) if is_synthetic else plain_rows(configuration),
        is_synthetic=is_synthetic,
        # No configuration alone makes a derived set again.
        toml=configuration_toml(configuration)
        if is_synthetic and not is_derived(survey.index)
        else "",
    )


def synthesis_rows(configuration: Mapping[str, Any]) -> list[Row]:
    """Return the settings of a synthetic set in the order of `SynthesisConfig`, others last."""
    defaults = SynthesisConfig().resolved()
    names = [name for name in defaults if name in configuration]
    others = {name: value for name, value in configuration.items() if name not in defaults}
    return [*(_row(name, configuration, defaults) for name in names), *plain_rows(others)]


def plain_rows(configuration: Mapping[str, Any]) -> list[Row]:
    """Return the settings of another kind of set; nested names are joined by dots."""
    return [Row(name, figures.setting(value), "", "", "") for name, value in _flat(configuration)]


def _row(name: str, configuration: Mapping[str, Any], defaults: Mapping[str, Any]) -> Row:
    value = configuration[name]
    field = SynthesisConfig.model_fields.get(name)
    paper, source = PAPER.get(name, (None, ""))
    return Row(
        name=name,
        value=_words(name, value),
        paper=f"{_words(name, paper)} ({source})" if source else "",
        mark=_mark(name, configuration, defaults),
        description=(field.description or "") if field else "",
    )


def _mark(name: str, configuration: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    if name in CEILNET_ONLY and configuration.get("blend", "ceilnet") != "ceilnet":
        return "unused"
    if name in PAPER:
        return "paper" if configuration[name] != PAPER[name][0] else ""
    # No number of sequences is the default: it follows from the photos; nor is the seed a choice.
    if name in ("sequences", "seed", "layout") or name not in defaults:
        return ""
    return "default" if configuration[name] != defaults[name] else ""


def _words(name: str, value: Any) -> str:
    if value is None:
        return figures.setting(value)
    if name == "window":
        return f"{value[0]} × {value[1]}"
    if name in RANGES:
        return figures.interval(*value)
    if name == "shard_size":
        # Written as it is given on the command line, where units are binary.
        return f"{figures.significant(value / 2**20)}MB"
    return figures.setting(value)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
