"""Which view is the centre, and which are its neighbours."""

import torch
from torch import Tensor


def centre_of(views: Tensor) -> Tensor:
    """Return the centre of (B, V, ...): view V // 2, the one whose transmission is wanted."""
    return views[:, views.shape[1] // 2]


def neighbours_of(views: Tensor) -> Tensor:
    """Return (B, V - 1, ...): all views but the centre, in shooting order (t-1, t+1)."""
    centre = views.shape[1] // 2
    last = views.movedim(2, -1)
    return torch.cat((last[:, :centre], last[:, centre + 1 :]), 1).movedim(-1, 2)


def pair_with_centre(views: Tensor) -> Tensor:
    """Return (B, V - 1, 2C, h, w): the centre's channels, then one neighbour's, for each pair."""
    neighbours = neighbours_of(views)
    centre = centre_of(views)[:, None].expand_as(neighbours)
    return join_channels(centre, neighbours)


def join_channels(*views: Tensor) -> Tensor:
    """Return (B, V, C + ..., h, w): the channels of several tensors (B, V, C, h, w) in order.

    They stay last in memory, where convolutions want them: `torch.cat` knows that of four
    dimensions only, and would lay five out anew.
    """
    return torch.cat([one.movedim(2, -1) for one in views], -1).movedim(-1, 2)


def side_by_side(views: Tensor) -> Tensor:
    """Return (B, V C, h, w): all views' channels in order, last in memory."""
    samples, number, channels, height, width = views.shape
    last = views.permute(0, 3, 4, 1, 2).reshape(samples, height, width, number * channels)
    last = last.contiguous()
    return last.movedim(-1, 1)
