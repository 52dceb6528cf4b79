"""Motion of a camera: what is drawn is what is stored."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqsynth.motion.figures import figures_of
from seqsynth.report import write_report
from seqsynth.report.sections.camera import step_charts
from seqsynth.shards import open_shards


@pytest.fixture(scope="module")
def page(
    camera_shards: Path, tmp_path_factory: pytest.TempPathFactory, read_page: Callable[[Path], Any]
) -> Any:
    out = tmp_path_factory.mktemp("report") / "page.html"
    return read_page(write_report(camera_shards, out))


def test_a_set_by_a_camera_shows_no_slide(page: Any) -> None:
    assert "camera" in page.sections
    assert "motion" not in page.sections
    assert "second plane" in page.sections["camera"]


def test_a_set_of_slides_shows_no_camera(
    tiny_shards: Path, tmp_path: Path, read_page: Callable[[Path], Any]
) -> None:
    assert "camera" not in read_page(write_report(tiny_shards, tmp_path / "page.html")).sections


def test_frames_are_drawn_where_the_homographies_put_them(page: Any, camera_shards: Path) -> None:
    sequences = open_shards(camera_shards)
    drawn = [
        e for e in page.find("svg", within="camera") if e.attributes["aria-label"].startswith("Fr")
    ]
    paths = page.find("path", within="camera", class_="window")
    assert len(drawn) == 6
    assert len(paths) == 6 * 2 * 3
    name = drawn[0].attributes["aria-label"].removeprefix("Frames of ")
    number = next(n for n in range(len(sequences)) if sequences.name(n) == name)
    # The first drawing's are R's three views, then T's.
    for place, layer in ((0, "reflection"), (5, "transmission")):
        homography = getattr(sequences[number].motion, layer).homographies[place % 3]
        corners = np.array([[0, 0, 1], [24, 0, 1], [24, 16, 1], [0, 16, 1.0]])
        mapped = corners @ np.linalg.inv(homography).T
        numbers = re.findall(r"-?[0-9.]+", paths[place].attributes["d"])
        found = np.array(numbers, float).reshape(4, 2)
        assert np.abs(found - mapped[:, :2] / mapped[:, 2:]).max() <= 0.051


def test_charts_are_of_the_steps_between_views(camera_shards: Path) -> None:
    motions = [one.motion for one in open_shards(camera_shards)]
    charts = step_charts(motions)
    assert [chart.variable.label for chart in charts][:3] == ["T across", "T down", "turn"]
    turns = []
    for motion in motions:
        homographies = motion.transmission.homographies
        for first, second in pairwise(homographies):
            between = second @ np.linalg.inv(first)
            turns.append(abs(figures_of(between / between[2, 2], (16, 24)).turn))
    assert charts[2].variable.values == pytest.approx(turns)
