import pytest

from seqsynth.errors import ConfigError
from seqsynth.settings import check_settings
from trainer.nets.config import PAPER, NetConfig


def test_defaults_are_the_paper_s_numbers() -> None:
    assert (PAPER.views, PAPER.context_blocks, PAPER.knowledge_channels) == (3, 10, 128)
    assert (PAPER.encoder_channels, PAPER.layer_channels) == (256, 128)
    assert (PAPER.residual, PAPER.leaky_slope, PAPER.res_scale) == (False, 0, 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mkl": False, "use_flow": False}, "mkl = false already removes"),
        ({"hallucination": False, "encoder": False}, "student sees nothing"),
        ({"share_flow": True, "flow": "joint4"}, "share_flow needs"),
        ({"decouple": False, "flow": "joint4"}, "needs two layers"),
        ({"encoder_strides": (1, 2, 1, 1)}, "product must be 4"),
        ({"encoder_strides": (-2, -2, 1, 1)}, "product must be 4"),
        ({"views": 1}, "greater than or equal to 2"),
        ({"width": 0}, "greater than 0"),
        ({"depth": 3}, "unknown setting 'depth'"),
    ],
    ids=str,
)
def test_contradictions_are_refused_by_name(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_settings(NetConfig, values)


def test_knowledge_without_fusion_is_as_wide_as_what_is_put_side_by_side() -> None:
    assert NetConfig(fusion=False).knowledge_channels == 384
    assert NetConfig(fusion=False, views=5).knowledge_channels == 640
    assert NetConfig(fusion=False, decouple=False).knowledge_channels == 768


@pytest.mark.parametrize("width", [1 / 8, 1 / 7, 1 / 100])
def test_encoder_s_channels_are_even_at_any_width(width: float) -> None:
    config = NetConfig(width=width)
    assert config.encoder_channels == 2 * config.layer_channels > 0
