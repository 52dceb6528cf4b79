"""What was drawn for the blends: blur, attenuation, strength, or the model's own parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqsynth.description.figures import count, significant
from seqsynth.report.histogram import Variable, draw_histogram
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey


@dataclass(frozen=True)
class Constant:
    """A number that is the same in every sequence."""

    label: str
    value: str


def blending_section(survey: Survey) -> Section | None:
    """Return the numbers of the blends, or None where the set records none."""
    variables = blend_variables(survey)
    if not variables:
        return None
    drawings = [draw_histogram(variable) for variable in variables if not _is_constant(variable)]
    return render_section(
        "blend",
        "Blend",
        "blending.html",
        drawings=drawings,
        constants=[_constant(variable) for variable in variables if _is_constant(variable)],
        blend=survey.index.configuration.get("blend"),
        has_band=any(chart.even for chart in drawings),
        sampled=count(len(survey.sample), "sequence"),
    )


def blend_variables(survey: Survey) -> list[Variable]:
    """Collect the numbers that made the blends of the sample, sequence by sequence.

    CEILNet's blend records a blur and an attenuation, every other model parameters of its own.
    """
    recorded = [observation.metadata for observation in survey.sample]
    blur = Variable(
        "blur σ", "px", _values(recorded, "sigma"), "reflection", survey.configured_range("sigma")
    )
    levels = tuple(float(level) for metadata in recorded for level in _attenuations(metadata))
    strength = Variable(
        "reflection strength",
        "",
        _values(recorded, "strength"),
        "reflection",
        survey.configured_range("reflection_strength"),
    )
    attenuation = Variable("attenuation", "levels", levels, "reflection")
    variables = [blur, attenuation, *_parameters(recorded), strength]
    return [variable for variable in variables if variable.values]


def _values(recorded: Sequence[Mapping[str, Any]], key: str) -> tuple[float, ...]:
    return tuple(float(metadata[key]) for metadata in recorded if key in metadata)


def _parameters(recorded: Sequence[Mapping[str, Any]]) -> list[Variable]:
    drawn = [metadata.get("parameters", {}) for metadata in recorded]
    names = dict.fromkeys(name for parameters in drawn for name in parameters)
    return [
        Variable(
            label=name.removesuffix("_px").replace("_", " "),
            unit="px" if name.endswith("_px") else "",
            values=_values(drawn, name),
            tone="transmission" if name.startswith("transmission") else "reflection",
        )
        for name in names
    ]


def _attenuations(metadata: Mapping[str, Any]) -> list[int]:
    """Return the distinct attenuations of a sequence: one, or one a view (``overflow view``)."""
    levels: list[int] = metadata.get("attenuation", [])
    return levels[:1] if len(set(levels)) == 1 else levels


def _is_constant(variable: Variable) -> bool:
    return len(set(variable.values)) == 1


def _constant(variable: Variable) -> Constant:
    unit = f" {variable.unit}" if variable.unit else ""
    return Constant(variable.label, f"{significant(variable.values[0])}{unit}")
