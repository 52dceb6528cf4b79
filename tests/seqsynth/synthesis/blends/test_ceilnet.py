"""CEILNet's blend against its published formula in float64, by scipy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage, signal

from seqsynth.sequence import ViewSequence
from seqsynth.synthesis import SynthesisConfig, synthesise

Photo = NDArray[np.uint8]
Floats = NDArray[np.float64]

WINDOW = (72, 96)
SIDE = 160


def solid(level: int) -> Photo:
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def noise(seed: int) -> Photo:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def with_block(level: int, block: int) -> Photo:
    """A plateau with one bright block in its middle, inside every window."""
    photo = solid(level)
    photo[60:80, 60:80] = block
    return photo


def checkered(low: int, high: int) -> Photo:
    rows, columns = np.indices((SIDE, SIDE))
    return np.where(((rows + columns) % 2)[..., None], low, high).repeat(3, axis=2).astype(np.uint8)


ADVERSARIAL: dict[str, tuple[Photo, Photo]] = {
    "white on white": (solid(255), solid(255)),
    "black on black": (solid(0), solid(0)),
    "white on black": (solid(0), solid(255)),
    "black on white": (solid(255), solid(0)),
    "sum exactly 255": (solid(155), solid(100)),
    "sum 255 and 256": (checkered(155, 156), solid(100)),
    "one level over": (solid(156), solid(100)),
    "noise": (noise(1), noise(2)),
    "noise on a tie plateau": (solid(255 - 128), noise(3)),
    "bright block on a tie plateau": (solid(155), with_block(100, 255)),
    "faint block on a tie plateau": (solid(155), with_block(100, 101)),
    "block in T on a tie plateau": (with_block(155, 255), solid(100)),
    "checkers": (checkered(0, 255), checkered(255, 0)),
}


def skimage_photo(name: str) -> Photo:
    """A photo of the scikit-image wheel, large enough for the windows."""
    with Image.open(Path(skimage.__file__).parent / "data" / name) as picture:
        return np.asarray(picture.convert("RGB"))


PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "hubble_deep_field.jpg")


@pytest.fixture(scope="module")
def photos() -> dict[str, Photo]:
    return {name: skimage_photo(name) for name in PHOTOS}


def gaussian(sigma: float) -> Floats:
    weights = np.exp(-0.5 * (np.arange(-5, 6) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def windows(layer: Floats, origins: NDArray[np.int16], corner: list[int]) -> Floats:
    """Cut the views out of a whole photo, the layer's corner given."""
    height, width = WINDOW
    places = (origins.astype(int) + corner).tolist()
    return np.stack([layer[row : row + height, column : column + width] for row, column in places])


def blurred_in_scene(photo: Photo, sequence: ViewSequence) -> Floats:
    """Blur the whole photo, mirrored at its edge, then cut the windows."""
    weights = gaussian(sequence.metadata["sigma"])
    down = ndimage.convolve1d(photo.astype(np.float64), weights, axis=0, mode="mirror")
    layer = ndimage.convolve1d(down, weights, axis=1, mode="mirror")
    assert sequence.trajectory is not None
    return windows(layer, sequence.trajectory.reflection, sequence.metadata["window_source"][1])


def blurred_by_crop(photo: Photo, sequence: ViewSequence) -> Floats:
    """Cut the windows, then blur each by itself, black beyond its border: CEILNet's letter."""
    weights = gaussian(sequence.metadata["sigma"])
    assert sequence.trajectory is not None
    crops = windows(
        photo.astype(np.float64),
        sequence.trajectory.reflection,
        sequence.metadata["window_source"][1],
    )
    kernel = np.outer(weights, weights)
    planes = np.moveaxis(crops, -1, 1).reshape(-1, *WINDOW)
    blurred = np.stack([signal.convolve2d(plane, kernel, mode="same") for plane in planes])
    return np.moveaxis(blurred.reshape(len(crops), 3, *WINDOW), 1, -1)


def ceilnet(transmission: Photo, reflection: Floats) -> tuple[Floats, Floats]:
    """Return CEILNet's I and R in float levels, from R rounded to 1/256 level."""
    fine = np.floor(reflection * 256 + 0.5) / 256
    total = transmission + fine
    over = total > 255
    if over.any():
        fine = np.clip(fine - 1.3 * (total[over] - 255).mean(), 0, 255)
    return np.clip(transmission + fine, 0, 255), fine


def assert_within_one_level(found: Photo, wanted: Floats) -> None:
    difference = np.abs(found.astype(int) - np.floor(wanted + 0.5).astype(int))
    assert difference.max() <= 1


def hold_against_formula(transmission: Photo, reflection: Photo, number: int) -> None:
    """The paper's blend: one attenuation for the sequence, blur in the scene."""
    config = SynthesisConfig(window=WINDOW)
    made = synthesise(transmission, reflection, config, number=number)
    assert made.transmission is not None
    assert made.reflection is not None
    blended, lowered = ceilnet(made.transmission, blurred_in_scene(reflection, made))
    assert_within_one_level(made.blended, blended)
    assert_within_one_level(made.reflection, lowered)


def hold_against_letter(transmission: Photo, reflection: Photo, number: int) -> None:
    """The preset ``literal``: everything by the crop."""
    config = SynthesisConfig(window=WINDOW, border="zero", overflow="view")
    made = synthesise(transmission, reflection, config, number=number)
    assert made.transmission is not None
    assert made.reflection is not None
    blurred = blurred_by_crop(reflection, made)
    for view in range(made.views):
        blended, lowered = ceilnet(made.transmission[view], blurred[view])
        assert_within_one_level(made.blended[view], blended)
        assert_within_one_level(made.reflection[view], lowered)


Hold = Callable[[Photo, Photo, int], None]
BOTH = pytest.mark.parametrize("hold", [hold_against_formula, hold_against_letter])


@BOTH
@pytest.mark.parametrize("number", range(len(PHOTOS) * 2))
def test_photos_blend_within_one_level_of_the_formula(
    photos: dict[str, Photo], number: int, hold: Hold
) -> None:
    transmission = photos[PHOTOS[number % len(PHOTOS)]]
    reflection = photos[PHOTOS[(number * 2 + 1) % len(PHOTOS)]]
    hold(transmission, reflection, number)


@BOTH
@pytest.mark.parametrize("name", ADVERSARIAL)
def test_adversarial_layers_blend_within_one_level_of_the_formula(name: str, hold: Hold) -> None:
    hold(*ADVERSARIAL[name], 3)


def views_of(transmission: Photo, reflection: Photo, **settings: Any) -> ViewSequence:
    return synthesise(transmission, reflection, SynthesisConfig(window=WINDOW, **settings))


def test_sum_of_exactly_255_is_no_overflow() -> None:
    made = views_of(solid(155), solid(100))
    assert made.metadata["attenuation"] == [0, 0, 0]
    assert (made.blended == 255).all()


def test_one_level_over_takes_one_level_off() -> None:
    # 1.3 times a mean overflow of 1 is 1.3, which rounds to 1.
    made = views_of(solid(156), solid(100))
    assert made.metadata["attenuation"] == [1, 1, 1]
    assert (made.blended == 255).all()


def test_half_a_level_rounds_up_by_the_factor_as_written() -> None:
    # 0.7 times a mean overflow of 5 is 3.5; as a binary fraction 0.7 would fall just short.
    made = views_of(solid(160), solid(100), attenuation=0.7)
    assert made.metadata["attenuation"] == [4, 4, 4]


def test_white_on_white_takes_all_of_the_reflection() -> None:
    made = views_of(solid(255), solid(255))
    assert made.metadata["attenuation"] == [255, 255, 255]
    assert made.reflection is not None
    assert not made.reflection.any()


def test_black_reflection_leaves_transmission_unchanged(photos: dict[str, Photo]) -> None:
    made = views_of(photos["chelsea.png"], solid(0))
    np.testing.assert_array_equal(made.blended, made.transmission)


def test_literal_border_darkens_the_edge_of_every_view() -> None:
    made = views_of(solid(0), solid(200), border="zero", overflow="view")
    assert made.reflection is not None
    assert (made.reflection[:, 36, 48] == 200).all()
    assert made.reflection[:, 0, 0].max() < 100


def test_sequence_overflow_is_one_for_all_views(photos: dict[str, Photo]) -> None:
    made = views_of(photos["astronaut.png"], photos["coffee.png"], overflow="sequence")
    assert len(set(made.metadata["attenuation"])) == 1


def test_view_overflow_differs_between_views(photos: dict[str, Photo]) -> None:
    made = views_of(photos["astronaut.png"], photos["coffee.png"], overflow="view")
    assert len(set(made.metadata["attenuation"])) > 1


def test_same_reflected_point_has_the_same_level_in_every_view(photos: dict[str, Photo]) -> None:
    """Blurred in the scene and lowered by one number, R only moves."""
    made = views_of(photos["astronaut.png"], photos["coffee.png"])
    assert made.reflection is not None
    assert made.trajectory is not None
    (row, column) = (made.trajectory.reflection[1] - made.trajectory.reflection[0]).tolist()
    np.testing.assert_array_equal(
        made.reflection[0, row:, column:],
        made.reflection[1, : WINDOW[0] - row, : WINDOW[1] - column],
    )
