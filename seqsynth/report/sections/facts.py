"""Headline facts: what the set is, at a glance."""

from dataclasses import dataclass

from seqsynth.description import figures
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey
from seqsynth.shards import FRAMES

MOST_FILES = 200

_KINDS = {
    "synthetic": ("Synthetic multi-view sequences", "drawn from photos, paper 4.2"),
    "captured": ("Captured multi-view sequences", "photographed through glass, paper 4.1"),
    "pair": ("Blended and transmission pairs", "photographs of a published benchmark or folder"),
}
_SYMBOLS = {"blended": "I", "transmission": "T", "reflection": "R"}


@dataclass(frozen=True)
class Fact:
    """A fact: its name, its value, and what else is worth saying."""

    name: str
    value: str
    note: str = ""


def title_of(survey: Survey) -> tuple[str, str]:
    """Return the page's title and subtitle."""
    title, _ = _KINDS[survey.index.kind]
    return title, f"{_count(survey)} · {survey.index.fingerprint[:12]}"


def facts_section(survey: Survey) -> Section:
    """Return the headline facts and the list of files."""
    return render_section(
        "facts",
        "At a glance",
        "facts.html",
        facts=list_facts(survey),
        fingerprint=survey.index.fingerprint,
        files=survey.index.shards[:MOST_FILES],
        unlisted=max(0, len(survey.index.shards) - MOST_FILES),
        size=figures.size,
    )


def list_facts(survey: Survey) -> list[Fact]:
    """Return the facts of a set, the most wanted first."""
    index = survey.index
    nbytes = sum(shard.bytes for shard in index.shards)
    each = f"{figures.size(nbytes / index.sequences)} a sequence" if index.sequences else ""
    facts = [
        Fact("Kind", index.kind, _KINDS[index.kind][1]),
        Fact("Sequences", f"{index.sequences:,}", _splits(survey)),
        *_view_facts(survey),
        Fact("Size", figures.size(nbytes), each),
        Fact("Layout", index.layout, figures.count(len(index.shards), "shard")),
    ]
    if "blend" in index.configuration:
        facts.append(Fact("Blend", str(index.configuration["blend"])))
    if "seed" in index.configuration:
        facts.append(Fact("Seed", str(index.configuration["seed"])))
    facts.append(Fact("Complete", "yes" if index.complete else "no"))
    return [*facts, Fact("Made by", f"seqsynth {index.library_version}")]


def _view_facts(survey: Survey) -> list[Fact]:
    if not survey.sample:
        return []
    views = sorted({observation.shape[0] for observation in survey.sample})
    return [
        Fact("Views", " or ".join(str(number) for number in views), _known_frames(survey)),
        Fact(
            "Window" if survey.index.kind == "synthetic" else "Frame",
            figures.frame_sizes(o.shape for o in survey.sample),
            "height × width, px",
        ),
    ]


def _known_frames(survey: Survey) -> str:
    """Say for which views I, T and R are stored, as the first sequence has them."""
    shapes = survey.sequences.shapes(survey.sample[0].number)
    words = []
    for name in FRAMES:
        if name not in shapes:
            words.append(f"no {_SYMBOLS[name]}")
        elif shapes[name][0] < shapes["blended"][0]:
            words.append(f"{_SYMBOLS[name]} of the centre")
        else:
            words.append(_SYMBOLS[name])
    return ", ".join(words)


def _splits(survey: Survey) -> str:
    return " · ".join(f"{number:,} {split}" for split, number in survey.index.counts().items())


def _count(survey: Survey) -> str:
    return figures.count(survey.index.sequences, "sequence")
