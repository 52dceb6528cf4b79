"""Dense flow against pictures: what stands at p of the centre view stands at p + flow."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from seqsynth.motion import LayerMotion, Motion, slide_motion
from seqsynth.motion.resampling import resample
from tests.seqsynth.motion.drawn import CORNER, WINDOW, draw_map, draw_picture

HEIGHT, WIDTH = WINDOW
VIEWS = 3


def camera_motion() -> LayerMotion:
    """Return the motion of a plane before, at and after the centre view."""
    views = [draw_map(1).homography(), np.eye(3), draw_map(2).homography()]
    return LayerMotion(np.stack(views), WINDOW)


def camera_views(scene: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pictures that go with `camera_motion`."""
    frame = scene[40 : 40 + HEIGHT, 40 : 40 + WIDTH]
    return np.stack(
        [resample(scene, draw_map(1), CORNER), frame, resample(scene, draw_map(2), CORNER)]
    )


def warp_error(views: NDArray[np.uint8], motion: LayerMotion) -> float:
    """Return the mean difference in levels of the centre view to the others warped onto it."""
    flow = motion.flow()
    rows, columns = np.indices(views.shape[1:3]).astype(np.float32)
    errors = []
    for view in range(len(views)):
        warped = cv2.remap(
            views[view], columns + flow[view, ..., 0], rows + flow[view, ..., 1], cv2.INTER_CUBIC
        )
        seen = motion.inside()[view]
        centre = views[len(views) // 2].astype(int)
        errors.append(np.abs(warped - centre)[seen].mean())
    return float(np.max(errors))


def resized(views: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return views twice as high and half as wide."""
    size = (WIDTH // 2, HEIGHT * 2)
    return np.stack([cv2.resize(view, size, interpolation=cv2.INTER_LINEAR) for view in views])


Change = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]

CHANGES: dict[str, tuple[Callable[[LayerMotion], LayerMotion], Change]] = {
    "as it is": (lambda motion: motion, lambda views: views),
    "cropped": (lambda motion: motion.cropped(7, 11, (32, 40)), lambda v: v[:, 7:39, 11:51]),
    "mirrored": (lambda motion: motion.flipped(horizontal=True), lambda v: v[:, :, ::-1]),
    "upside down": (lambda motion: motion.flipped(vertical=True), lambda v: v[:, ::-1]),
    "turned": (
        lambda motion: motion.flipped(horizontal=True, vertical=True),
        lambda v: v[:, ::-1, ::-1],
    ),
    "reversed": (lambda motion: motion.reversed(), lambda v: v[::-1]),
    "resized": (lambda motion: motion.resized((HEIGHT * 2, WIDTH // 2)), resized),
    "the centre alone": (lambda motion: motion.middle(1), lambda v: v[1:2]),
    "all of it": (
        lambda motion: motion.reversed().flipped(horizontal=True).cropped(3, 5, (40, 48)),
        lambda v: v[::-1, :, ::-1][:, 3:43, 5:53],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_views_warped_by_their_flow_show_the_centre_view(change):
    change_motion, change_views = CHANGES[change]
    views = np.ascontiguousarray(change_views(camera_views(draw_picture(0, blur_px=3))))
    assert warp_error(views, change_motion(camera_motion())) < 1


def test_unchanged_motion_does_not_explain_changed_pictures():
    views = np.ascontiguousarray(camera_views(draw_picture(0, blur_px=3))[:, :, ::-1])
    assert warp_error(views, camera_motion()) > 5


def test_slides_move_against_their_windows():
    origins = np.array([[0, 0], [1, 12], [3, 27]], np.int16)
    flow = slide_motion(origins, WINDOW).flow()
    assert flow.shape == (3, *WINDOW, 2)
    assert flow.dtype == np.float32
    assert (flow[0] == (12, 1)).all()
    assert (flow[1] == 0).all()
    assert (flow[2] == (-15, -2)).all()


def test_slides_explain_their_windows():
    scene = draw_picture(3, blur_px=3)
    origins = np.array([[40, 40], [42, 55], [43, 70]])
    views = np.stack([scene[y : y + HEIGHT, x : x + WIDTH] for y, x in origins])
    assert warp_error(views, slide_motion(origins, WINDOW)) == 0


def test_cells_have_the_motion_of_their_middle():
    motion = camera_motion()
    cells = motion.flow(4)
    assert cells.shape == (VIEWS, HEIGHT // 4, WIDTH // 4, 2)
    # The middle of a cell of four pixels is half way between its second and third.
    pixels = motion.flow().reshape(VIEWS, HEIGHT // 4, 4, WIDTH // 4, 4, 2)
    assert_allclose(cells, pixels[:, :, 1:3, :, 1:3].mean(axis=(2, 4)), atol=1e-3)


def test_a_second_plane_moves_where_the_mask_says_so():
    first = slide_motion(np.array([[0, 0], [0, 3], [0, 6]]), WINDOW)
    second = slide_motion(np.array([[0, 0], [0, 1], [0, 2]]), WINDOW).homographies
    mask = np.zeros(WINDOW, np.uint8)
    mask[:, :20] = 255
    both = LayerMotion(first.homographies, WINDOW, second, mask)
    assert (both.flow()[0, :, :20, 0] == 3).all()
    assert (both.flow()[0, :, 20:, 0] == 1).all()
    assert (both.flow(4)[0, :, :5, 0] == 3).all()
    mirrored = both.flipped(horizontal=True).flow()
    assert (mirrored[0, :, -20:, 0] == -3).all()
    assert (mirrored[0, :, :-20, 0] == -1).all()
    cut = both.cropped(0, 16, (8, 8)).flow()
    assert (cut[2, :, :4, 0] == -3).all()
    assert (cut[2, :, 4:, 0] == -1).all()
    assert (both.reversed().flow()[2, :, :20, 0] == 3).all()
    assert (both.reversed().flow()[2, :, 20:, 0] == 1).all()


def test_what_leaves_the_frame_is_not_inside():
    inside = slide_motion(np.array([[0, 5], [0, 0], [0, 0]]), WINDOW).inside()
    assert not inside[0, :, :5].any()
    assert inside[0, :, 5:].all()
    assert inside[1:].all()


def test_an_even_number_of_views_is_not_reversed():
    motion = slide_motion(np.zeros((4, 2)), WINDOW)
    with pytest.raises(ValueError, match="another centre"):
        motion.reversed()


def test_both_layers_change_together():
    layer = camera_motion()
    other = slide_motion(np.array([[0, 0], [0, 4], [0, 9]]), WINDOW)
    both = Motion(layer, other)
    changed = both.cropped(2, 4, (20, 24)).flipped(vertical=True).reversed()
    expected = layer.cropped(2, 4, (20, 24)).flipped(vertical=True).reversed()
    assert np.array_equal(changed.transmission.flow(), expected.flow())
    assert (changed.reflection.flow()[0, ..., 0] == -5).all()
