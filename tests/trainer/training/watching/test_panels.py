import numpy as np
import torch

from trainer.training.watching.panels import GAP, flow_wheel, tile


def test_no_motion_is_white() -> None:
    assert flow_wheel(torch.zeros(1, 2, 2, 2)).min() == 1


def test_directions_have_their_colours() -> None:
    right, left = torch.zeros(2, 1, 2, 1, 1)
    right[0, 0], left[0, 0] = 24.0, -24.0
    assert flow_wheel(right).flatten().tolist() == [1, 0, 0]
    assert np.allclose(flow_wheel(left).flatten(), [0, 1, 1], atol=1e-6)


def test_longer_motion_is_more_colourful() -> None:
    short, long = (flow_wheel(torch.full((1, 2, 1, 1), px)).min() for px in (2.0, 8.0))
    assert long < short


def test_a_sheet_has_a_row_a_sequence_and_white_between() -> None:
    red = torch.zeros(2, 3, 5, 6)
    red[:, 0] = 2.0  # beyond 1 is clamped
    sheet = tile([red, torch.zeros(2, 3, 5, 6)])
    assert sheet.shape == (2 * (5 + GAP) + GAP, 2 * (6 + GAP) + GAP, 3)
    assert sheet[GAP, GAP].tolist() == [255, 0, 0]
    assert sheet[GAP, GAP + 6 + GAP].tolist() == [0, 0, 0]
    assert sheet[:GAP].min() == 255
