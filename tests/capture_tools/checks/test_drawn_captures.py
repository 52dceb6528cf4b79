"""Captures drawn to break one rule each, and captures that just keep it.

Every capture is the sound scene with one thing done to its pictures, judged from the pictures on;
what is expected follows from what was done, by hand.
"""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from capture_tools.capture import Severity
from capture_tools.checks.validation import JudgedScene
from capture_tools.photos.working_view import Image
from tests.capture_tools.kinds import Draw, Judge
from tests.drawing.captures import DrawnScene, paste_object, to_linear, to_srgb

SOUND = {
    "size": (440, 660),
    "texture": "leaves",
    "camera_step": (6, 10),
    "misalignment": (0, 0),
    "defocus": (0, 0),
    "reflection_ratio": 0.3,
    "gain": (0.95, 0.95),
}
"""A sharp, steady, well lit scene with a soft reflection, the one that `drawn` is."""

Pictures = list[np.ndarray]
Change = Callable[[Pictures], Pictures]

BEFORE, CENTRE, AFTER, TRANSMISSION = range(4)
VIEWS = (BEFORE, CENTRE, AFTER)


def changed(change: Callable[[np.ndarray], np.ndarray], *which: int) -> Change:
    """Do the same to some of the four pictures."""

    def apply(pictures: Pictures) -> Pictures:
        return [change(each) if n in which else each for n, each in enumerate(pictures)]

    return apply


def shifted(x_px: float) -> Callable[[np.ndarray], np.ndarray]:
    def shift(image: np.ndarray) -> np.ndarray:
        warp = np.array([[1, 0, x_px], [0, 1, 0]], np.float32)
        size = image.shape[1::-1]
        return cv2.warpAffine(
            image, warp, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )

    return shift


def waved(amplitude_px: float) -> Callable[[np.ndarray], np.ndarray]:
    """Bend a picture sideways in waves of 110 rows: no affine warp undoes it."""

    def wave(image: np.ndarray) -> np.ndarray:
        rows, columns = np.indices(image.shape[:2]).astype(np.float32)
        bent = columns + np.float32(amplitude_px) * np.sin(2 * np.pi * rows / 110)
        return cv2.remap(
            image,
            bent.astype(np.float32),
            rows,
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REFLECT,
        )

    return wave


def blurred(sigma_px: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda image: cv2.GaussianBlur(image, (0, 0), sigma_px)


def dragged(length_px: int) -> Callable[[np.ndarray], np.ndarray]:
    """Blur along the rows, as by a camera that moves while it exposes."""
    return lambda image: cv2.blur(image, (length_px, 1))


def lit(*gain: float) -> Callable[[np.ndarray], np.ndarray]:
    """Multiply in linear light, all channels alike or each by its own factor."""
    return lambda image: to_srgb(to_linear(image) * np.array(gain, np.float32))


def shaded(gain: float, share: float) -> Callable[[np.ndarray], np.ndarray]:
    """Darken the left part of a picture."""

    def shade(image: np.ndarray) -> np.ndarray:
        width = round(share * image.shape[1])
        return np.hstack([lit(gain)(image[:, :width]), image[:, width:]])

    return shade


def passed_by(side_px: int, level: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda image: paste_object(image, 400, 300, side_px, level)


def noisy(image: np.ndarray) -> np.ndarray:
    """Return another shot of the same: the same picture under another noise."""
    noise = np.random.default_rng(3).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def retaken(role: int, of: int, x_px: float = 0.0) -> Change:
    """Put a new shot of one picture, moved by some pixels, in the place of another."""

    def apply(pictures: Pictures) -> Pictures:
        out = list(pictures)
        out[role] = noisy(shifted(x_px)(pictures[of]))
        return out

    return apply


SHADE = changed(shaded(0.8, 0.2), CENTRE)

BREAKS: dict[str, tuple[Change, set[str]]] = {
    "transmission photo shifted by a pixel": (
        changed(shifted(1.0), TRANSMISSION),
        {"transmission_shift"},
    ),
    "transmission photo bent": (changed(waved(0.8), TRANSMISSION), {"transmission_residual"}),
    "camera turned back": (retaken(AFTER, of=BEFORE), {"motion_direction"}),
    "view hardly moved": (retaken(BEFORE, of=CENTRE, x_px=0.5), {"camera_motion"}),
    "view out of focus": (changed(blurred(0.5), BEFORE), {"focus"}),
    "transmission photo out of focus": (
        changed(blurred(1.0), TRANSMISSION),
        {"transmission_focus"},
    ),
    "view dragged": (changed(dragged(5), BEFORE), {"focus", "motion_blur"}),
    "views exposed for less": (changed(lit(0.6), *VIEWS), {"gain"}),
    "transmission photo tinted": (changed(lit(0.8, 1, 1), TRANSMISSION), {"gain_colour"}),
    "one view exposed for less": (changed(lit(0.8), BEFORE), {"gain_drift"}),
    "shadow on the centre view": (SHADE, {"darker_than_transmission"}),
    "someone walking by": (changed(passed_by(44, 5), BEFORE), {"moving_object"}),
    "photos exposed for more": (
        # The views hold .95 of the transmission, so that it clips where they do.
        lambda pictures: changed(lit(1.33), TRANSMISSION)(changed(lit(1.4), *VIEWS)(pictures)),
        {"clipping"},
    ),
    "transmission photo exposed for more": (
        changed(lit(1.5), TRANSMISSION),
        {"gain", "clipping", "clipped_transmission"},
    ),
    "one file in two roles": (
        lambda pictures: [pictures[CENTRE], *pictures[1:]],
        {"duplicate", "camera_motion"},
    ),
}
"""What is done to the sound scene, and every code that must come of it."""

KEEPS: dict[str, Change] = {
    "nothing done": changed(lambda image: image),
    "transmission photo shifted by a fifth of a pixel": changed(shifted(0.2), TRANSMISSION),
    "transmission photo bent a little": changed(waved(0.4), TRANSMISSION),
    "view moved by a pixel and a half": retaken(BEFORE, of=CENTRE, x_px=-1.5),
    "view a little soft": changed(blurred(0.35), BEFORE),
    "transmission photo a little soft": changed(blurred(0.5), TRANSMISSION),
    "views exposed for a little less": changed(lit(0.82), *VIEWS),
    "transmission photo tinted a little": changed(lit(0.95, 1, 1), TRANSMISSION),
    "one view exposed for a little less": changed(lit(0.93), BEFORE),
    "something bright, as a reflection is": changed(passed_by(44, 230), BEFORE),
    "something small walking by": changed(passed_by(10, 5), BEFORE),
    "transmission photo exposed for a little more": changed(lit(1.15), TRANSMISSION),
}


@pytest.fixture(scope="module")
def pictures(drawn: DrawnScene) -> Pictures:
    return [*drawn.views, drawn.transmission]


@pytest.mark.parametrize("name", BREAKS)
def test_capture_breaks_just_its_rule(name: str, pictures: list[Image], judge: Judge) -> None:
    change, codes = BREAKS[name]
    *views, transmission = change(pictures)

    found = judge(views, transmission).verdict.findings

    assert {finding.code for finding in found if finding.severity is not Severity.NOTE} == codes


@pytest.mark.parametrize("name", KEEPS)
def test_capture_keeps_every_rule(name: str, pictures: list[Image], judge: Judge) -> None:
    *views, transmission = KEEPS[name](pictures)

    found = judge(views, transmission).verdict.findings

    assert [finding.code for finding in found if not finding.cannot_tell] == []


def codes(judged: JudgedScene, *, cannot_tell: bool = False) -> set[str]:
    return {each.code for each in judged.verdict.findings if each.cannot_tell is cannot_tell}


def judge_drawn(judge: Judge, scene: DrawnScene) -> JudgedScene:
    return judge(scene.views, scene.transmission)


def test_scene_without_a_reflection_is_warned_of(draw: Draw, judge: Judge) -> None:
    judged = judge_drawn(judge, draw(1, **{**SOUND, "reflection_ratio": 0.0}))

    assert codes(judged) == {"reflection_amount"}


def test_weak_reflection_is_wanted(draw: Draw, judge: Judge) -> None:
    judged = judge_drawn(judge, draw(1, **{**SOUND, "reflection_ratio": 0.05}))

    assert codes(judged) == set()


@pytest.mark.parametrize(("step_px", "accepted"), [(60, True), (100, False)])
def test_camera_that_moves_far_is_warned_of_and_then_rejected(
    draw: Draw, judge: Judge, step_px: float, accepted: bool
) -> None:
    # The recipe's lengths are of a picture 880 wide: 60 and 100 px are 7 and 11 % of the width;
    # the limits are 5 and 10 %.
    judged = judge_drawn(judge, draw(1, **{**SOUND, "camera_step": (step_px, step_px)}))

    assert (codes(judged), judged.accepted) == ({"camera_motion"}, accepted)


def test_low_light_is_a_label(draw: Draw, judge: Judge) -> None:
    judged = judge_drawn(judge, draw(1, **{**SOUND, "light": 0.03}))

    (finding,) = judged.verdict.findings
    assert (finding.code, finding.severity) == ("low_light", Severity.NOTE)


def test_dark_scene_is_accepted_with_what_cannot_be_told(draw: Draw, judge: Judge) -> None:
    dark = {**SOUND, "light": 0.015, "noise": (1e-3, 4e-3)}

    judged = judge_drawn(judge, draw(1, **dark))

    assert judged.accepted
    assert codes(judged, cannot_tell=True) >= {"focus", "transmission_focus", "moving_object"}


def test_strong_sharp_reflection_is_no_fault(draw: Draw, judge: Judge) -> None:
    strong = {**SOUND, "reflection_ratio": 0.8, "reflection_blur": (0.0, 0.0), "light": 0.12}

    assert judge_drawn(judge, draw(2, **strong)).accepted


def test_transmission_of_another_scene_is_rejected(
    draw: Draw, drawn: DrawnScene, judge: Judge
) -> None:
    judged = judge(drawn.views, draw(77, **SOUND).transmission)

    assert "transmission_residual" in {finding.code for finding in judged.verdict.reasons}


def test_transmission_far_from_the_centre_view_is_rejected(drawn: DrawnScene, judge: Judge) -> None:
    judged = judge(drawn.views, shifted(30.0)(drawn.transmission))

    # 2 % of 660 px are 13.2.
    (reason,) = judged.verdict.reasons
    assert (reason.code, reason.limit) == ("transmission_shift", pytest.approx(13.2))
    assert reason.value == pytest.approx(30.0, abs=0.1)


def test_transmission_of_another_view_is_rejected(draw: Draw, judge: Judge) -> None:
    scene = draw(1, **SOUND)
    # The transmission as the camera of the first view would have seen it.
    size = scene.transmission.shape[1::-1]
    warped = cv2.warpPerspective(
        scene.transmission, scene.warps[0], size, borderMode=cv2.BORDER_REFLECT
    )

    judged = judge(scene.views, warped)

    assert [reason.code for reason in judged.verdict.reasons] == ["transmission_view"]
    assert "before.jpg" in judged.verdict.reasons[0].message


def test_scene_with_depth_is_not_warned_of(pictures: list[Image], judge: Judge) -> None:
    *views, transmission = changed(waved(1.0), BEFORE)(pictures)

    found = judge(views, transmission).verdict.findings

    assert {finding.severity for finding in found} <= {Severity.NOTE}


@pytest.mark.parametrize("level", [0, 120, 255])
def test_blank_pictures_cannot_be_judged(level: int, judge: Judge, drawn: DrawnScene) -> None:
    views = [noisy(np.full_like(drawn.transmission, level)) for _ in range(3)]

    judged = judge(views, np.full_like(drawn.transmission, level))

    assert codes(judged, cannot_tell=True) >= {
        "transmission_shift",
        "transmission_residual",
        "camera_motion",
        "gain",
        "darker_than_transmission",
        "moving_object",
        "reflection_amount",
    }


def test_scene_of_little_texture_cannot_be_judged(draw: Draw, judge: Judge) -> None:
    judged = judge_drawn(judge, draw(1, **{**SOUND, "contrast": 0.3}))

    assert judged.accepted
    assert codes(judged, cannot_tell=True) >= {"transmission_residual", "camera_motion"}


def test_five_views_are_judged_step_by_step(draw: Draw, judge: Judge) -> None:
    # The outermost views lie two steps of 30 px away: 3.4 % of the width a step, 6.8 % in all.
    scene = draw(1, **{**SOUND, "views": 5, "camera_step": (30, 30)})

    judged = judge(scene.views, scene.transmission)

    assert codes(judged) == set()
    assert len(judged.measurement.alignment.motions) == 5
