"""Read docstrings as this project writes them: what follows ``name :`` is words, not a type.

Types stand in the signature; a docstring says shapes, units and ranges. Griffe would print those
words where a type belongs, and cut them at commas.
"""

import re
from typing import Any

import griffe

_SECTION = re.compile(r"^(?P<title>[A-Z][a-z]+)\n(?P<line>-{3,})$", re.MULTILINE)
_ITEM = re.compile(r"^(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)*) : (?P<words>.+)$", re.MULTILINE)
_FLAGS = re.compile(r" *# doctest: .*$", re.MULTILINE)
_SESSION = re.compile(r"^>>> .+(?:\n.+)*", re.MULTILINE)
_NAMED = ("Parameters", "Attributes")


class DocstringWords(griffe.Extension):
    """Put every docstring into the form that Griffe reads as meant."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of anything that has one."""
        if obj.docstring is not None:
            obj.docstring.value = reword(obj.docstring.value)


def reword(text: str) -> str:
    """Move the words after a name to a line of their own, and the words of Returns to the top."""
    text = _SESSION.sub(r"```pycon\n\g<0>\n```", _FLAGS.sub("", text))
    head, *rest = _SECTION.split(text)
    sections = []
    for title, line, body in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if title in ("Returns", "Yields"):
            head = f"{head.rstrip()}\n\n{title}: {' '.join(body.split())}\n\n"
            continue
        words = _ITEM.sub(r"\g<names>\n    \g<words>", body) if title in _NAMED else body
        sections.append(f"{title}\n{line}{words}")
    return head + "".join(sections)
