"""A student that changes nothing."""

from pathlib import Path

import pytest

from tests.trainer.restoring.stubs import TINY
from trainer.checkpoint import Checkpoint, current_versions, save_checkpoint
from trainer.nets import StudentNet
from trainer.recipe import load_recipe


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A residual student at its birth, which returns every photo as it is."""
    config = load_recipe("small", overrides={"net": TINY})
    file = tmp_path_factory.mktemp("run") / "best.pt"
    net = StudentNet(config.net)
    save_checkpoint(
        Checkpoint("student", 1, config, (), net.state_dict(), {}, current_versions()), file
    )
    return file
