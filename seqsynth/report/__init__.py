"""One self-contained HTML page to look at a shard set.

A page is a list of `Section`; each module of `seqsynth.report.sections` turns a `Survey` of a set
into one, or into None where the set has nothing to show there. `render_page` joins any sections.
"""

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
