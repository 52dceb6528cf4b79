"""Bring into the site what lies outside docs/: the README as its home, notes, examples, a schema.

Pages keep links that also work where the repository is browsed (``../examples``); here they are
pointed at what the site shows for them. A link to anything else outside docs/ is a warning, and so
an error of a strict build.
"""

import ast
import logging
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks.front_matter")

ROOT = Path(__file__).resolve().parents[2]

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
"""Pages that stand at the top of the repository, by what they are called in the site."""

SCHEMA = "seqsynth/shards/index.schema.json"
FILES = (SCHEMA, "CITATION.cff")
"""Files that the site hands on as they are."""

EXAMPLES = "examples.md"

_LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?(?=\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and the schema."""
    for path, uri in PAGES.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        files.append(File.generated(config, uri, content=text))
    files.append(File.generated(config, EXAMPLES, content=examples_page()))
    for path in FILES:
        name = posixpath.basename(path)
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links to files outside docs/ at their pages."""
    uri = page.file.src_uri
    source = next((path for path, shown in PAGES.items() if shown == uri), f"docs/{uri}")

    def point(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        shown = site_uri(target)
        if shown is None:
            log.warning("%s links to %s, which the site does not show", source, target)
            return link[0]
        return shown if "#" in shown else shown + (link["anchor"] or "")

    return _LINK.sub(point, markdown)


def site_uri(path: str) -> str | None:
    """Return where the site shows a file of the repository, or None where it does not.

    Parameters
    ----------
    path : relative to the top of the repository
    """
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path in FILES:
        return posixpath.basename(path)
    if path == "examples":
        return EXAMPLES
    if path.startswith("examples/"):
        return f"{EXAMPLES}#{posixpath.basename(path).removesuffix('.py')}"
    return PAGES.get(path)


def examples_page() -> str:
    """Show every program of examples/ under what its first line says."""
    parts = ["# Examples\n\nPrograms to start from; the tests run each of them.\n"]
    for path in sorted((ROOT / "examples").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        first = (ast.get_docstring(ast.parse(text)) or "").splitlines()[0]
        what = first.partition(": python")[0]
        parts.append(
            f"## {path.name} {{ #{path.stem} }}\n\n{what}.\n\n"
            f'``` python title="examples/{path.name}"\n{text}```\n'
        )
    return "\n".join(parts)
