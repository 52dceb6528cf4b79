"""What is shown of a comparison."""

import io

from PIL import Image

from seqsynth.comparison.differences import compare_samples
from seqsynth.comparison.sheet import as_json, describe, describe_settings, draw_sheet
from tests.seqsynth.comparison.samples import sample_of

FIRST, SECOND = sample_of([1, 2, 3], [4, 5, 6]), sample_of([2, 3, 4], [4, 5, 6])


def test_every_quantity_that_both_know_has_a_line() -> None:
    lines = describe(compare_samples(FIRST, SECOND), ["ours", "theirs"])
    assert [line.split("  ")[0] for line in lines[2:4]] == [
        "rms of I - T [levels]",
        "width of the structure in I - T [px]",
    ]
    # Two thirds of either sample lie among the other's values.
    assert lines[2].endswith("0.33")
    assert lines[3].endswith("0.00")


def test_settings_are_told_as_options() -> None:
    settings = {"reflection_strength": (0.4, 0.5), "kernel": 21}
    assert describe_settings(settings) == "--reflection-strength 0.4 0.5 --kernel 21"
    table = {"blend_linear": {"sigma_px": (1.0, 2.5), "mask_share": 0.1}}
    assert describe_settings(table) == "--blend-linear-sigma-px 1 2.5 --blend-linear-mask-share 0.1"


def test_document_names_both_sets_and_their_quantiles() -> None:
    document = as_json(compare_samples(FIRST, SECOND), ["ours", "theirs"])
    assert (document["first"], document["second"]) == ("ours", "theirs")
    assert document["quantities"]["energy"]["first"] == [1.2, 2, 2.8]


def test_sheet_is_a_picture_of_a_row_for_four_histograms() -> None:
    with Image.open(io.BytesIO(draw_sheet({"ours": FIRST, "theirs": SECOND}))) as sheet:
        # Two quantities and three colours: two rows of 2.6 by four columns of 4 inches, at 90 dpi.
        assert sheet.size == (1440, 468)


def test_any_name_of_a_folder_is_drawn() -> None:
    assert draw_sheet({r"$\foo$": FIRST, "theirs\udcff": SECOND})
