"""How far the measurements of drawn captures lie from the truth: writes docs/capture-accuracy.md.

Run as ``python -m benchmarks.capture_accuracy [--scenes N]``. The scenes are drawn from seeds, so
the same versions of numpy and OpenCV give the same table.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.capture_accuracy_document import OFFSETS_PX, Row, document
from capture_tools.measuring.focus import compare_sharpness, measure_sharpness
from capture_tools.measuring.light import LightComparison
from capture_tools.measuring.measurement import AlignedScene, align_views, compare_centre
from capture_tools.measuring.movers import find_movers
from capture_tools.measuring.reflection import measure_reflection_motion
from capture_tools.photos.working_view import Image, reduce_view
from capture_tools.registration.agreement import measure_agreement
from capture_tools.registration.aligned_view import AlignedView, bring_onto
from capture_tools.registration.gradients import gradient_pyramid
from tests.drawing.captures import DrawnScene, SceneRecipe, draw_scene, mean_error_px, paste_object

OUT = Path(__file__).parents[1] / "docs" / "capture-accuracy.md"

DARK = {"light": 0.015, "noise": (2e-3, 4e-3)}
SHARP = {"reflection_blur": (0.0, 0.0)}
CONDITIONS: dict[str, dict[str, Any]] = {
    "clean, no reflection": {"reflection_ratio": 0.0},
    "weak reflection (.1)": {"reflection_ratio": 0.1},
    "normal reflection (.3)": {},
    "strong reflection (.6)": {"reflection_ratio": 0.6},
    "reflection brighter than the scene (1.2)": {"reflection_ratio": 1.2},
    "sharp reflection (.6)": {"reflection_ratio": 0.6, **SHARP},
    "noisy (.3)": {"noise": (1e-3, 6e-3)},
    "defocused views (.3, 1.5 px)": {"defocus": (1.5, 1.5)},
    "full size 1760x1160 (.3)": {"size": (1160, 1760)},
}
APART: dict[str, dict[str, Any]] = {
    "sharp reflection brighter than the scene (1.2)": {"reflection_ratio": 1.2, **SHARP},
    "low light (.3)": DARK,
    "low light, no reflection": {"reflection_ratio": 0.0, **DARK},
    "reflection of the very same picture (.6)": {"reflection_ratio": 0.6, "own_mirror": True},
    "low texture (.3)": {"contrast": 0.3},
}
OBJECT_SIDE = 44
NOTICED_PX = 200
RIGHT_PX = 3.0


def defocused(image: Image, sigma: float) -> Image:
    """Return the picture out of focus."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def smeared(image: Image, length: int) -> Image:
    """Return the picture of a camera that moved along x."""
    return np.asarray(cv2.filter2D(image, -1, np.full((1, length), 1 / length)), np.uint8)


FAULTS: dict[str, Callable[[Image], Image]] = {
    "none": np.copy,
    "defocus 1 px": partial(defocused, sigma=1.0),
    "defocus 2 px": partial(defocused, sigma=2.0),
    "smear 5 px": partial(smeared, length=5),
    "smear 9 px": partial(smeared, length=9),
}


@dataclass(frozen=True)
class Case:
    """One drawn scene and what was measured of it."""

    scene: DrawnScene
    measured: AlignedScene
    light: LightComparison | None

    @property
    def gain(self) -> float | None:
        """The centre view's gain as checks subtract by it."""
        return self.measured.gains[self.scene.centre].safe


def main() -> None:
    """Measure every condition and write the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=12, help="scenes per condition")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rows: dict[str, list[Row]] = {}
    pooled: list[float] = []
    for name, recipe in (CONDITIONS | APART).items():
        cases = [
            measure(draw_scene(100 + i, SceneRecipe(**recipe))) for i in range(arguments.scenes)
        ]
        if name in CONDITIONS:
            pooled += motion_errors(cases)
        for table, row in measure_condition(cases).items():
            rows.setdefault(table, []).append((name, *row))
        print(name, *rows["alignment"][-1][1:], sep=" | ", flush=True)
    rows["focus"] = focus_rows(arguments.scenes)
    arguments.out.write_text(
        document(rows, pooled, arguments.scenes, len(CONDITIONS)), encoding="utf-8"
    )
    print(f"camera motion pooled over normal light: median {np.median(pooled):.3f} px")


def measure(scene: DrawnScene) -> Case:
    """Measure one scene as a check of captures would."""
    views = tuple(reduce_view(view) for view in scene.views)
    measured = align_views(views, reduce_view(scene.transmission))
    return Case(scene, measured, compare_centre(measured, measured.gains[scene.centre].safe))


def measure_condition(cases: Sequence[Case]) -> dict[str, Row]:
    """Return one row for every table."""
    return {
        "alignment": alignment_row(cases),
        "offsets": offsets_row(cases),
        "light": light_row(cases),
        "movers": movers_row(cases),
        "reflection": reflection_row(cases),
    }


def alignment_row(cases: Sequence[Case]) -> Row:
    """Say the errors of the transmission photo's place and of the camera's motion."""
    found = [case.measured.alignment.transmission for case in cases]
    placed = [
        mean_error_px(registration.warp, case.scene.transmission_warp, size_of(case.scene))
        for registration, case in zip(found, cases, strict=True)
    ]
    told = [registration.doubt is None for registration in found]
    agreements = [registration.agreement for registration in found]
    residuals = [registration.residual_px for registration in found]
    return (
        spread(placed),
        spread(motion_errors(cases)),
        f"{sum(told)}/{len(told)}",
        median_of(agreements),
        median_of(residuals),
    )


def motion_errors(cases: Sequence[Case]) -> list[float]:
    """Return the errors of the camera's motion to every other view."""
    return [
        mean_error_px(motion.warp, truth, size_of(case.scene))
        for case in cases
        for k, (motion, truth) in enumerate(
            zip(case.measured.alignment.motions, case.scene.warps, strict=True)
        )
        if k != case.scene.centre
    ]


def offsets_row(cases: Sequence[Case]) -> Row:
    """Say what residual the patches see where a known one is forced."""
    return tuple(
        median_of([forced_residual(case, offset) for case in cases]) for offset in OFFSETS_PX
    )


def forced_residual(case: Case, offset_px: float) -> float | None:
    """Return the residual of the true warp shifted by so many full-size pixels."""
    dark = case.measured.alignment.dark
    fixed, moving = (
        gradient_pyramid(view, dark=dark)[0]
        for view in (case.measured.transmission, case.measured.views[case.scene.centre])
    )
    scale = case.measured.transmission.to_full
    shift = np.array([[1, 0, 0.8 * offset_px], [0, 1, 0.6 * offset_px], [0, 0, 1]])
    truth = np.linalg.inv(case.scene.transmission_warp) @ shift
    found = measure_agreement(moving, fixed, np.linalg.inv(scale) @ truth @ scale, dark=dark)
    return None if found.residual is None else found.residual * case.measured.transmission.factor


def light_row(cases: Sequence[Case]) -> Row:
    """Say the gain's error and what is read of the reflection."""
    found = [(case.measured.gains[case.scene.centre].grey, case.scene.gain) for case in cases]
    errors = np.abs([grey - truth for grey, truth in found if grey is not None])
    lights = [case.light for case in cases if case.light is not None]
    ratios = [light.reflection_ratio for light in lights]
    return (
        f"{np.median(errors):.3f} / {errors.max():.3f}",
        f"{np.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})",
        f"{np.median([light.reflection_area for light in lights]):.2f}",
        f"{max(light.darker_share for light in lights):.4f}",
    )


def movers_row(cases: Sequence[Case]) -> Row:
    """Count false alarms, and what is found of dark objects pasted into the last view."""
    false, views, found, objects, judged = 0, 0, 0, 0, 0
    for number, case in enumerate(cases):
        for k in range(len(case.measured.views)):
            seen = movers_in(case, k, case.measured.aligned[k])
            views += 1
            judged += seen is not None
            false += seen is not None and seen > NOTICED_PX
        seen = movers_in(case, -1, with_object(case, number))
        objects += seen is not None
        found += seen is not None and seen > NOTICED_PX
    return (f"{judged}/{views}", f"{false}", f"{found}/{objects}")


def with_object(case: Case, number: int) -> AlignedView:
    """Return the last view with an object darker than most of the scene."""
    rng = np.random.default_rng(number)
    height, width = size_of(case.scene)
    side = OBJECT_SIDE * case.measured.transmission.factor
    left = int(rng.integers(width // 4, width // 2))
    top = int(rng.integers(height // 4, height // 2))
    level = round(0.15 * case.measured.transmission.mean_grey)
    image = paste_object(case.scene.views[-1], left, top, side, level, seed=number)
    registration = case.measured.alignment.views[-1]
    return bring_onto(reduce_view(image), registration, case.measured.transmission)


def movers_in(case: Case, view: int, aligned: AlignedView) -> int | None:
    """Return the size of the largest mover; None where it cannot be told."""
    if case.gain is None:
        return None
    found = find_movers(
        case.measured.transmission,
        aligned,
        case.gain,
        agreement=case.measured.alignment.views[view].agreement,
        dark=case.measured.alignment.dark,
    )
    return None if found.doubt is not None else found.largest_working_px


def reflection_row(cases: Sequence[Case]) -> Row:
    """Say how often the reflection's motion is told, and how often it is right."""
    told, right, errors, pairs = 0, 0, [], 0
    for case in cases:
        for k in range(len(case.measured.views)):
            if k == case.scene.centre:
                continue
            pairs += 1
            error = reflection_error(case, k)
            if error is not None:
                told += 1
                right += error < RIGHT_PX * case.measured.transmission.factor
                errors.append(error)
    return (f"{told}/{pairs}", f"{right}/{told}", f"{np.median(errors):.2f}" if errors else "-")


def reflection_error(case: Case, view: int) -> float | None:
    """Return the distance between the reflection's measured and true motion; None if not told."""
    if case.gain is None or case.light is None:
        return None
    found = measure_reflection_motion(
        case.measured.transmission,
        case.measured.aligned[case.scene.centre],
        case.measured.aligned[view],
        case.gain,
        case.light,
        dark=case.measured.alignment.dark,
    )
    if found.dx_px is None or found.dy_px is None:
        return None
    return float(np.hypot(*(np.array([found.dx_px, found.dy_px]) - true_step(case, view))))


def true_step(case: Case, view: int) -> NDArray[np.float64]:
    """Return R's motion against T, which is counted in the view, in the centre of the picture."""
    return np.asarray(case.scene.reflection_steps[view])


def focus_rows(scenes: int) -> list[Row]:
    """Return the sharpness of a first view blurred in known ways, over the other views."""
    drawn = [draw_scene(100 + i, SceneRecipe(defocus=(0.0, 0.0))) for i in range(scenes)]
    rows: list[Row] = []
    for name, blur in FAULTS.items():
        ratios = []
        for scene in drawn:
            others = [measure_sharpness(reduce_view(view)) for view in scene.views[1:]]
            blurred = reduce_view(blur(scene.views[0]))
            ratios.append(compare_sharpness(measure_sharpness(blurred), others))
        measures = ([r.laplacian for r in ratios], [r.band for r in ratios])
        directions = [r.direction for r in ratios]
        rows.append((name, *(low_high(values) for values in (*measures, directions))))
    return rows


def size_of(scene: DrawnScene) -> tuple[int, int]:
    """Return the (H, W) of a scene's photos."""
    return scene.transmission.shape[0], scene.transmission.shape[1]


def spread(values: Sequence[float]) -> str:
    """Say median, 90th percentile and largest of some errors."""
    return f"{np.median(values):.3f} / {np.quantile(values, 0.9):.3f} / {max(values):.3f}"


def low_high(values: Sequence[float]) -> str:
    """Say the median and the extremes."""
    return f"{np.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def median_of(values: Iterable[float | None]) -> str:
    """Say the median of what could be told, or that nothing could."""
    told = [value for value in values if value is not None]
    return f"{np.median(told):.2f}" if told else "cannot tell"


if __name__ == "__main__":
    main()
