"""Which view is the centre, and which are its neighbours."""

import torch
from torch import Tensor


def centre_of(views: Tensor) -> Tensor:
    """Return the centre of (B, V, ...): view V // 2, the one whose transmission is wanted."""
    return views[:, views.shape[1] // 2]


def neighbours_of(views: Tensor) -> Tensor:
    """Return (B, V - 1, ...): all views but the centre, in shooting order (t-1, t+1)."""
    centre = views.shape[1] // 2
    return torch.cat((views[:, :centre], views[:, centre + 1 :]), 1)


def pair_with_centre(views: Tensor) -> Tensor:
    """Return (B, V - 1, 2C, h, w): the centre's channels, then one neighbour's, for each pair."""
    neighbours = neighbours_of(views)
    centre = centre_of(views)[:, None].expand_as(neighbours)
    return torch.cat((centre, neighbours), 2)
