"""The views of a layer that a camera sees: warped by their own stored motion they are the same."""

import numpy as np
import pytest
from scipy import ndimage

from seqsynth.camera import CAMERA_PRESETS, CameraSettings
from seqsynth.errors import ConfigError
from seqsynth.motion.homography import map_of
from seqsynth.motion.resampling import resample
from seqsynth.seeds import Draws, Stream
from seqsynth.synthesis.camera.views import (
    CameraViews,
    draw_views,
    layer_views,
    transmission_views,
)

WINDOW = (48, 64)


def views_of(preset: str, index: int = 0) -> CameraViews:
    settings = CameraSettings(**CAMERA_PRESETS[preset])
    return draw_views(settings, 3, WINDOW, Draws(3, Stream.TRAIN, index))


def draw_layer(views: CameraViews, smooth_px: float = 0.0) -> np.ndarray:
    extent = views.transmission_extent
    rng = np.random.default_rng(0)
    noise = rng.uniform(0, 255, (extent.height, extent.width, 3))
    smooth = ndimage.gaussian_filter(noise, (smooth_px, smooth_px, 0))
    spread = (smooth - smooth.min()) / np.ptp(smooth)
    return np.rint(255 * spread).astype(np.uint8)


def frame_of(layer: np.ndarray, views: CameraViews) -> np.ndarray:
    extent = views.transmission_extent
    return layer[-extent.top :, -extent.left :][: WINDOW[0], : WINDOW[1]]


@pytest.mark.parametrize("preset", CAMERA_PRESETS)
def test_the_centre_view_is_untouched(preset):
    views = views_of(preset)
    layer = draw_layer(views)
    assert np.array_equal(transmission_views(layer, views, resample)[1], frame_of(layer, views))


def test_other_views_are_not_the_centre_view():
    views = views_of("handheld")
    layer = draw_layer(views)
    found = transmission_views(layer, views, resample)
    assert not np.array_equal(found[0], found[1])
    assert not np.array_equal(found[2], found[1])


@pytest.mark.parametrize("index", range(6))
def test_the_layer_warped_by_the_stored_homography_is_the_view_to_the_byte(index):
    views = views_of("handheld", index)
    layer = draw_layer(views)
    extent = views.transmission_extent
    found = layer_views(layer, views.transmission, extent, resample)
    for view, true in zip(found, views.transmission, strict=True):
        stored = true.homography()
        assert np.array_equal(resample(layer, map_of(stored, WINDOW), extent.corner), view)


def test_the_layer_warped_in_floats_is_the_view_to_within_a_level():
    """Splines of degree five, positions in float64: another kernel, another arithmetic."""
    views = views_of("handheld", 2)
    layer = draw_layer(views, smooth_px=2.5)
    extent = views.transmission_extent
    found = layer_views(layer, views.transmission, extent, resample)
    rows, columns = np.indices(WINDOW)
    for view, true in zip(found, views.transmission, strict=True):
        back = np.linalg.inv(true.homography())
        x, y, depth = np.einsum("ij,jhw->ihw", back, np.stack([columns, rows, np.ones(WINDOW)]))
        places = [y / depth - extent.top, x / depth - extent.left]
        for channel in range(3):
            warped = ndimage.map_coordinates(layer[..., channel].astype(float), places, order=5)
            assert np.abs(warped - view[..., channel])[4:-4, 4:-4].max() <= 1


def test_two_planes_part_along_the_mask():
    views = views_of("parallax", 1)
    layer = draw_layer(views)
    extent = views.transmission_extent
    found = transmission_views(layer, views, resample)
    mask = np.repeat(views.mask()[..., np.newaxis], 3, axis=2)
    for number in (0, 2):
        near = resample(layer, views.transmission[number], extent.corner)
        far = resample(layer, views.second[number], extent.corner)
        share = resample(mask, views.transmission[number], extent.corner)
        assert np.array_equal(found[number][share == 255], near[share == 255])
        assert np.array_equal(found[number][share == 0], far[share == 0])
        mixed = (share / 255) * near + (1 - share / 255) * far
        assert np.abs(found[number] - mixed).max() <= 0.5 + 1e-9
        assert (near != far).any()


def test_the_frames_mask_is_the_masks_middle():
    views = views_of("parallax")
    extent = views.transmission_extent
    whole = views.mask()
    expected = whole[-extent.top :, -extent.left :][: WINDOW[0], : WINDOW[1]]
    assert np.array_equal(views.frame_mask(), expected)
    assert views_of("handheld").frame_mask() is None


def test_paths_that_see_no_plane_are_refused_in_words():
    wild = CameraSettings(shake=(45.0, 45.0, 45.0), unrest=(9.0, 9.0), translation=(0.9, 1.0))
    with pytest.raises(ConfigError, match="lower camera's translation, shake or slant"):
        draw_views(wild, 9, WINDOW, Draws(0, Stream.TRAIN, 0))


def test_a_path_is_drawn_again_until_the_planes_face_the_camera():
    rough = CameraSettings(shake=(12.0, 8.0, 8.0), translation=(0.2, 0.5))
    for index in range(20):
        views = draw_views(rough, 3, WINDOW, Draws(0, Stream.TRAIN, index))
        assert len(views.transmission) == 3
