"""What the lines of a list of photos stand for."""

import pytest

from seqsynth.photo_lists import as_class_list, describe_unmatched, match_names

KNOWN = ["solid/1", "wild/1", "wild/2", "my cat", "2008_000123", "\u00e9t\u00e9"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("2008_000123", "2008_000123"),
        ("2008_000123.jpg", "2008_000123"),
        ("VOC2012/JPEGImages/2008_000123.jpg", "2008_000123"),
        ("/data/VOC2012/JPEGImages/2008_000123.jpg", "2008_000123"),
        ("C:\\photos\\2008_000123.JPG", "2008_000123"),
        ("2008_000123 -1", "2008_000123"),
        ("solid/1.png", "solid/1"),
        ("2.png", "wild/2"),
        ("my cat", "my cat"),
        ("e\u0301te\u0301.jpg", "\u00e9t\u00e9"),
    ],
)
def test_line_stands_for_a_name(line: str, name: str) -> None:
    assert match_names([line], KNOWN) == ({name}, [])


@pytest.mark.parametrize("line", ["1.png", "008_000123", "2008_000123.txt", "3", "my", "/"])
def test_line_that_stands_for_nothing_or_for_two_is_handed_back(line: str) -> None:
    assert match_names([line], KNOWN) == (set(), [line])


def test_first_of_many_names_are_given() -> None:
    assert describe_unmatched(["a", "b"]) == "a, b"
    assert describe_unmatched(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


@pytest.mark.parametrize("labels", [("1", "0", "-1"), ("+1", "0", "-1"), ("1.0", "0.0", "-1.0")])
def test_labels_are_known_however_they_are_written(labels: tuple[str, str, str]) -> None:
    lines = [f"{name} {label}" for name, label in zip("abc", labels, strict=True)]
    found = as_class_list(lines, lambda _: False)
    assert found is not None
    assert (found.shown, found.difficult, found.without) == (("a",), 1, 1)
