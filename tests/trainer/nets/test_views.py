import pytest
import torch

from trainer.nets.views import centre_of, neighbours_of, pair_with_centre


@pytest.mark.parametrize(
    ("views", "centre", "neighbours"), [(2, 1, [0]), (3, 1, [0, 2]), (5, 2, [0, 1, 3, 4])]
)
def test_views_are_the_centre_and_its_neighbours_in_shooting_order(
    views: int, centre: int, neighbours: list[int]
) -> None:
    numbered = torch.arange(views).view(1, views, 1, 1, 1)
    assert centre_of(numbered).flatten().tolist() == [centre]
    assert neighbours_of(numbered).flatten().tolist() == neighbours


def test_every_neighbour_stands_behind_the_centre() -> None:
    numbered = torch.arange(3).view(1, 3, 1, 1, 1)
    assert pair_with_centre(numbered).flatten(2).tolist() == [[[1, 0], [1, 2]]]
