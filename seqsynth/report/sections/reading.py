"""How to read the set: a few lines to copy."""

from seqsynth.description.reading import rebuilding_code
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey
from seqsynth.shards import FRAMES, parts_of


def reading_section(survey: Survey) -> Section:
    """Return the code that opens the set, with seqsynth and with h5py alone."""
    index = survey.index
    shapes = survey.sequences.shapes(0) if len(survey.sequences) else {}
    centre = shapes["blended"][0] // 2 if shapes else 0
    is_layered = index.layout == "layers" and bool(index.shards)
    return render_section(
        "reading",
        "Reading it",
        "reading.html",
        layout=index.layout,
        file=index.shards[0].file if index.shards else None,
        split=index.shards[0].split if index.shards else "train",
        shapes={name: _words(shapes.get(name)) for name in FRAMES} if shapes else {},
        centre_only=shapes["transmission"][0] == 1 < shapes["blended"][0]
        if "transmission" in shapes
        else False,
        rebuilding=list(rebuilding_code(index, centre)) if is_layered else [],
        needs_plugin=any(
            part.configuration.get("compression") == "zstd" for part in parts_of(index)
        ),
    )


def _words(shape: tuple[int, ...] | None) -> str:
    return "" if shape is None else str(tuple(map(int, shape)))
