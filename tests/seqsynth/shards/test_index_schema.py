"""index.schema.json against real output, and docs/shard-format.md against both."""

import copy
import importlib.resources
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import jsonschema
import pytest

from seqsynth.errors import SourceError
from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import ingest_pairs
from seqsynth.shards.schema import FIELDS, REQUIRED

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads(
    (importlib.resources.files("seqsynth.shards") / "index.schema.json").read_text()
)
DOCUMENT = (ROOT / "docs" / "shard-format.md").read_text(encoding="utf-8")

Index = dict[str, Any]


def faults(index: Index) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(index)]


def load(folder: Path) -> Index:
    index: Index = json.loads((folder / "index.json").read_bytes())
    return index


@pytest.fixture(scope="module")
def sound(tiny_shards: Path) -> Index:
    return load(tiny_shards)


def test_schema_itself_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


SETS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "literal": {"border": "zero", "overflow": "view"},
    "views, gzip": {"layout": "views", "compression": "gzip"},
    "no validation": {"val_fraction": 0},
    "all photos, rejection": {"image_set": "all", "reject": ("dim-reflection",)},
    "random, scaled": {"direction": "random", "scale": 0.8, "reflection_strength": (0.2, 0.5)},
    **{blend: {"blend": blend} for blend in ("zhang", "ibcln", "dsrnet", "ghosting", "linear")},
    "zhang of one's own": {"blend": {"zhang": {"attenuation": (1.0, 2.0)}}},
    "ibcln of one's own": {"blend": {"ibcln": {"transmission_gain": (0.5, 1.0)}}},
    "dsrnet of one's own": {"blend": {"dsrnet": {"screen_share": 0.5}}},
    "ghosting of one's own": {"blend": {"ghosting": {"shift_px": (0, 5)}}},
    "linear of one's own": {"blend": {"linear": {"transmission_tint": 0.1}}},
}


@pytest.mark.parametrize("name", SETS)
def test_index_of_every_synthetic_set_fits_the_schema(
    make_shards: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    folder = make_shards(tmp_path / "set", **{"sequences": 5, **SETS[name]})
    assert faults(load(folder)) == []


def test_index_with_unusable_and_rejected_photos_fits_the_schema(
    make_shards: Callable[..., Path], photo_folder: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for path in photo_folder.glob("*.jpg"):
        (photos / path.name).write_bytes(path.read_bytes())
        (photos / f"torn-{path.name}").write_bytes(path.read_bytes()[:200])
    rules = ("dim-reflection", "flat-reflection")
    folder = make_shards(tmp_path / "set", photos, reject=rules, val_fraction=0, seed=1)
    index = load(folder)
    assert any(shard["unusable"] for shard in index["shards"])
    assert faults(index) == []


def test_index_of_an_interrupted_set_fits_the_schema(
    make_shards: Callable[..., Path], photo_folder: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, path in enumerate(sorted(photo_folder.rglob("*.*"))):
        whole = path.read_bytes()
        (photos / f"{number}{path.suffix}").write_bytes(whole)
    # Every validation photo of one layer is torn, so the last shard cannot be made.
    planned = load(make_shards(tmp_path / "planned", photos))
    for photo_id in planned["sources"]["pools"]["val"]["transmission"]:
        (path,) = photos.glob(f"{photo_id}.*")
        path.write_bytes(b"torn")
    with pytest.raises(SourceError):
        make_shards(tmp_path / "set", photos)
    index = load(tmp_path / "set")
    assert not index["complete"]
    assert index["shards"]
    assert faults(index) == []


def test_index_of_captures_fits_the_schema(captures: Path) -> None:
    assert faults(load(captures)) == []


def test_index_of_ingested_pairs_fits_the_schema(photo_folder: Path, tmp_path: Path) -> None:
    for role in ("blended", "transmission"):
        (tmp_path / role).mkdir()
        for path in photo_folder.glob("*.png"):
            shutil.copy(path, tmp_path / role)
    folders = {role: tmp_path / role for role in ("blended", "transmission")}
    ingest_pairs(find_pairs("folders", None, folders), tmp_path / "set")
    index = load(tmp_path / "set")
    assert index["kind"] == "pair"
    assert faults(index) == []


BREACHES: dict[str, Callable[[Index], Any]] = {
    "unknown field": lambda d: d.update(weather="fine"),
    "missing field": lambda d: d.pop("library_version"),
    "unknown kind": lambda d: d.update(kind="hologram"),
    "newer version": lambda d: d.update(schema_version=4),
    "digest in capitals": lambda d: d.update(digest=d["digest"].upper()),
    "misspelt setting": lambda d: d["configuration"].update(veiws=3),
    "missing setting": lambda d: d["configuration"].pop("kernel"),
    "even kernel": lambda d: d["configuration"].update(kernel=10),
    "three bounds": lambda d: d["configuration"].update(sigma=[2, 3, 5]),
    "fraction of a pixel": lambda d: d["configuration"].update(reflection_step=[10.5, 20]),
    "unknown rule": lambda d: d["configuration"].update(reject=["ugly"]),
    "layers of no sum": lambda d: d["configuration"].update(border="zero"),
    "pool without a layer": lambda d: d["sources"]["pools"]["train"].pop("reflection"),
    "photo twice in a pool": lambda d: d["sources"]["pools"]["unused"].extend(["a", "a"]),
    "unknown source": lambda d: d["sources"].update(scenes=[]),
    "unknown field of a shard": lambda d: d["shards"][0].update(sequences=[]),
    "missing hash": lambda d: d["shards"][0].pop("sha256"),
    "empty shard": lambda d: d["shards"][0].update(count=0),
    "path": lambda d: d["shards"][0].update(file="a/b.h5"),
    "unknown split": lambda d: d["shards"][0].update(split="dev"),
    "captures in layers": lambda d: d.update(kind="captured"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_schema_refuses(sound: Index, name: str) -> None:
    broken = copy.deepcopy(sound)
    BREACHES[name](broken)
    assert faults(broken)


def table(heading: str, text: str = DOCUMENT) -> dict[str, list[str]]:
    """First cell -> the others, of the first table after a heading; backticks left out."""
    rows: dict[str, list[str]] = {}
    section = text.split(heading, 1)[1]
    lines = re.search(r"\|[^\n]*\|\n\|[-|]+\|\n((?:\|[^\n]*\|\n)+)", section)
    assert lines is not None
    for line in lines[1].splitlines():
        names, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        for name in re.findall(r"`([^`]+)`", names):
            rows[name] = cells
    return rows


def test_document_lists_the_fields_of_the_index() -> None:
    assert table("## index.json").keys() == SCHEMA["properties"].keys()


def test_document_lists_the_fields_of_a_shard() -> None:
    kinds = ("synthetic_shard", "recorded_shard")
    known = {name for kind in kinds for name in SCHEMA["$defs"][kind]["properties"]}
    assert table("An element of `shards`:").keys() == known


def test_document_lists_the_settings_of_a_synthetic_set() -> None:
    known = SCHEMA["$defs"]["synthetic_settings"]["properties"]
    assert table("`configuration` of a synthetic set").keys() == known.keys()


TYPES = {"uint8": "u1", "int16": "i2", "int32": "i4", "float64": "f8", "bytes": "S"}


def test_document_lists_the_datasets_with_their_types_and_axes() -> None:
    stated = {
        name: (TYPES[cells[0].split()[0]], cells[1].split(" or ")[0].count(",") + 1)
        for name, cells in table("### Datasets").items()
    }
    assert stated == {name: (f.dtype, len(f.shape) + 1) for name, f in FIELDS.items()}


def test_document_marks_the_required_datasets() -> None:
    rows = table("### Datasets")
    for layout, names in REQUIRED.items():
        marked = {name for name, cells in rows.items() if f"{layout}, required" in cells[2]}
        assert marked == names


def test_document_lists_the_attributes(tiny_shards: Path) -> None:
    with h5py.File(tiny_shards / "train-00000.h5") as shard:
        assert table("### Attributes of the root group").keys() == set(shard.attrs)


def test_every_link_of_the_document_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in DOCUMENT.splitlines()
        if line.startswith("#")
    }
    for target in re.findall(r"\]\(([^)]+)\)", DOCUMENT):
        file, _, anchor = target.partition("#")
        assert (ROOT / "docs" / file).exists()
        assert not anchor or anchor in headings
