"""Work is cut into runs of so many bytes, in order, and none of it is lost."""

import pytest

from seqsynth.export.blocks import divide, divide_work, json_bytes

MIB = 2**20


@pytest.mark.parametrize(
    ("sizes", "wanted"),
    [
        ([], []),
        ([4, 6, 1], [[4, 6], [1]]),
        ([4, 7, 3, 1], [[4], [7, 3], [1]]),
        ([11, 1, 12], [[11], [1], [12]]),
        ([0, 0, 10, 0, 1], [[0, 0, 10, 0], [1]]),
    ],
)
def test_runs_hold_at_most_ten_bytes_and_at_least_one_item(
    sizes: list[int], wanted: list[list[int]]
) -> None:
    assert list(divide(sizes, int, 10)) == wanted


def test_blocks_of_pictures_hold_32_mib() -> None:
    assert list(divide_work([16 * MIB, 16 * MIB, 1], int)) == [[16 * MIB, 16 * MIB], [1]]


def test_json_is_the_same_bytes_in_whatever_order_it_was_made() -> None:
    assert json_bytes({"b": "\u00e9", "a": 1}) == b'{\n "a": 1,\n "b": "\xc3\xa9"\n}\n'
