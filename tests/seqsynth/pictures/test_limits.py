"""A picture may have 178,956,970 pixels, whatever its shape, and not one more."""

import pytest

from seqsynth.pictures.faults import Fault, PictureFileError
from seqsynth.pictures.limits import check_size

# 178,956,970 = 2 x 5 x 17,895,697


@pytest.mark.parametrize("size", [(1, 1), (10, 17_895_697), (17_895_697, 10)])
def test_a_picture_of_the_limit_is_taken(size: tuple[int, int]) -> None:
    check_size(*size)


@pytest.mark.parametrize("size", [(1, 178_956_971), (13_378, 13_378), (17_895_698, 10)])
def test_a_picture_above_the_limit_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureFileError, match="more than 178,956,970 pixels") as refusal:
        check_size(*size)
    assert refusal.value.fault is Fault.TOO_LARGE
