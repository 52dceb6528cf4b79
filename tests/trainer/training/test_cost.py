import pytest

from trainer.nets.config import NetConfig
from trainer.training.cost import (
    discriminator_cost,
    distil_cost,
    student_cost,
    teacher_cost,
    vgg19_cost,
)

TEACHERS = [
    ({}, 19.73, 233.9),
    ({"numbers": "input"}, 10.43, 190.9),
    ({"flow": "joint4"}, 16.19, 220.1),
    ({"flow": "horizontal"}, 16.18, 220.0),
    ({"share_flow": True}, 16.48, 233.9),
    ({"mkl": False}, 6.21, 137.2),
    ({"decouple": False}, 16.24, 178.8),
    ({"use_flow": False}, 9.10, 180.3),
    ({"fusion": False}, 14.28, 216.9),
    ({"encoder_strides": (2, 1, 2, 1)}, 19.73, 216),
    ({"encoder_strides": (1, 2, 2, 1)}, 19.73, 217),
    ({"encoder_strides": (1, 1, 2, 2)}, 19.73, 300),
]
STUDENTS = [
    ({}, 35.37, 204.8),
    ({"numbers": "input"}, 35.37, 204.8),
    ({"kt": False}, 35.37, 204.8),
    ({"context_channels": 256}, 19.99, 157.3),
    ({"hallucination": False}, 17.85, 139.1),
    ({"encoder": False}, 8.61, 110.6),
    ({"encoder_strides": (2, 1, 2, 1)}, 35.37, 193),
    ({"encoder_strides": (1, 2, 2, 1)}, 35.37, 194),
    ({"encoder_strides": (1, 1, 2, 2)}, 35.37, 249),
]


def conv(inputs: int, outputs: int, kernel: int = 3) -> int:
    """Weights and biases of a convolution."""
    return inputs * outputs * kernel**2 + outputs


@pytest.mark.parametrize(("changes", "millions", "giga"), TEACHERS, ids=str)
def test_teacher_counts_as_specified(
    changes: dict[str, object], millions: float, giga: float
) -> None:
    cost = teacher_cost(NetConfig(**changes), 224, 224)
    assert cost.parameters / 1e6 == pytest.approx(millions, abs=0.0051)
    assert cost.macs / 1e9 == pytest.approx(giga, abs=0.051 if giga % 1 else 0.6)


@pytest.mark.parametrize(("changes", "millions", "giga"), STUDENTS, ids=str)
def test_student_counts_as_specified(
    changes: dict[str, object], millions: float, giga: float
) -> None:
    cost = student_cost(NetConfig(**changes), 224, 224)
    assert cost.parameters / 1e6 == pytest.approx(millions, abs=0.0051)
    assert cost.macs / 1e9 == pytest.approx(giga, abs=0.051 if giga % 1 else 0.6)


def test_teacher_of_five_views_counts_by_hand() -> None:
    encoder = conv(3, 256) + 3 * conv(256, 256)
    layer_decoder = 128 * 128 * 16 + 128 + 3 * conv(128, 128) + conv(128, 3)
    flow = conv(512, 512) + conv(512, 128) + 2 * conv(128, 128) + conv(128, 2)
    # Four pairs of two layers' 128 flow features, and the centre; then four aligned neighbours.
    dynamics = conv(1152, 1152) + conv(1152, 128) + conv(128, 128)
    merge = conv(640, 640) + conv(640, 128) + conv(128, 128)
    pyramid = 4 * 256 * 64 + conv(512, 256, 1)
    coarse = 128 * 256 * 16 + 256 + conv(256, 256) + pyramid
    fine = 256 * 256 * 16 + 256 + 2 * conv(256, 256) + conv(256, 3)
    expected = encoder + 2 * layer_decoder + 2 * flow + dynamics + merge + coarse + fine
    assert teacher_cost(NetConfig(views=5), 64, 64).parameters == expected


def test_student_s_training_skips_the_teacher_s_decoder() -> None:
    cost = distil_cost(NetConfig(), 224, 224)
    assert cost.macs / 1e9 == pytest.approx(233.93 - 83.39, abs=0.02)


def test_student_on_a_whole_capture_counts_as_specified() -> None:
    assert student_cost(NetConfig(), 1160, 1760).macs / 1e9 == pytest.approx(8334, abs=1)


def test_discriminator_counts_as_specified() -> None:
    cost = discriminator_cost(NetConfig(), 224, 224)
    assert cost.parameters / 1e6 == pytest.approx(2.89, abs=0.006)
    assert cost.macs / 1e9 == pytest.approx(0.2, abs=0.05)


def test_vgg_counts_as_specified() -> None:
    assert vgg19_cost(224, 224).macs / 1e9 == pytest.approx(19.0, abs=0.06)


def test_an_eighth_of_the_width_is_a_64th_of_the_weights() -> None:
    teacher, student = (
        cost(NetConfig(width=1 / 8), 64, 64) for cost in (teacher_cost, student_cost)
    )
    assert teacher.parameters / 1e6 == pytest.approx(0.31, abs=0.006)
    assert student.parameters / 1e6 == pytest.approx(0.56, abs=0.006)


def test_recomputing_keeps_a_third_of_the_activations_or_less() -> None:
    kept, recomputed = (
        teacher_cost(NetConfig(recompute=recompute), 224, 224).saved_bytes
        for recompute in (False, True)
    )
    assert 0.5 < kept / 2**30 < 0.75
    assert recomputed < kept / 3
