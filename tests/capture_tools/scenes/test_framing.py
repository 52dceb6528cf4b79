"""Framing: cut to what all photos show, to the paper's aspect and size, and never enlarged."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from capture_tools.capture import CaptureError, Doubt
from capture_tools.photos.photo import DecodedPhoto
from capture_tools.photos.working_view import Image, Warp
from capture_tools.registration.warp import Registration
from capture_tools.scenes.framing import Frame, Framing, find_frame, frame_scene, output_size
from capture_tools.scenes.reading import ScenePhotos

PAPER = Framing()
SMALL = Framing(size=(66, 44))


def moved(
    x_px: float, y_px: float = 0.0, turn_deg: float = 0.0, about: tuple[float, float] = (0.0, 0.0)
) -> Warp:
    """Return the warp that turns about a point, then shifts."""
    turn = np.deg2rad(turn_deg)
    warp = np.eye(3)
    warp[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    warp[:2, 2] = np.array(about) - warp[:2, :2] @ about + (x_px, y_px)
    return warp


def registered(warp: Warp, size: tuple[int, int], doubt: Doubt | None = None) -> Registration:
    return Registration(warp, size, 0.9, 100, 0.1, "identity", doubt)


def plane(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smooth colour picture known everywhere, in levels; x and y in pixels."""
    waves = [128 + 60 * np.sin(x / a + c) * np.cos(y / b) for a, b, c in ((9, 13, 0), (17, 8, 1))]
    return np.stack([*waves, 128 + 50 * np.sin((x + y) / 11)], axis=-1)


def shot(
    size: tuple[int, int], warp: Warp | None = None, offset: tuple[float, float] = (0, 0)
) -> Image:
    """Photograph the plane: pixel ``warp @ p`` of the photo shows the plane's point ``p``."""
    rows, columns = np.indices(size)
    points = np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)])
    x, y, w = np.linalg.inv(np.eye(3) if warp is None else warp) @ points
    values = plane((x / w + offset[0]).reshape(size), (y / w + offset[1]).reshape(size))
    return np.rint(values).astype(np.uint8)


def scene(*pictures: Image) -> ScenePhotos:
    photos = [DecodedPhoto(picture, str(n)) for n, picture in enumerate(pictures)]
    return ScenePhotos(tuple(photos[:-1]), photos[-1])


def still_scene(size: tuple[int, int]) -> ScenePhotos:
    return scene(*(shot(size, offset=(5 * n, 0)) for n in (-1, 0, 1)), shot(size))


def test_photos_that_lie_on_each_other_are_not_touched() -> None:
    photos = still_scene((44, 66))

    framed = frame_scene(photos, registered(moved(0.2), (44, 66)), SMALL)

    assert not framed.aligned
    assert np.array_equal(framed.transmission, photos.transmission.pixels)
    assert all(
        np.array_equal(view, photo.pixels)
        for view, photo in zip(framed.views, photos.views, strict=True)
    )


@pytest.mark.parametrize("size", [(176, 264), (100, 150), (52, 78), (48, 70)])
@pytest.mark.parametrize("warp", [moved(3.3, -1.8), moved(-0.6, 0.7, 0.4, about=(60, 40))])
def test_misaligned_transmission_comes_to_lie_on_the_centre_view(
    size: tuple[int, int], warp: Warp
) -> None:
    photos = scene(*(shot(size, offset=(5 * n, 0)) for n in (-1, 0, 1)), shot(size, warp))

    framed = frame_scene(photos, registered(warp, size), SMALL)

    difference = framed.transmission.astype(int) - framed.views[1].astype(int)
    assert framed.aligned
    # Half a level of each rounding and the cubic's own error on waves of 50 px.
    assert np.abs(difference).max() <= 3
    assert np.abs(difference).mean() < 0.6


def test_reduction_of_an_aligned_photo_does_not_alias() -> None:
    # A chequerboard of single pixels, reduced four times, is flat grey: a single cubic sample an
    # output pixel would show stripes.
    size = (176, 264)
    checks = np.indices(size).sum(axis=0) % 2 * 200 + 20
    picture = np.repeat(checks[:, :, None], 3, axis=2).astype(np.uint8)

    framed = frame_scene(
        scene(picture, picture, picture, picture), registered(moved(1.0, 0.5), size), SMALL
    )

    assert np.ptp(framed.transmission[2:-2, 2:-2].astype(int)) <= 6


def test_views_are_cut_alike_so_that_their_motion_stays() -> None:
    size = (44, 66)
    photos = scene(*(shot(size, offset=(5 * n, 0)) for n in (-1, 0, 1)), shot(size, moved(4, 0)))

    framed = frame_scene(photos, registered(moved(4, 0), size), Framing(keep_size=True))

    frame = framed.frame
    cut = np.s_[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
    assert all(
        np.array_equal(view, photo.pixels[cut])
        for view, photo in zip(framed.views, photos.views, strict=True)
    )


@pytest.mark.parametrize(
    ("warp", "frame"),
    [
        # A pixel p of the centre view shows at p + 4 of the photo, whose last column is 65.
        (moved(4, 0), Frame(0, 0, 44, 62)),
        (moved(-4, 0), Frame(0, 4, 44, 62)),
        (moved(0.5, -2.5), Frame(3, 0, 41, 65)),
        (moved(0, 0), Frame(0, 0, 44, 66)),
    ],
)
def test_common_frame_is_what_both_photos_show(warp: Warp, frame: Frame) -> None:
    assert find_frame(warp, (44, 66), Framing(keep_size=True)) == frame


def test_photos_without_a_common_part_are_refused() -> None:
    with pytest.raises(CaptureError, match="have no part in common"):
        find_frame(moved(100, 0), (44, 66), SMALL)


@pytest.mark.parametrize(
    ("size", "frame"),
    [
        ((1160, 1760), Frame(0, 0, 1160, 1760)),
        # 3024 * 1760 / 1160 = 4588 > 4032: the width stays, 4032 * 1160 / 1760 = 2657.
        ((3024, 4032), Frame(183, 0, 2657, 4032)),
        ((4032, 3024), Frame(0, 183, 4032, 2657)),
        ((1160, 2000), Frame(0, 120, 1160, 1760)),
    ],
)
def test_photo_is_cut_to_the_papers_aspect_about_its_middle(
    size: tuple[int, int], frame: Frame
) -> None:
    assert find_frame(np.eye(3), size, PAPER) == frame


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        (Frame(0, 0, 2657, 4032), (1160, 1760)),
        (Frame(0, 0, 4032, 2657), (1760, 1160)),
        (Frame(0, 0, 1160, 1760), (1160, 1760)),
        (Frame(0, 0, 420, 637), (420, 637)),
    ],
)
def test_photos_are_reduced_and_never_enlarged(frame: Frame, size: tuple[int, int]) -> None:
    assert output_size(frame, PAPER) == size


def test_upright_scene_becomes_an_upright_picture() -> None:
    framed = frame_scene(still_scene((264, 176)), registered(np.eye(3), (264, 176)), SMALL)

    assert framed.transmission.shape == framed.views[0].shape == (66, 44, 3)


def test_reduction_averages_areas() -> None:
    picture = np.random.default_rng(4).integers(0, 256, (88, 132, 3), dtype=np.uint8)

    framed = frame_scene(scene(*[picture] * 4), registered(np.eye(3), (88, 132)), SMALL)

    blocks = picture.reshape(44, 2, 66, 2, 3).mean(axis=(1, 3))
    assert np.abs(framed.views[0] - blocks).max() <= 0.5


def test_kept_size_cuts_no_more_than_the_common_frame() -> None:
    framed = frame_scene(
        still_scene((90, 90)), registered(np.eye(3), (90, 90)), Framing(keep_size=True)
    )

    assert framed.transmission.shape == (90, 90, 3)


def test_alignment_that_is_not_trusted_moves_nothing() -> None:
    registration = registered(moved(5, 0), (44, 66), Doubt.LITTLE_TEXTURE)

    framed = frame_scene(still_scene((44, 66)), registration, SMALL)

    assert not framed.aligned


def test_alignment_in_the_dark_is_used() -> None:
    registration = registered(moved(5, 0), (44, 66), Doubt.TOO_DARK)

    assert frame_scene(still_scene((44, 66)), registration, SMALL).aligned


def test_tilt_that_moves_the_corners_is_put_right() -> None:
    # About the middle, 33 columns and 22 rows from the corners: they move by
    # 33 p hypot(33, 22) / (1 - 33 p) = .67 px, the picture by a third of that.
    p = 5e-4
    tilt = np.array([[1, 0, 0], [0, 1, 0], [p, 0, 1.0]])
    warp = moved(32.5, 21.5) @ tilt @ moved(-32.5, -21.5)
    registration = registered(warp, (44, 66))

    assert registration.mean_shift_px < 0.25
    assert frame_scene(still_scene((44, 66)), registration, SMALL).aligned


def test_matched_gain_multiplies_linear_light() -> None:
    picture = np.full((44, 66, 3), 188, np.uint8)

    framed = frame_scene(
        scene(*[picture] * 4), registered(np.eye(3), (44, 66)), SMALL, match_gain=0.5
    )

    # sRGB 188 is 0.503 of white, half of it is coded as 136.7.
    assert (framed.gain, np.unique(framed.transmission).tolist()) == (0.5, [137])
    assert np.unique(framed.views[1]).tolist() == [188]


@pytest.mark.parametrize("size", [(1160, 1760), (0, 0), (10, 0)])
def test_size_that_is_none_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(CaptureError, match="name the long side first"):
        Framing(size=size)


def test_framing_agrees_with_opencv_at_full_size() -> None:
    # The same warp by another interpolation of OpenCV, away from the border.
    size, warp = (44, 66), moved(2.25, -1.5)
    photos = scene(*(shot(size) for _ in range(3)), shot(size, warp))

    framed = frame_scene(photos, registered(warp, size), Framing(keep_size=True))

    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    lanczos = cv2.warpPerspective(photos.transmission.pixels, warp, size[::-1], flags=flags)
    frame = framed.frame
    cut = lanczos[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
    inner = np.s_[6:-6, 6:-6]
    assert np.abs(framed.transmission[inner].astype(int) - cut[inner]).max() <= 4
