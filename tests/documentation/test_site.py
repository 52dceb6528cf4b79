"""The site builds without a warning, stands alone, and shows every command, option and setting."""

import html
import importlib
import inspect
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

import seqsynth.cli
import trainer.cli
from seqsynth.blend_settings import LinearSettings
from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.ingest.capture_config import CaptureConfig
from seqsynth.settings import Settings
from tests.documentation.pages import PAGES, ROOT, read
from trainer.nets.config import NetConfig
from trainer.recipe import FitConfig, StudentConfig, TeacherConfig

GROUPS = {"seqsynth": seqsynth.cli.group, "trainer": trainer.cli.group}

DOCUMENTED = (
    "capture_tools",
    "capture_tools.checks",
    "capture_tools.measuring",
    "capture_tools.photos",
    "capture_tools.registration",
    "capture_tools.scenes",
    "seqsynth.comparison",
    "seqsynth.description",
    "seqsynth.export",
    "seqsynth.ingest",
    "seqsynth.metrics",
    "seqsynth.report",
    "seqsynth.pictures",
    "seqsynth.reshape",
    "seqsynth.shards",
    "seqsynth.synthesis",
    "seqsynth.synthesis.blends",
    "trainer",
    "trainer.evaluation",
    "trainer.nets",
)
"""Packages that say in ``__all__`` what is public."""


class Document(HTMLParser):
    """What a page of the site loads, links to, and can be linked to at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.anchors.add(values["id"])
        if tag in ("script", "img", "iframe", "source") and "src" in values:
            self.loaded.append(values["src"])
        if tag == "link" and "href" in values and values.get("rel") != "canonical":
            self.loaded.append(values["href"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as ``make docs`` does: strictly, so that a warning stops it."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder))
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        config.plugins.on_shutdown()
    return folder


@pytest.fixture(scope="session")
def documents(site: Path) -> dict[str, Document]:
    """Every page of the site, by its path in it."""
    return {
        path.relative_to(site).as_posix(): Document(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
    }


def words_of(page: Path) -> str:
    """Return what a page says, without tags and runs of blanks."""
    text = re.sub(r"<(script|style).*?</\1>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())


def test_nothing_is_loaded_from_elsewhere(documents: dict[str, Document]) -> None:
    foreign = {
        (page, url)
        for page, document in documents.items()
        for url in document.loaded
        if urlsplit(url).netloc
    }
    assert foreign == set()


def test_style_sheets_load_nothing_from_elsewhere(site: Path) -> None:
    sheets = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert [url for text in sheets for url in re.findall(r"url\(['\"]?(?:https?:)?//", text)] == []


def test_what_is_loaded_and_linked_to_is_there(site: Path, documents: dict[str, Document]) -> None:
    missing = set()
    for page, document in documents.items():
        if page == "404.html":  # its links begin at a server's root
            continue
        for url in (*document.loaded, *document.links):
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            path = (site / page).parent / unquote(parts.path) if parts.path else site / page
            target = path.resolve()
            if not target.is_file():
                missing.add((page, url))
            elif parts.fragment and target.suffix == ".html":
                anchors = documents[target.relative_to(site.resolve()).as_posix()].anchors
                if unquote(parts.fragment) not in {*anchors, "__skip"}:
                    missing.add((page, url))
    assert missing == set()


@pytest.mark.parametrize("page", PAGES)
def test_links_work_where_the_repository_is_browsed(page: str) -> None:
    links = re.findall(
        r"\]\(([^)\s]+)\)", re.sub(r"```.*?```|`[^`\n]+`", "", read(page), flags=re.DOTALL)
    )
    paths = [urlsplit(link).path for link in links if not urlsplit(link).scheme]
    assert [p for p in paths if p and not ((ROOT / page).parent / p).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_page_is_in_the_site(page: str, site: Path) -> None:
    assert (site / page.removeprefix("docs/").replace(".md", ".html")).is_file()


@pytest.mark.parametrize("program", GROUPS)
def test_reference_shows_every_option_as_its_help_does(program: str, site: Path) -> None:
    page = words_of(site / "cli.html")
    group = GROUPS[program]
    outer = click.Context(group, info_name=program)
    for name in group.list_commands(outer):
        command = group.get_command(outer, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=outer, **command.context_settings)
        formatter = context.make_formatter()
        command.format_options(context, formatter)
        assert " ".join(formatter.getvalue().removeprefix("Options:").split()) in page


@pytest.mark.parametrize(
    "model",
    [
        SynthesisConfig,
        LinearSettings,
        RunConfig,
        CaptureConfig,
        FitConfig,
        TeacherConfig,
        StudentConfig,
        NetConfig,
    ],
)
def test_settings_page_has_every_key_with_its_meaning(model: type[Settings], site: Path) -> None:
    page = words_of(site / "settings.html")
    nested = ("net", "teacher", "student", "weights")
    for name, field in model.model_fields.items():
        if name not in nested:
            assert field.description, f"{model.__name__}.{name} has no description"
            meaning = " ".join(field.description.replace("`", "").split())
            shown = (field.json_schema_extra or {}).get("table", name)
            assert re.search(rf"\b{shown}\W.{{0,120}}?{re.escape(meaning)}", page), name


@pytest.mark.parametrize("package", DOCUMENTED)
def test_every_public_name_has_its_place_in_the_reference(
    package: str, documents: dict[str, Document]
) -> None:
    anchors = {anchor for document in documents.values() for anchor in document.anchors}
    module = importlib.import_module(package)
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            # What is called as its module is shown under the longer name, and what a package hands
            # on may be shown with the wing it comes from.
            wings = [wing for wing in DOCUMENTED if wing.startswith(f"{package}.")]
            handed_on = [
                f"{wing}.{name}"
                for wing in wings
                if getattr(importlib.import_module(wing), name, None) is thing
            ]
            places = {f"{package}.{name}", f"{thing.__module__}.{name}", *handed_on}
            assert places & anchors, f"{package}.{name}"


def test_every_command_has_a_function_in_the_reference() -> None:
    rows = re.findall(r"^\| (`.*?) \| (.*) \|$", read("docs/api.md"), flags=re.MULTILINE)
    told = {name for commands, _ in rows for name in re.findall(r"[a-z-]+(?=`)", commands)}
    assert set(seqsynth.cli.COMMANDS) <= told
    for _, functions in rows:
        for name in re.findall(r"`((?:seqsynth|capture_tools)[\w.]*)`", functions):
            package, _, function = name.rpartition(".")
            assert callable(getattr(importlib.import_module(package), function)), name


def test_type_of_a_parameter_stands_in_the_code_and_its_words_beside_it(site: Path) -> None:
    words = words_of(site / "api-shards.html")
    assert "blended (Views) – uint8 (V, H, W, 3), the photos as taken" in words
    assert "Returns: kind -> uint8 (B, V, H, W, 3)" in words


def test_link_to_what_the_site_does_not_show_is_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "page.md").write_text("[the code](../seqsynth/seeds.py)")
    config = load_config(
        str(ROOT / "mkdocs.yml"),
        docs_dir=str(docs),
        site_dir=str(tmp_path / "site"),
        nav=None,
        extra_css=[],
        plugins=[],
    )
    config.extra.pop("polyfills")
    with pytest.raises(Abort, match="strict mode"):
        build(config)
    assert "links to seqsynth/seeds.py, which the site does not show" in caplog.text
