"""Motion: the steps drawn are the steps stored."""

from collections import Counter
from pathlib import Path

import h5py
import numpy as np

from seqsynth.report import write_report


def stored_steps(folder: Path, layer: str) -> Counter[int]:
    steps = []
    for path in folder.glob("*.h5"):
        with h5py.File(path) as shard:
            steps += (
                np.abs(np.diff(shard[f"{layer}_origin"][:].astype(int), axis=1)).ravel().tolist()
            )
    return Counter(steps)


def test_histograms_count_the_stored_steps(synthetic, read_page):
    page = read_page(write_report(synthetic))
    titles = [element.text for element in page.find("title", within="motion")]
    expected = {
        f"{size} px: {number}"
        for layer in ("transmission", "reflection")
        for size, number in stored_steps(synthetic, layer).items()
    }
    assert set(titles) == expected


def test_six_sequences_are_drawn_one_by_one(synthetic, read_page):
    page = read_page(write_report(synthetic))
    drawn = [
        e
        for e in page.find("svg", within="motion")
        if e.attributes["aria-label"].startswith("Windows of")
    ]
    assert len(drawn) == 6
    assert len({element.attributes["viewbox"] for element in drawn}) == 1


def test_windows_are_drawn_in_pixels(synthetic, read_page):
    page = read_page(write_report(synthetic))
    windows = page.find("rect", within="motion", class_="window")
    assert len(windows) == 6 * 2 * 3
    assert {(e.attributes["width"], e.attributes["height"]) for e in windows} == {("32", "32")}
