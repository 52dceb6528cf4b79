"""Small shard sets drawn from seeds, and a reader of the pages made from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from seqsynth import __version__
from seqsynth.shards import Array, ShardEntry, ShardIndex, ShardPlan, write_shard
from seqsynth.shards.index import render
from seqsynth.synthesis import RunConfig, SynthesisConfig, generate

ODD_ID = "a<b>&'ü\"_00"

VOID = {"meta", "input"}


@dataclass
class Element:
    """A tag of a page: its attributes, and all text within it."""

    tag: str
    attributes: dict[str, str]
    sections: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A parsed page; ``sections`` maps ids of <section> to their text."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.source)
        self.unclosed = [element.tag for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        around = tuple(e.attributes["id"] for e in self._open if e.tag == "section")
        around += (attributes["id"],) if tag == "section" else ()
        element = Element(tag, attributes, around)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert [element.tag for element in self._open[-1:]] == [tag]
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    @property
    def sections(self) -> dict[str, str]:
        return {e.attributes["id"]: e.text for e in self.elements if e.tag == "section"}

    def find(self, tag: str, *, within: str = "", **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag
            and (not within or within in element.sections)
            and all(
                value in element.attributes.get(key, "").split() for key, value in wanted.items()
            )
        ]

    def rows(self, within: str) -> list[list[str]]:
        """Return the cells of all table rows of a section."""
        rows: list[list[str]] = []
        for element in self.elements:
            if within in element.sections and element.tag == "tr":
                rows.append([])
            elif within in element.sections and element.tag in ("td", "th"):
                rows[-1].append(" ".join(element.text.split()))
        return rows

    def terms(self, within: str) -> dict[str, str]:
        """Return the definitions of a section's <dl>, by term."""
        names = [element.text for element in self.find("dt", within=within)]
        values = [" ".join(element.text.split()) for element in self.find("dd", within=within)]
        return dict(zip(names, values, strict=True))


@pytest.fixture(scope="session")
def read_page() -> Callable[[Path], Page]:
    return lambda path: Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen noisy photos of about 100x120 px, half of them dark, one too small for any window."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(5)
    for number in range(16):
        white = 60 if number % 2 else 256
        coarse = rng.integers(0, white, (8, 9, 3), dtype=np.uint8)
        side = (20, 18) if number == 3 else (120 + number, 100)
        photo = PillowImage.fromarray(coarse).resize(side, PillowImage.Resampling.BICUBIC)
        name = ODD_ID if number == 0 else f"photo_{number:02d}"
        photo.save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="session")
def make_synthetic(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that generates a set with the given settings."""

    def make(**settings: Any) -> Path:
        folder = tmp_path_factory.mktemp("shards")
        chosen = {"window": 32, "sequences": 9, "val_fraction": 0.2, "seed": 3, **settings}
        config = SynthesisConfig.model_validate(chosen)
        generate(photos, folder, config, RunConfig(jobs=1, backend="threading"))
        return folder

    return make


@pytest.fixture(scope="session")
def synthetic(make_synthetic: Callable[..., Path]) -> Path:
    """Nine sequences of the paper's kind, in several shards, with a rejection rule."""
    return make_synthetic(shard_size=200_000, reject=("dim-reflection",))


@pytest.fixture(scope="session")
def make_views(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that writes given frames as a set of layout views, a shard an item."""

    def make(
        shards: list[dict[str, np.ndarray]],
        *,
        kind: str = "captured",
        details: Mapping[str, Any] | None = None,
        **index: Any,
    ) -> Path:
        folder = tmp_path_factory.mktemp("views")
        fields = {"configuration": {}, "sources": {}, "complete": True, **index}
        firsts = accumulate((len(frames["blended"]) for frames in shards), initial=0)
        entries = [
            _write(folder, (number, first), frames, kind, details or {})
            for number, (frames, first) in enumerate(zip(shards, firsts, strict=False))
        ]
        head = ShardIndex(
            kind=kind,
            layout="views",
            fingerprint="f" * 64,
            shards=(),
            library_version=__version__,
            **fields,
        )
        content = render(head.with_shards(entries, complete=head.complete))
        (folder / "index.json").write_bytes(content)
        return folder

    return make


def _write(
    folder: Path,
    place: tuple[int, int],
    frames: dict[str, np.ndarray],
    kind: str,
    details: Mapping[str, Any],
) -> ShardEntry:
    number, first = place
    count = len(frames["blended"])
    names = np.array([f"scène <{number}-{row}> & co".encode() for row in range(count)])
    datasets = {**frames, "name": names}
    plan = ShardPlan(
        path=folder / f"test-{number:05d}.h5",
        layout="views",
        count=count,
        arrays={name: Array(data.shape[1:], data.dtype) for name, data in datasets.items()},
        attributes={"kind": kind, "split": "test", "first": first, "fingerprint": "f" * 64},
    )
    records = [{name: data[row] for name, data in datasets.items()} for row in range(count)]
    size, digest = write_shard(plan, records)
    return ShardEntry(plan.path.name, "test", count, size, digest, details)


@pytest.fixture
def frames() -> Callable[..., np.ndarray]:
    """Return a function that draws uint8 frames of a shape from a seed."""

    def draw(*shape: int, seed: int = 0) -> np.ndarray:
        coarse = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        return coarse

    return draw
