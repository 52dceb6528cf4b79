"""What to cite, and under which terms the pictures may be used."""

from seqsynth.description.terms import terms_of
from seqsynth.description.works import list_works
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Survey


def citation_section(survey: Survey) -> Section:
    """Return the works to cite and the terms of reuse."""
    return render_section(
        "citation",
        "Citing and reusing it",
        "citation.html",
        works=list_works(survey.index),
        terms=terms_of(survey.index).paragraphs,
    )
