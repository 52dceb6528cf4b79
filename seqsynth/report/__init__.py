"""One self-contained HTML page to look at a shard set.

A page is a list of `Section`; each module of `seqsynth.report.sections` turns a `Survey` of a set
into one, or into None where the set has nothing to show there. `render_page` joins any sections.
"""

from typing import TYPE_CHECKING

from seqsynth.lazy import lazy_names

if TYPE_CHECKING:
    from seqsynth.report.page import Notice, Section, render_page, render_section
    from seqsynth.report.report import report_sections, write_report
    from seqsynth.report.survey import Survey, survey_shards

__all__ = [
    "Notice",
    "Section",
    "Survey",
    "render_page",
    "render_section",
    "report_sections",
    "survey_shards",
    "write_report",
]

# What measures levels alone needs no templates.
__getattr__ = lazy_names(
    __name__,
    {
        "Notice": "seqsynth.report.page",
        "Section": "seqsynth.report.page",
        "Survey": "seqsynth.report.survey",
        "render_page": "seqsynth.report.page",
        "render_section": "seqsynth.report.page",
        "report_sections": "seqsynth.report.report",
        "survey_shards": "seqsynth.report.survey",
        "write_report": "seqsynth.report.report",
    },
)
