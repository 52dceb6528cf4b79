"""A sound scene of small photos."""

from pathlib import Path

import pytest

from tests.capture_tools.kinds import SavePhoto
from tests.capture_tools.scenes.reading import NAMES


@pytest.fixture
def scene(tmp_path: Path, save_photo: SavePhoto) -> Path:
    """One sound scene in a folder of its own."""
    folder = tmp_path / "scenes" / "stone"
    for name in NAMES:
        save_photo(folder / f"{name}.jpg")
    return folder
