import pytest
import torch

from trainer.nets import StudentNet, TeacherNet
from trainer.nets.config import ABLATIONS, NetConfig

READINGS = [
    {},
    {"numbers": "input"},
    {"flow": "joint4"},
    {"flow": "horizontal"},
    {"share_flow": True},
    {"rep_relu": False},
    {"pyramid": "errnet"},
    {"encoder_strides": (2, 1, 2, 1)},
    {"context_channels": 256},
    {"residual": True},
    {"leaky_slope": 0.1},
    {"views": 2},
    {"views": 5},
    {"numbers": "input", "flow": "joint4", "views": 5},
    {"decouple": False, "use_flow": False},
    {"decouple": False, "fusion": False},
    {"use_flow": False, "fusion": False},
    {"hallucination": False, "context_channels": 128},
    {"encoder": False, "fusion": False},
]
TABLE_2 = [{switch: False} for switch in ABLATIONS.values()]


@pytest.mark.parametrize("changes", READINGS + TABLE_2, ids=str)
def test_every_reading_and_ablation_runs_forward_and_backward(changes: dict[str, object]) -> None:
    config = NetConfig(width=1 / 64, context_blocks=1, **changes)
    views = torch.rand(1, config.views, 3, 64, 64)
    taught = TeacherNet(config)(views).transmission
    restored = StudentNet(config)(views[:, config.views // 2]).transmission
    (taught + restored).square().mean().backward()
    assert taught.shape == restored.shape == (1, 3, 64, 64)


def test_table_2_has_its_seven_variants() -> None:
    names = ["mkl", "decouple", "flow", "fusion", "kt", "hallucination", "encoder"]
    assert list(ABLATIONS) == names
