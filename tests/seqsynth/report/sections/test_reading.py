"""The code on the page runs, and reads what is stored."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqsynth.report import write_report
from seqsynth.shards import open_shards
from tests.seqsynth.report.conftest import Page


def run(folder: Path, page: Page, place: int) -> dict[str, Any]:
    """Run a piece of code of the page and return the names it defines."""
    code = page.find("code", class_="python")[place]
    names = {}
    exec(code.text.replace("DIR", str(folder)), names)
    return names


@pytest.fixture
def page_of(read_page: Callable[[Path], Page]) -> Callable[[Path], Page]:
    return lambda folder: read_page(write_report(folder))


def test_code_for_seqsynth_reads_the_first_sequence(synthetic, page_of):
    found = run(synthetic, page_of(synthetic), 0)
    truth = open_shards(synthetic)[0]
    assert np.array_equal(found["I"], truth.blended)
    assert np.array_equal(found["T"], truth.transmission)
    assert np.array_equal(found["R"], truth.reflection)


@pytest.mark.parametrize(
    "settings",
    [{}, {"compression": "zstd"}, {"blend": "ghosting"}, {"blend": "linear"}, {"blend": "zhang"}],
)
def test_code_for_layers_reads_the_first_sequence(settings, make_synthetic, page_of):
    folder = make_synthetic(**settings)
    with_h5py = run(folder, page_of(folder), 1)
    truth = open_shards(folder)[0]
    assert np.array_equal(with_h5py["I"], truth.blended[1])
    assert np.array_equal(with_h5py["T"], truth.transmission[1])
    assert np.array_equal(with_h5py["R"], truth.reflection[1])


def test_code_for_views_reads_the_first_sequence(make_synthetic, page_of):
    folder = make_synthetic(blend="linear", layout="views")
    with_h5py = run(folder, page_of(folder), 1)
    truth = open_shards(folder)[0]
    assert np.array_equal(with_h5py["I"], truth.blended)
    assert np.array_equal(with_h5py["T"], truth.transmission)
    assert np.array_equal(with_h5py["R"], truth.reflection)


def test_code_reads_nothing_that_is_absent(make_views, frames, page_of):
    folder = make_views([{"blended": frames(1, 3, 20, 30, 3)}])
    page = page_of(folder)
    assert {"T", "R"}.isdisjoint(run(folder, page, 1))
    assert "R is None, unknown" in page.sections["reading"]
