"""The numbers of the blends, as stored."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from seqsynth.report import survey_shards, write_report
from seqsynth.report.histogram import Variable
from seqsynth.report.sections.blending import blend_variables


def stored(folder: Path, name: str) -> np.ndarray:
    values = []
    for path in sorted(folder.glob("train*.h5")) + sorted(folder.glob("val*.h5")):
        with h5py.File(path) as shard:
            values.append(shard[name][:])
    return np.concatenate(values)


def variables(folder: Path) -> dict[str, Variable]:
    return {variable.label: variable for variable in blend_variables(survey_shards(folder))}


def test_blur_and_attenuation_are_those_stored(synthetic):
    found = variables(synthetic)
    assert found["blur σ"].values == tuple(stored(synthetic, "sigma"))
    assert found["attenuation"].values == tuple(stored(synthetic, "attenuation")[:, 0])


def test_blur_is_held_against_the_configured_range(synthetic):
    assert variables(synthetic)["blur σ"].drawn == (2, 5)


def test_every_view_counts_where_attenuations_differ(make_synthetic):
    folder = make_synthetic(overflow="view")
    levels = stored(folder, "attenuation")
    expected = sum(len(set(row)) == 1 or len(row) for row in levels.tolist())
    assert len(variables(folder)["attenuation"].values) == expected


def test_other_blends_show_their_own_parameters(make_synthetic):
    folder = make_synthetic(blend="dsrnet")
    found = variables(folder)
    assert "blur σ" not in found
    with h5py.File(folder / "train-00000.h5") as shard:
        names = [name.decode() for name in shard["parameters"].attrs["names"]]
        column = shard["parameters"][:, names.index("sigma_px")]
    assert found["sigma"].unit == "px"
    assert found["sigma"].values[: len(column)] == tuple(column)


def test_constant_is_stated_and_not_drawn(synthetic, read_page):
    page = read_page(write_report(synthetic))
    assert page.terms("blend") == {"reflection strength": "1 in all"}


def test_varied_strength_is_drawn(make_synthetic, read_page):
    page = read_page(write_report(make_synthetic(reflection_strength=(0.2, 0.9))))
    assert page.terms("blend") == {}
    assert "reflection strength" in page.sections["blend"]


@pytest.mark.parametrize("kind", ["captured", "pair"])
def test_photographs_have_no_blend(kind, make_views, frames, read_page):
    folder = make_views([{"blended": frames(1, 3, 20, 30, 3)}], kind=kind)
    assert "blend" not in read_page(write_report(folder)).sections
