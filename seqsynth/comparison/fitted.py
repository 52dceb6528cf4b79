"""What a fit found: settings, distances, the file that makes sets by it, lines for a terminal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seqsynth.comparison.differences import SetComparison
from seqsynth.comparison.halves import Halves
from seqsynth.comparison.origins import OF_THE_CALLER
from seqsynth.comparison.search_space import settings_of
from seqsynth.config import SynthesisConfig, configuration_toml
from seqsynth.description import figures


@dataclass(frozen=True)
class Fit:
    """What was found.

    Attributes
    ----------
    names : of the synthetic and of the real set
    before, after : the configuration of the synthetic set, and the one that fits
    halves : the numbers of the real pairs
    stored : of the synthetic set as it stands, against the real pairs held back
    original, fitted : of photos blended by ``before`` and ``after``, against the same
    real : of the real pairs fitted to, against the same
    fitting_distances : of ``before`` and ``after`` from the pairs fitted to, when it was chosen
    """

    names: tuple[str, str]
    before: SynthesisConfig
    after: SynthesisConfig
    halves: Halves
    stored: SetComparison
    original: SetComparison
    fitted: SetComparison
    real: SetComparison
    fitting_distances: tuple[float, float]

    def distances(self) -> dict[str, float]:
        """Return the distances from the pairs held back, by what they are of."""
        return {
            "the set as it stands": self.stored.distance,
            "its photos blended anew": self.original.distance,
            "blended by the settings found": self.fitted.distance,
            "the real pairs fitted to": self.real.distance,
        }


@dataclass(frozen=True)
class Change:
    """A setting before and after, in words."""

    name: str
    before: str
    after: str


def changes_of(fit: Fit) -> Iterator[Change]:
    """Yield the settings that were searched, called as in a file."""
    before, after = settings_of(fit.before), settings_of(fit.after)
    table = f"blend_{fit.after.blend}"
    for name, value in _flat(after, table, fit.after.blend):
        old = dict(_flat(before, table, fit.before.blend))[name]
        yield Change(name, _words(old), _words(value))


def describe_fit(fit: Fit) -> list[str]:
    """Return what was found in lines for a reader: distances, then settings."""
    lines = [
        f"held back: {len(fit.halves.held_back)} of "
        f"{len(fit.halves.fitting) + len(fit.halves.held_back)} pairs of {fit.names[1]}; mean "
        "distance from them (0 alike, 1 apart)"
    ]
    lines += [f"  {name:<34}{value:>7.3f}" for name, value in fit.distances().items()]
    lines.append(
        f"from the pairs fitted to: {fit.fitting_distances[0]:.3f} before, "
        f"{fit.fitting_distances[1]:.3f} after"
    )
    lines += [f"  {one.name}: {one.before} before, {one.after} after" for one in changes_of(fit)]
    return lines


def fit_toml(fit: Fit) -> str:
    """Return the file of settings that `seqsynth generate` takes, what was found said above."""
    held, distances = len(fit.halves.held_back), fit.distances()
    usual = SynthesisConfig(blend=fit.after.blend).resolved()
    configuration = {
        name: value
        for name, value in fit.after.resolved().items()
        if name not in OF_THE_CALLER and (name == "blend" or value != usual.get(name))
    }
    comments = [
        f"Blend {fit.after.blend} of {fit.names[0]}, fitted to {len(fit.halves.fitting)} pairs of "
        f"{fit.names[1]} by seqsynth compare --fit.",
        f"Mean distance from the {held} pairs held back: "
        f"{distances['its photos blended anew']:.3f} before, "
        f"{distances['blended by the settings found']:.3f} with these settings, "
        f"{distances['the real pairs fitted to']:.3f} of the pairs fitted to.",
        "Which photos, how many, and how they are stored, the command says.",
    ]
    head = "".join(f"# {_on_one_line(comment)}\n" for comment in comments)
    return f"{head}\n{configuration_toml(configuration)}"


def _flat(settings: Mapping[str, Any], table: str, blend: str) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if name == table:
            yield from ((f"blend.{blend}.{key}", each) for key, each in value.items())
        else:
            yield name, value


def _words(value: Any) -> str:
    return figures.interval(*value) if isinstance(value, tuple) else figures.setting(value)


def _on_one_line(text: str) -> str:
    """Return a text that names may be part of, in which nothing ends the line."""
    return "".join(one if one.isprintable() else "?" for one in text)
