"""Resampling against sums of fractions, hand-worked weights and pictures that are polynomials."""

from fractions import Fraction
from math import floor, prod

import cv2
import numpy as np
import pytest

from seqsynth.motion.camera import UNIT, Plane, Pose
from seqsynth.motion.homography import ONE, SourceMap, source_map
from seqsynth.motion.resampling import resample, tap_weights
from tests.seqsynth.motion.drawn import CORNER, WINDOW, draw_map, draw_picture

HEIGHT, WIDTH = WINDOW


def shifted(across_px: Fraction, down_px: Fraction) -> SourceMap:
    """Return the map of a view whose pixels lie so far right and down in the centre view."""
    entries = ONE * np.eye(3, dtype=np.int64)
    entries[:2, 2] = int(2 * ONE * across_px), int(2 * ONE * down_px)
    return SourceMap(entries, WINDOW)


def lagrange(place: Fraction) -> list[Fraction]:
    """Return the exact weights of pixels -2 to 3 at a place between 0 and 1."""
    taps = range(-2, 4)
    return [prod((place - j) / Fraction(k - j) for j in taps if j != k) for k in taps]


def test_weights_half_way_are_the_textbooks():
    # (3, -25, 150, 150, -25, 3) / 256 of 2^14.
    assert tap_weights()[128].tolist() == [192, -1600, 9600, 9600, -1600, 192]


def test_a_pixel_on_a_pixel_is_that_pixel():
    assert tap_weights()[0].tolist() == [0, 0, 2**14, 0, 0, 0]


def test_weights_add_up_and_lie_within_rounding_of_the_fractions():
    weights = tap_weights()
    assert (weights.sum(axis=1) == 2**14).all()
    exact = np.array([[float(w * 2**14) for w in lagrange(Fraction(k, 256))] for k in range(256)])
    assert np.abs(weights - exact).max() < 2


def test_weights_mirror_each_other():
    assert np.array_equal(tap_weights()[1:128], tap_weights()[:128:-1, ::-1])


def test_the_identity_cuts_the_frame_out():
    picture = draw_picture(0)
    found = resample(picture, shifted(Fraction(0), Fraction(0)), CORNER)
    assert np.array_equal(found, picture[40 : 40 + HEIGHT, 40 : 40 + WIDTH])


def test_whole_pixels_move_without_change():
    picture = draw_picture(1)
    found = resample(picture, shifted(Fraction(7), Fraction(-3)), CORNER)
    assert np.array_equal(found, picture[37 : 37 + HEIGHT, 47 : 47 + WIDTH])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float64])
def test_a_view_is_the_specified_sum(kind):
    scale = {np.uint8: 1, np.uint16: 256, np.float64: 4000}[kind]
    picture = draw_picture(2).astype(kind) * kind(scale)
    view = draw_map(3)
    found = resample(picture, view, CORNER)
    x, y = view.positions(slice(None))
    weights = tap_weights().tolist()
    most = {np.uint8: 255, np.uint16: 65280, np.float64: 2**40}[kind]
    for row, column in np.random.default_rng(0).integers(0, WINDOW, (60, 2)).tolist():
        left, top = int(x[row, column]) // 256 - 2 + 40, int(y[row, column]) // 256 - 2 + 40
        block = picture[top : top + 6, left : left + 6].astype(int).tolist()
        across, down = weights[x[row, column] % 256], weights[y[row, column] % 256]
        for channel in range(3):
            sums = [
                floor(Fraction(sum(down[r] * block[r][k][channel] for r in range(6)) + 64, 128))
                for k in range(6)
            ]
            level = (sum(a * s for a, s in zip(across, sums, strict=True)) + 2**20) >> 21
            assert found[row, column, channel] == min(max(level, 0), most)


def test_a_slope_stays_the_same_slope():
    rows, columns = np.indices((128, 144))
    slope = np.repeat((columns + rows // 2).astype(np.uint8)[..., np.newaxis], 3, axis=2)
    flat = np.repeat((columns.astype(np.uint8))[..., np.newaxis], 3, axis=2)
    view = draw_map(5)
    x, _ = view.positions(slice(None))
    assert np.array_equal(resample(flat, view, CORNER)[..., 0], (x + 40 * 256 + 128) // 256)
    assert np.abs(resample(slope, view, CORNER).astype(int)).max() < 255


def test_edges_overshoot_into_the_range_and_not_around_it():
    picture = np.zeros((128, 144, 3), np.uint8)
    picture[:, 72:] = 255
    found = resample(picture, shifted(Fraction(1, 2), Fraction(0)), CORNER)
    # Three parts in 256 of the far side come in; the next pixel has less than nothing of it.
    assert found[0, 27:37, 0].tolist() == [0, 0, 3, 0, 128, 255, 252, 255, 255, 255]


def test_half_a_pixel_is_nearer_the_truth_than_cubic_interpolation():
    scene = draw_picture(4, blur_px=1.2)
    step = Fraction(1, 2)
    found = resample(scene, shifted(step, Fraction(0)), CORNER).astype(float)
    spectrum = np.fft.fft(scene[40 : 40 + HEIGHT].astype(float), axis=1)
    phase = np.exp(2j * np.pi * np.fft.fftfreq(144) * 0.5)
    truth = np.fft.ifft(spectrum * phase[:, np.newaxis], axis=1).real[:, 40 : 40 + WIDTH]
    matrix = np.array([[1, 0, 40.5], [0, 1, 40]])
    flags = cv2.WARP_INVERSE_MAP
    cubic = cv2.warpAffine(scene, matrix, (WIDTH, HEIGHT), flags=flags | cv2.INTER_CUBIC)
    errors = [float(np.abs(view - truth).mean()) for view in (found, cubic)]
    assert errors[0] < 0.8 * errors[1]


def test_it_shows_what_opencv_shows():
    scene = draw_picture(6, blur_px=2)
    plane, pose = Plane((90_000, -60_000, UNIT)), Pose((30_000, 9_000, -20_000), (0, 9_000, 5_000))
    view = source_map(plane, pose, UNIT, WINDOW)
    found = resample(scene, view, CORNER)
    to_picture = np.array([[1, 0, 40], [0, 1, 40], [0, 0, 1.0]])
    back = to_picture @ np.linalg.inv(view.homography())
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    truth = cv2.warpPerspective(scene, back, (WIDTH, HEIGHT), flags=flags)
    # OpenCV rounds positions to 1/32 px.
    assert np.abs(found.astype(int) - truth).mean() < 0.6
