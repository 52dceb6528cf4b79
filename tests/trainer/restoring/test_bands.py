"""Bands of rows must give the rows of the whole, whatever the height and the network's parts."""

import copy
from typing import Any

import pytest
import torch

from trainer.nets import StudentNet
from trainer.nets.config import NetConfig
from trainer.restoring.bands import run_in_bands

VARIANTS: dict[str, dict[str, Any]] = {
    "paper": {},
    "no encoder": {"encoder": False},
    "no hallucination": {"hallucination": False},
    "early strides": {"encoder_strides": (2, 2, 1, 1)},
    "residual": {"residual": True, "leaky_slope": 0.1},
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("height", [8, 126, 200, 301])
def test_bands_change_no_pixel(variant: str, height: int) -> None:
    torch.manual_seed(4)
    config = NetConfig(width=1 / 32, context_blocks=1, **VARIANTS[variant])
    net = StudentNet(config).eval()
    torch.nn.init.normal_(net.get_parameter("decoder.colours.weight"))
    photo = torch.rand(1, 3, height, 37)
    with torch.no_grad():
        whole = net(photo)
        banded = run_in_bands(copy.deepcopy(net))(photo)
    assert whole.transmission.std() > 1e-3
    torch.testing.assert_close(banded.transmission, whole.transmission, rtol=1e-5, atol=1e-5)
    if whole.hallucinated is not None:
        torch.testing.assert_close(banded.hallucinated, whole.hallucinated, rtol=1e-5, atol=1e-5)
