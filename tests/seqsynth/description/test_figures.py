"""Figures as they are printed."""

import pytest

from seqsynth.description import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (3.14159, "3.14"),
        (0.00177, "0.002"),
        (152.34, "152"),
        (41234.5, "41,234"),
        (12.0, "12"),
        (-4.5, "−4.5"),
        (2.5e6, "2.5e+06"),
        (9.999, "10"),
    ],
)
def test_three_digits_are_kept(value, text):
    assert figures.significant(value) == text


@pytest.mark.parametrize(
    ("nbytes", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (365_000, "365 kB"),
        (73_012_345, "73 MB"),
        (1.36e9, "1.36 GB"),
        (5e12, "5 TB"),
    ],
)
def test_sizes_are_decimal(nbytes, text):
    assert figures.size(nbytes) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([10, 20], "10, 20"),
        ([], "none"),
        (None, "none"),
        (True, "yes"),
        (["a", "b", "c"], "a, b, c"),
        (1.3, "1.3"),
        ("all", "all"),
        (123456, "123,456"),
    ],
)
def test_settings_are_put_in_words(value, text):
    assert figures.setting(value) == text


def test_interval_of_one_value_is_that_value():
    assert figures.interval(10, 20) == "10 to 20"
    assert figures.interval(1.0, 1.0) == "1"


def test_commonest_frame_sizes_come_first():
    shapes = [(3, 20, 30, 3), (3, 30, 20, 3), (3, 30, 20, 3)]
    assert figures.frame_sizes(shapes) == "30\u00a0×\u00a020, 20\u00a0×\u00a030"


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["I"], "I"), (["I", "T"], "I and T"), (list("ITR"), "I, T and R")],
)
def test_words_are_joined(words, text):
    assert figures.join_words(words) == text


def test_one_thing_is_singular():
    assert figures.count(1, "sequence") == "1 sequence"
    assert figures.count(2000, "entry", "entries") == "2,000 entries"
