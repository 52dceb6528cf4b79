"""Scenes as they were photographed: only photos below the folder that was named are shown."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from seqsynth.view.captures import find_captures


def found(tmp_path: Path, name: str) -> tuple[Path | None, ...]:
    """Return the photos of one scene whose findings name a file."""
    scene = {"scene": "attic", "verdict": "accept", "findings": [], "photos": [{"file": name}]}
    checked = tmp_path / "checked"
    checked.mkdir()
    (checked / "findings.json").write_text(json.dumps({"scenes": [scene]}))
    (only,) = find_captures({checked: None}, tmp_path / "scenes")
    return only.photos


def draw(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8, 3), 7, np.uint8)).save(path)
    return path


def test_photo_of_the_scene_is_shown(tmp_path: Path) -> None:
    photo = draw(tmp_path / "scenes" / "attic" / "centre.png")
    assert found(tmp_path, "centre.png") == (photo,)


def test_path_that_climbs_out_is_not_shown(tmp_path: Path) -> None:
    draw(tmp_path / "secret.png")
    draw(tmp_path / "scenes" / "attic" / "centre.png")
    assert found(tmp_path, "../../secret.png") == (None,)


def test_link_that_leads_out_is_not_shown(tmp_path: Path) -> None:
    secret = draw(tmp_path / "secret.png")
    (tmp_path / "scenes" / "attic").mkdir(parents=True)
    (tmp_path / "scenes" / "attic" / "centre.png").symlink_to(secret)
    assert found(tmp_path, "centre.png") == (None,)
