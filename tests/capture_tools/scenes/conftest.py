"""A sound scene of small photos."""

import pytest

from tests.capture_tools.scenes.reading import NAMES


@pytest.fixture
def scene(tmp_path, save_photo):
    """One sound scene in a folder of its own."""
    folder = tmp_path / "scenes" / "stone"
    for name in NAMES:
        save_photo(folder / f"{name}.jpg")
    return folder
