"""A collection of everything that can be looked at, drawn small; some of its names are hostile."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqsynth.ingest.layouts import find_pairs
from seqsynth.ingest.pairs import ingest_pairs
from seqsynth.view.collection import Collection, open_collection
from tests.conftest import draw_photo

HOSTILE = "<img src=x onerror=document.title='run'>"
"""The name of a photo, a scene and a method: a page that parsed it would run it."""


@dataclass(frozen=True)
class Things:
    """What `collection` shows, by where it lies.

    Attributes
    ----------
    synthetic, pairs, captures : shard sets, and a folder of findings alone
    scenes : the photos of the captures
    run : of a training
    good, bad : outputs: the truth itself, and the truth darkened
    """

    synthetic: Path
    pairs: Path
    captures: Path
    scenes: Path
    run: Path
    good: Path
    bad: Path


def draw_pairs(folder: Path) -> None:
    """Draw three pairs (blended, transmission), one of a hostile name."""
    for number, name in enumerate(("first", "second", HOSTILE)):
        truth = draw_photo(number)
        blended = np.clip(truth.astype(int) + 20 + 10 * number, 0, 255).astype(np.uint8)
        for kind, picture in (("blended", blended), ("transmission", truth)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(folder / kind / f"{name}.png")


def draw_findings(captures: Path, scenes: Path) -> None:
    """Write the findings of three scenes, as check-captures does, and the photos of one."""
    documents = [
        _scene("garden", "accept", []),
        _scene("attic", "reject", [_finding("reject", "motion", "moved by 40 px")]),
        _scene(HOSTILE, "accept", [_finding("warn", "focus", HOSTILE)]),
    ]
    captures.mkdir()
    (captures / "findings.json").write_text(json.dumps({"scenes": documents}))
    (scenes / "attic").mkdir(parents=True)
    for number, name in enumerate(("before", "centre", "after")):
        Image.fromarray(draw_photo(50 + number)).save(scenes / "attic" / f"{name}.jpg")


def _scene(name: str, verdict: str, findings: list[dict[str, object]]) -> dict[str, object]:
    photos = [{"file": f"{role}.jpg", "size": [48, 64]} for role in ("before", "centre", "after")]
    return {"scene": name, "verdict": verdict, "findings": findings, "photos": photos}


def _finding(severity: str, code: str, message: str) -> dict[str, object]:
    return {
        "code": code,
        "severity": severity,
        "value": None,
        "limit": None,
        "message": message,
        "photo": None,
        "cannot_tell": False,
    }


def draw_run(run: Path) -> None:
    """Write the logs and panels of a short training."""
    stage = run / "student"
    (stage / "panels").mkdir(parents=True)
    rows = [f"{step},{10 + step / 10},12.5" for step in range(0, 100, 10)]
    (stage / "validation.csv").write_text("step,psnr,psnr_identity\n" + "\n".join(rows) + "\n")
    for step in (10, 90):
        Image.fromarray(draw_photo(step)).save(stage / "panels" / f"step-{step:07d}.png")


@pytest.fixture(scope="session")
def things(tmp_path_factory: pytest.TempPathFactory, tiny_shards: Path) -> Things:
    """Draw everything that can be looked at."""
    root = tmp_path_factory.mktemp("view")
    draw_pairs(root / "photos")
    folders = {kind: root / "photos" / kind for kind in ("blended", "transmission")}
    ingest_pairs(find_pairs("folders", None, folders), root / "pairs")
    draw_findings(root / "captures", root / "scenes")
    draw_run(root / "run")
    for path in sorted(folders["transmission"].iterdir()):
        for method in ("good", "bad"):
            truth = np.asarray(Image.open(path))
            (root / method).mkdir(exist_ok=True)
            shown = truth if method == "good" else truth // 4
            Image.fromarray(shown).save(root / method / path.name)
    return Things(
        synthetic=tiny_shards,
        pairs=root / "pairs",
        captures=root / "captures",
        scenes=root / "scenes",
        run=root / "run",
        good=root / "good",
        bad=root / "bad",
    )


@pytest.fixture
def collection(things: Things, tmp_path: Path) -> Iterator[Collection]:
    """Everything opened, with a decision file of the test's own; nothing runs in the background."""
    made = open_collection(
        [things.synthetic, things.pairs, things.captures],
        runs=[things.run],
        predictions={"good": things.good, "bad": things.bad},
        scenes=things.scenes,
        decisions=tmp_path / "decisions.json",
    )
    yield made
    made.stop()
