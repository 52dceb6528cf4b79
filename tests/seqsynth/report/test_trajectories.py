"""Trajectories drawn to scale."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

from seqsynth.report.histogram import Scale
from seqsynth.report.trajectories import covering_view, draw_fan, draw_windows, step_sizes
from seqsynth.sequence import Trajectory
from seqsynth.shards import open_shards


def trajectory(
    transmission: Sequence[Sequence[int]], reflection: Sequence[Sequence[int]]
) -> Trajectory:
    return Trajectory(np.array(transmission, np.int16), np.array(reflection, np.int16))


PATH = trajectory([[0, 0], [1, 2], [1, 4]], [[5, 40], [17, 30], [36, 12]])


def places(path_data: str) -> list[tuple[float, ...]]:
    return [tuple(map(float, pair)) for pair in re.findall(r"M([\d.]+) ([\d.]+)", path_data)]


def test_step_sizes_have_no_sign():
    assert step_sizes([PATH], "transmission").tolist() == [1, 2, 0, 2]
    assert step_sizes([PATH], "reflection").tolist() == [12, 10, 19, 18]


def test_windows_are_of_the_true_size_and_offset():
    drawing = draw_windows(PATH, (20, 30), "name")
    assert [(b.x, b.y, b.width, b.height) for b in drawing.reflection] == [
        (0, 0, 30, 20),
        (-10, 12, 30, 20),
        (-28, 31, 30, 20),
    ]
    assert [(b.x, b.y) for b in drawing.transmission] == [(0, 0), (2, 1), (4, 1)]


def test_line_joins_the_centres_of_the_windows():
    arrows = draw_windows(PATH, (20, 30), "name").arrows
    assert arrows[0].lines == "M15 10L17 11L19 11"


def test_view_covers_all_drawings():
    other = draw_windows(trajectory([[0, 0], [50, 0]], [[0, 0], [0, 70]]), (20, 30), "other")
    drawings = [draw_windows(PATH, (20, 30), "name"), other]
    assert covering_view(drawings, margin=0) == "-28 0 128 70"


def test_fan_has_one_scale_for_both_axes():
    fan = draw_fan([PATH], {})
    columns = np.diff([tick.at for tick in fan.columns])
    rows = np.diff([tick.at for tick in fan.rows])
    assert columns == pytest.approx(columns[0], abs=0.02)
    assert rows == pytest.approx(columns[0], abs=0.02)


def test_fan_marks_every_view_after_the_first():
    fan = draw_fan([PATH], {})
    unit = fan.columns[1].at - fan.columns[0].at
    step = float(fan.columns[1].text.replace("−", "-")) - float(
        fan.columns[0].text.replace("−", "-")
    )
    found = {
        (round((x - fan.origin[0]) / unit * step), round((y - fan.origin[1]) / unit * step))
        for x, y in places(fan.traces[1].dots)
    }
    assert found == {(-10, 12), (-28, 31)}


@pytest.mark.parametrize("direction", ["forward", "random"])
def test_last_windows_lie_within_the_reach(direction, make_synthetic):
    folder = make_synthetic(direction=direction, sequences=20, views=4, reflection_step=(3, 6))
    sequences = open_shards(folder)
    paths = [sequences.trajectory(number) for number in range(20)]
    fan = draw_fan(paths, dict(sequences.parts[0][1].configuration))
    ends = [places(f"M{line.rpartition('L')[2]}")[0] for line in fan.traces[1].lines.split("M")[1:]]
    assert len(ends) == 20
    for x, y in ends:
        assert any(
            box.x - 0.01 <= x <= box.x + box.width + 0.01
            and box.y - 0.01 <= y <= box.y + box.height + 0.01
            for box in fan.reach
        )


def test_range_of_steps_that_was_not_set_has_no_reach():
    assert draw_fan([PATH], {"reflection_step": None}).reach == draw_fan([PATH], {}).reach


def test_reach_is_the_configured_range_times_the_steps():
    fan = draw_fan([PATH], {"reflection_step": [10, 20], "direction": "forward"})
    scale = Scale(float(fan.columns[0].text.replace("−", "-")), float(fan.columns[-1].text))
    unit = (fan.columns[-1].at - fan.columns[0].at) / (scale.high - scale.low)
    (box,) = fan.reach
    assert (box.x - fan.origin[0]) / unit == pytest.approx(20, abs=0.1)
    assert box.width / unit == pytest.approx(20, abs=0.1)
