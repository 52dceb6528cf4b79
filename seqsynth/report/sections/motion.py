"""How the layers move: trajectories to scale, and the steps against what was configured."""

from seqsynth.description.figures import count
from seqsynth.report.histogram import Histogram, Variable, draw_histogram
from seqsynth.report.page import Section, render_section
from seqsynth.report.survey import Observation, Survey, spread
from seqsynth.report.trajectories import (
    Windows,
    covering_view,
    draw_fan,
    draw_windows,
    step_sizes,
)
from seqsynth.sequence import Trajectory

MOST_DRAWN = 6


def motion_section(survey: Survey) -> Section | None:
    """Return the trajectories of the sample, or None where none is known or nothing can move."""
    moving = [observation for observation in survey.sample if _moves(observation)]
    if not moving:
        return None
    paths = [path for observation in moving if (path := observation.trajectory) is not None]
    windows = _examples(survey, moving)
    return render_section(
        "motion",
        "Motion of the layers",
        "motion.html",
        fan=draw_fan(paths, dict(survey.index.configuration)),
        windows=windows,
        covering=covering_view(windows),
        steps=step_charts(survey, paths),
        sampled=count(len(moving), "sequence"),
    )


def step_charts(survey: Survey, paths: list[Trajectory]) -> list[Histogram]:
    """Return the histograms of the step sizes of T and of R, in px per view and axis."""
    variables = (
        Variable(
            label=f"steps of {symbol}",
            unit="px",
            values=tuple(step_sizes(paths, layer).tolist()),
            tone=layer,
            drawn=survey.configured_range(f"{layer}_step"),
        )
        for layer, symbol in (("transmission", "T"), ("reflection", "R"))
    )
    return [draw_histogram(variable) for variable in variables]


def _examples(survey: Survey, moving: list[Observation]) -> list[Windows]:
    chosen = [moving[place] for place in spread(len(moving), MOST_DRAWN)]
    return [
        draw_windows(
            path,
            (observation.shape[1], observation.shape[2]),
            survey.sequences.name(observation.number),
        )
        for observation in chosen
        if (path := observation.trajectory) is not None
    ]


def _moves(observation: Observation) -> bool:
    return observation.trajectory is not None and observation.shape[0] > 1
