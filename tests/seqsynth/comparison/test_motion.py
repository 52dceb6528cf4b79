"""Motion told from pictures alone, held against the motion they were made with."""

import numpy as np
import pytest
from scipy import ndimage

from seqsynth.camera import CameraSettings
from seqsynth.comparison.measuring import measure_motion, measure_sequence
from seqsynth.comparison.motion import follow_motion
from seqsynth.config import SynthesisConfig
from seqsynth.motion.figures import figures_of
from seqsynth.sequence import ViewSequence
from seqsynth.synthesis import synthesise

WINDOW = (144, 192)


def draw_scene(seed: int) -> np.ndarray:
    """Draw uint8 (280, 340, 3) with structure of every size."""
    rng = np.random.default_rng(seed)
    scene = np.zeros((280, 340, 3))
    for sigma_px in (1.5, 4, 12):
        noise = ndimage.gaussian_filter(rng.normal(size=scene.shape), (sigma_px, sigma_px, 0))
        scene += noise / noise.std()
    return np.clip(128 + 40 * scene, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def sequence() -> ViewSequence:
    config = SynthesisConfig(
        window=WINDOW,
        motion="camera",
        camera=CameraSettings(translation=(0.02, 0.02)),
        reflection_strength=(0.1, 0.1),
    )
    return synthesise(draw_scene(0), draw_scene(1), config, number=4)


def test_pictures_tell_the_motion_of_t(sequence: ViewSequence) -> None:
    found = list(follow_motion(sequence.blended))
    homographies = sequence.motion.transmission.homographies
    assert len(found) == 2
    for step, figures in enumerate(found):
        between = homographies[step + 1] @ np.linalg.inv(homographies[step])
        truth = figures_of(between / between[2, 2], WINDOW)
        assert figures.across == pytest.approx(truth.across, abs=0.06)
        assert figures.down == pytest.approx(truth.down, abs=0.06)
        assert figures.turn == pytest.approx(truth.turn, abs=0.05)
        assert figures.residual == pytest.approx(truth.residual, abs=0.5)


def test_a_sequence_is_measured_in_mean_sizes(sequence: ViewSequence) -> None:
    measured = measure_motion(sequence)
    figures = list(follow_motion(sequence.blended))
    assert measured["across"] == np.mean([abs(one.across) for one in figures])
    assert set(measured) == {"across", "down", "turn", "scale", "perspective", "residual"}


def test_stored_steps_are_those_of_the_middle(sequence: ViewSequence) -> None:
    measured = measure_sequence(sequence)
    # The flow of the centre view's middle; windows of even sides have it between four pixels.
    middle = (slice(None), slice(71, 73), slice(95, 97))
    flows = [layer.flow()[middle].mean(axis=(1, 2)) for layer in layers_of(sequence)]
    steps = [np.linalg.norm(np.diff(flow, axis=0), axis=1).mean() for flow in flows]
    apart = np.linalg.norm(np.diff(flows[1] - flows[0], axis=0), axis=1).mean()
    assert measured["transmission_step"] == pytest.approx(steps[0], abs=0.01)
    assert measured["reflection_step"] == pytest.approx(steps[1], abs=0.01)
    assert measured["relative_step"] == pytest.approx(100 * apart / 192, abs=0.01)


def layers_of(sequence: ViewSequence) -> tuple:
    return sequence.motion.transmission, sequence.motion.reflection


def test_small_or_blank_pictures_tell_nothing() -> None:
    assert not list(follow_motion(np.zeros((3, 64, 64, 3), np.uint8)))
    assert not list(follow_motion(np.full((3, 120, 120, 3), 90, np.uint8)))
