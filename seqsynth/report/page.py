"""The page: sections joined under one style, nothing loaded from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup


@dataclass(frozen=True)
class Section:
    """A part of the page: its id in the page's address, its title, and its HTML."""

    anchor: str
    title: str
    body: Markup


@dataclass(frozen=True)
class Notice:
    """What a reader must know first: a short title and a sentence."""

    title: str
    text: str


def render_page(
    title: str,
    subtitle: str,
    sections: Sequence[Section],
    notices: Sequence[Notice] = (),
    files: Sequence[tuple[str, str]] = (),
) -> str:
    """Return a whole HTML document; the same arguments give the same text.

    Parameters
    ----------
    files : name and meaning of what lies beside the page
    """
    template = _environment().get_template("page.html")
    return template.render(
        title=title, subtitle=subtitle, sections=sections, notices=notices, files=files
    )


def render_section(anchor: str, title: str, template: str, **values: Any) -> Section:
    """Fill one of the package's templates; every value is escaped unless it is `Markup`."""
    body = _environment().get_template(template).render(anchor=anchor, **values)
    return Section(anchor, title, Markup(body))


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("seqsynth.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
