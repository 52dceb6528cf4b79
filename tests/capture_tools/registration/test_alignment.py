"""The geometry of a scene: where the transmission photo lay and how the camera moved."""

from dataclasses import replace

import numpy as np
import pytest

from capture_tools.capture import Doubt
from capture_tools.photos.working_view import Image, reduce_view
from capture_tools.registration.alignment import SceneAlignment, align_scene, register
from capture_tools.registration.warp import Registration, warp_to
from capture_tools.scenes.framing import apply_gain
from tests.capture_tools.kinds import Draw, Flat, Measure, Measured
from tests.drawing.captures import DrawnScene, mean_error_px
from tests.drawing.textures import leaves

SIZE = (580, 880)
NORMAL_LIGHT = {
    "weak": {"reflection_ratio": 0.1},
    "normal": {"reflection_ratio": 0.3},
    "strong": {"reflection_ratio": 0.6},
    "brighter than the scene": {"reflection_ratio": 1.2},
    "sharp": {"reflection_ratio": 0.6, "reflection_blur": (0.0, 0.0)},
    "no reflection": {"reflection_ratio": 0.0},
    "noisy": {"noise": (1e-3, 5e-3)},
}
SHARP_AND_BRIGHTER = {"reflection_ratio": 1.2, "reflection_blur": (0.0, 0.0)}


@pytest.fixture(scope="module")
def measured(draw: Draw, measure: Measure) -> list[Measured]:
    """One scene of every normal-light kind, aligned."""
    return [measure(draw(11 + i, **recipe)) for i, recipe in enumerate(NORMAL_LIGHT.values())]


@pytest.fixture(scope="module")
def texture() -> Image:
    """A large drawn picture of which windows at whole-pixel places are photos."""
    light = leaves((1300, 2000), np.random.default_rng(3))
    return np.clip(light * 255, 0, 255).astype(np.uint8)


def window(texture: Image, top: int, left: int, size: tuple[int, int] = SIZE) -> Image:
    return np.ascontiguousarray(texture[top : top + size[0], left : left + size[1]])


@pytest.fixture(scope="module")
def found_far(texture: Image) -> Registration:
    """A window registered to another 300 columns and 80 rows away."""
    return register_far(texture)


def register_far(texture: Image) -> Registration:
    fixed = reduce_view(window(texture, 100, 100))
    moving = reduce_view(window(texture, 180, 400))
    return register(moving, fixed, "homography")


def align_centre(scene: DrawnScene) -> SceneAlignment:
    """Align the centre view alone, where nothing is asked of the others."""
    centre = reduce_view(scene.views[scene.centre])
    return align_scene([centre], reduce_view(scene.transmission))


def transmission_error(alignment: SceneAlignment, scene: DrawnScene) -> float:
    return mean_error_px(alignment.transmission.warp, scene.transmission_warp, SIZE)


def transmission_errors(measured: list[Measured]) -> list[float]:
    return [transmission_error(each.alignment, each.scene) for each in measured]


def motion_errors(measured: list[Measured]) -> list[float]:
    return [
        mean_error_px(each.alignment.motions[k].warp, each.scene.warps[k], SIZE)
        for each in measured
        for k in (0, 2)
    ]


def test_misalignment_of_the_transmission_photo_is_recovered_to_a_tenth_of_a_pixel(
    measured: list[Measured],
) -> None:
    assert np.median(transmission_errors(measured)) < 0.1


def test_no_normal_light_transmission_photo_is_misplaced_by_a_quarter_pixel(
    measured: list[Measured],
) -> None:
    assert max(transmission_errors(measured)) < 0.25


def test_camera_motion_is_recovered_in_the_median_over_normal_light(
    measured: list[Measured],
) -> None:
    assert np.median(motion_errors(measured)) < 0.15


def test_normal_light_alignments_are_trusted(measured: list[Measured]) -> None:
    doubts = [motion.doubt for each in measured for motion in each.alignment.motions]
    assert set(doubts) == {None}


def test_sharp_reflection_brighter_than_the_scene_does_not_pull_the_transmission_photo(
    draw: Draw,
) -> None:
    scenes = [draw(seed, **SHARP_AND_BRIGHTER) for seed in (11, 12)]
    # Half of what an alignment by least squares errs here, which lets every pixel vote alike.
    assert max(transmission_error(align_centre(scene), scene) for scene in scenes) < 0.03


def test_view_of_another_exposure_is_aligned_as_well(draw: Draw) -> None:
    scene = draw(12)
    darker = reduce_view(apply_gain(scene.views[1], 0.3))
    found = register(darker, reduce_view(scene.transmission))
    truth = np.linalg.inv(scene.transmission_warp)
    assert mean_error_px(found.warp, truth, SIZE) < 0.02


def test_dark_scene_is_aligned_with_the_settings_for_the_dark(draw: Draw) -> None:
    scene = draw(11, light=0.015, noise=(6e-3, 1.2e-2))
    alignment = align_centre(scene)
    assert alignment.dark
    assert transmission_error(alignment, scene) < 0.15


def test_scene_without_texture_says_that_it_cannot_be_told(draw: Draw) -> None:
    found = align_centre(draw(12, contrast=0.2)).transmission
    assert found.doubt is Doubt.LITTLE_TEXTURE
    assert found.residual_px is None


def test_motion_of_the_centre_view_against_itself_is_nothing(measured: list[Measured]) -> None:
    assert measured[0].alignment.motions[1].mean_px == pytest.approx(0, abs=1e-9)


def test_warp_leads_from_the_fixed_photo_to_the_moving_one(texture: Image) -> None:
    fixed = reduce_view(window(texture, 100, 100))
    moving = reduce_view(window(texture, 107, 112))
    found = register(moving, fixed)
    # What fixed shows at x = 12 stands at x = 0 in a window cut 12 columns further right.
    assert found.mean_vector_px == pytest.approx((-12, -7), abs=0.05)


def test_photos_of_twice_the_working_size_are_measured_in_their_own_pixels(texture: Image) -> None:
    size = (1160, 1760)
    fixed = reduce_view(window(texture, 50, 60, size))
    moving = reduce_view(window(texture, 56, 53, size))
    assert fixed.factor == 2
    assert register(moving, fixed).mean_vector_px == pytest.approx((7, -6), abs=0.1)


def test_upright_photos_are_aligned(texture: Image) -> None:
    size = (880, 580)
    fixed = reduce_view(window(texture, 50, 60, size))
    moving = reduce_view(window(texture, 53, 58, size))
    assert register(moving, fixed).mean_vector_px == pytest.approx((2, -3), abs=0.05)


def test_registration_is_the_same_whoever_is_the_moving_photo(draw: Draw) -> None:
    scene = draw(11, reflection_ratio=0.0)
    first, second = reduce_view(scene.transmission), reduce_view(scene.views[1])
    there = register(first, second).warp
    back = register(second, first).warp
    assert mean_error_px(there @ back, np.eye(3), SIZE) < 0.05


def test_shift_too_large_for_gradients_is_found_from_features(found_far: Registration) -> None:
    assert found_far.started_from == "features"
    assert found_far.mean_vector_px == pytest.approx((-300, -80), abs=0.1)


def test_same_photos_give_the_same_warp_to_the_last_bit(
    texture: Image, found_far: Registration
) -> None:
    assert np.array_equal(register_far(texture).warp, found_far.warp)


@pytest.mark.parametrize(("left", "kept"), [(0.2, True), (0.35, False)])
def test_identity_is_kept_within_a_quarter_pixel(texture: Image, left: int, kept: bool) -> None:
    photo = window(texture, 100, 100)
    shifted = warp_to(photo, np.array([[1, 0, left], [0, 1, 0], [0, 0, 1.0]]), SIZE)
    assert register(reduce_view(shifted), reduce_view(photo)).keeps_identity is kept


def test_warping_by_the_registration_puts_the_transmission_photo_right(
    draw: Draw, measure: Measure
) -> None:
    scene = draw(11, reflection_ratio=0.0)
    before = measure(scene).alignment.transmission
    righted = warp_to(scene.transmission, before.warp, SIZE)
    after = register(reduce_view(righted), reduce_view(scene.views[1]))
    assert before.mean_shift_px > 0.5
    assert after.keeps_identity


@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_transmission_photo_is_told_as_such(draw: Draw, flat: Flat, level: int) -> None:
    views = [reduce_view(view) for view in draw(11).views]
    alignment = align_scene(views, reduce_view(flat(level, SIZE)))
    assert alignment.transmission.doubt is Doubt.BLANK
    assert np.isfinite(alignment.transmission.warp).all()


def test_blank_view_is_not_aligned_and_nothing_raises(draw: Draw, flat: Flat) -> None:
    scene = draw(11)
    views = [reduce_view(image) for image in (flat(90, SIZE), *scene.views[1:])]
    alignment = align_scene(views, reduce_view(scene.transmission))
    assert alignment.motions[0].doubt is not None
    assert alignment.motions[2].doubt is None


def test_photo_of_another_scene_is_not_aligned(draw: Draw) -> None:
    scene = replace(draw(11), transmission=draw(12).transmission)
    assert align_centre(scene).transmission.doubt is Doubt.NOT_ALIGNED


def test_noise_is_not_aligned() -> None:
    rng = np.random.default_rng(0)
    first, second = (reduce_view(rng.integers(0, 256, (*SIZE, 3), np.uint8)) for _ in range(2))
    assert register(first, second).doubt is Doubt.NOT_ALIGNED


@pytest.mark.parametrize("size", [(60, 90), (227, 640), (300, 300)])
def test_photos_of_unlike_sizes_are_compared_without_an_error(
    draw: Draw, size: tuple[int, int]
) -> None:
    large = reduce_view(draw(11).transmission)
    small = reduce_view(np.ascontiguousarray(draw(12).transmission[: size[0], : size[1]]))
    for moving, fixed in ((large, small), (small, large)):
        assert register(moving, fixed, "homography").doubt is not None


@pytest.mark.parametrize("size", [(3, 5), (20, 900), (64, 64)])
def test_pictures_too_small_to_align_are_told_as_such(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    found = register(reduce_view(picture), reduce_view(picture))
    assert found.doubt is not None
    assert np.isfinite(found.warp).all()
