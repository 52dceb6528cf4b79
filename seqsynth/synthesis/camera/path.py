"""The camera's path before two planes, drawn: lens, planes, and where it stands in every view."""

import math
from dataclasses import dataclass

from seqsynth.camera import CameraSettings
from seqsynth.motion.camera import CENTRE, UNIT, Plane, Pose, divided
from seqsynth.seeds import Draws


@dataclass(frozen=True)
class CameraPath:
    """All that one sequence's motion follows from.

    Attributes
    ----------
    focal : focal length in widths of the window, in 1/`UNIT`
    transmission, reflection : their planes, R's mirrored behind the glass
    second : T's second plane, or None
    poses : one a view; the centre view's is `CENTRE`
    """

    focal: int
    transmission: Plane
    reflection: Plane
    second: Plane | None
    poses: tuple[Pose, ...]


def draw_path(settings: CameraSettings, views: int, draws: Draws) -> CameraPath:
    """Draw the path of one sequence.

    In this order: field of view, T's plane, R's plane (slant and azimuth each), step aside and its
    direction, R's motion, distance of the second plane (also where there is none), unrest, and the
    steps from view to view.
    """
    angle = draws.uniform(*settings.field_of_view)
    focal = round(UNIT / (2 * math.tan(math.radians(angle / 2))))
    first, mirrored = (_draw_plane(settings, draws) for _ in range(2))
    aside = round(UNIT * draw_log_uniform(settings.translation, draws))
    direction = draws.sign()
    relative = round(UNIT * draw_log_uniform(settings.reflection_motion, draws))
    farness = round(UNIT * draws.uniform(*settings.second_plane))
    unrest = draw_log_uniform(settings.unrest, draws)
    steps = [_draw_step(settings, direction * aside, unrest, draws) for _ in range(views - 1)]
    # A plane this much nearer moves by ``relative`` more than T's when the camera steps aside.
    nearness = UNIT + divided(relative * UNIT * UNIT, focal * aside)
    second = first.at(divided(UNIT * UNIT, farness)) if settings.has_parallax else None
    return CameraPath(focal, first, mirrored.at(nearness), second, _poses(steps))


def draw_normal(draws: Draws) -> int:
    """Draw from nearly a normal distribution, in 1/65536: twelve uniform draws, less their mean."""
    return sum(draws.below(65537) for _ in range(12)) - 6 * 65536


def draw_log_uniform(bounds: tuple[float, float], draws: Draws) -> float:
    """Draw a number whose logarithm is uniform between the bounds'."""
    low, high = bounds
    return low * math.exp(draws.uniform(0, 1) * math.log(high / low))


def _draw_plane(settings: CameraSettings, draws: Draws) -> Plane:
    """Draw a plane at distance 1 along the optical axis."""
    slope = math.tan(math.radians(draws.uniform(*settings.slant)))
    azimuth = math.radians(draws.uniform(0, 360))
    x, y = round(UNIT * slope * math.cos(azimuth)), round(UNIT * slope * math.sin(azimuth))
    return Plane((x, y, UNIT))


def _draw_step(settings: CameraSettings, aside: int, unrest: float, draws: Draws) -> Pose:
    """Draw one view's step: rise, approach, two shares turned back, yaw, pitch, roll."""
    reach = unrest * abs(aside)
    rise = _spread(settings.rise * reach, draws)
    approach = _spread(settings.approach * reach, draws)
    back = [draws.uniform(0, settings.turn_back) for _ in range(2)]
    # Small angles: half of one is its tangent to within a ten-thousandth of it.
    half_turns = [unrest * UNIT * math.radians(degrees) / 2 for degrees in settings.shake]
    yaw, pitch, roll = (_spread(half_turn, draws) for half_turn in half_turns)
    yaw += round(back[0] * aside / 2)
    pitch -= round(back[1] * rise / 2)
    return Pose((aside, rise, approach), (pitch, yaw, roll))


def _spread(deviation: float, draws: Draws) -> int:
    return round(deviation * draw_normal(draws) / 65536)


def _poses(steps: list[Pose]) -> tuple[Pose, ...]:
    """Add up the steps from the centre view on, either way; turns this small add up too."""
    centre = (len(steps) + 1) // 2
    before, after = [CENTRE], [CENTRE]
    for step in steps[centre:]:
        after.append(_moved(after[-1], step, 1))
    for step in reversed(steps[:centre]):
        before.append(_moved(before[-1], step, -1))
    return (*reversed(before[1:]), *after)


def _moved(pose: Pose, step: Pose, sign: int) -> Pose:
    x, y, z = (a + sign * b for a, b in zip(pose.position, step.position, strict=True))
    pitch, yaw, roll = (a + sign * b for a, b in zip(pose.turn, step.turn, strict=True))
    return Pose((x, y, z), (pitch, yaw, roll))
