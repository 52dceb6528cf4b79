import pytest
import torch

from trainer.nets.config import NetConfig

TINY = 1 / 32


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def tiny() -> NetConfig:
    return NetConfig(width=TINY, d_layers=1, context_blocks=2)


@pytest.fixture
def views() -> torch.Tensor:
    return torch.rand(2, 3, 3, 32, 40)
