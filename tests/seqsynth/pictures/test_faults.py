"""What is wrong with a picture is said on one line, with advice behind it where there is some."""

import pytest

from seqsynth.pictures.faults import Fault, PictureFileError, in_brackets


def test_advice_follows_the_reason_and_is_kept_apart() -> None:
    error = PictureFileError("is empty", Fault.EMPTY, "copy it again")
    assert str(error) == "is empty; copy it again"
    assert error.reason == "is empty"
    assert error.fault is Fault.EMPTY


def test_without_advice_the_reason_stands_alone() -> None:
    assert str(PictureFileError("is a stamp", Fault.DEPTH)) == "is a stamp"


def test_torn_picture_is_to_be_copied_again() -> None:
    assert str(PictureFileError("is torn")) == "is torn; copy it again from where it came"
    assert str(PictureFileError("is torn", advice="take it anew")) == "is torn; take it anew"


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (OSError("broken\n  data\tstream"), " (broken data stream)"),
        (ValueError(b"Unsupported \xff file"), " (Unsupported \ufffd file)"),
        (ValueError("x" * 200), f" ({'x' * 120})"),
        (ValueError("bell \a"), ""),
        (ValueError(), ""),
        (ValueError("  "), ""),
    ],
)
def test_an_error_s_text_becomes_one_short_printable_line(error: Exception, wanted: str) -> None:
    assert in_brackets(error) == wanted
