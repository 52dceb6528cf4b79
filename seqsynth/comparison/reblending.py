"""Blend the photos of a set anew by other settings: one view each, cheap, and true to the blend.

A synthetic set stores T as its photo has it, but R only as it left the glass. Photos of both layers
are drawn from one collection, though, so that the T of another sequence is a reflected scene like
any, sharp and with real surroundings; what is blended is by the very model that made the set.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from seqsynth.comparison.measuring import LEAST_SIDE, Collection, SetSample, measure_images
from seqsynth.config import SynthesisConfig
from seqsynth.errors import ConfigError
from seqsynth.seeds import STEP, Draws, Stream
from seqsynth.sequence import Image
from seqsynth.shards import ShardSet
from seqsynth.synthesis.blends import BLENDS
from seqsynth.synthesis.draft import Draft
from seqsynth.synthesis.integers import reference
from seqsynth.synthesis.layers import MARGIN, LayerPair
from seqsynth.synthesis.rejection import rejecting_rule

MOST_SIDE = 224
"""Larger side of what is blended and measured, px: the window of the paper."""

LEAST_INNER = 128
"""Smaller side of T, px, for the sake of which scenes end in a mirror: what a stretch of the black
level gains depends on whether a picture is large enough to hold some black."""

MOST_DRAWS = 100
"""Scenes drawn for one T under rejection rules before giving up."""

EVEN_DRAWS = 24
"""Draws of a sequence that are spread evenly over a sample: more than any blend's numbers."""


@dataclass(frozen=True)
class Layers:
    """What a sequence is blended of.

    Attributes
    ----------
    transmission : uint8 (H, W, 3)
    scene : what is reflected, with its surroundings, uint8 (H + 80, W + 80, 3)
    """

    transmission: Image
    scene: Image


MakeDraws = Callable[[int], Draws]
"""Draws of a sequence, from its number in a sample."""


def read_photos(sequences: ShardSet, numbers: Sequence[int]) -> Iterator[tuple[str, Image]]:
    """Yield the name and T of each of some sequences, uint8 (H, W, 3).

    Raises
    ------
    ConfigError
        A view is too small to be measured.
    """
    for number in numbers:
        photo = sequences[number].centre_transmission
        if photo is None or min(photo.shape[:2]) < LEAST_SIDE:
            raise ConfigError(
                f"{sequences.name(number)} has no transmission of {LEAST_SIDE} px or more to blend "
                "anew; name a set of larger views"
            )
        yield sequences.name(number), photo


def pair_photos(
    photos: Mapping[str, Image], config: SynthesisConfig, seed: int
) -> Iterator[Layers]:
    """Yield every photo as T, with a scene that is another of them.

    Both are the middle of a view: T without the 40 px on every side that a blur of the scene needs,
    or whole where views are small, whose scenes end in a mirror.

    Parameters
    ----------
    photos : by name, of one size
    config : whose rejection rules hold
    seed : of the pairs

    Raises
    ------
    ConfigError
        There are fewer than two photos, or the rules leave one no scene.
    """
    if len(photos) < 2:
        raise ConfigError(
            f"{len(photos)} sequence is too few to blend anew: T of one is the scene reflected in "
            "another; name a set of more"
        )
    every = list(photos.values())
    for place, name in enumerate(photos):
        draws = Draws(seed, Stream.POOLS, place)
        for _ in range(MOST_DRAWS):
            other = draws.below(len(every) - 1)
            layers = cut_layers(every[place], every[other + (other >= place)])
            inner = layers.scene[MARGIN:-MARGIN, MARGIN:-MARGIN]
            if rejecting_rule(config.reject, layers.transmission, inner) is None:
                break
        else:
            raise ConfigError(
                f"the rejection rules {', '.join(config.reject)} leave {name} no scene to reflect "
                f"in {MOST_DRAWS} draws; fit to a set made with fewer rules"
            )
        yield layers


def cut_layers(photo: Image, scene: Image) -> Layers:
    """Cut T out of a photo, and out of another of its size what is reflected, with surroundings."""
    side = tuple(min(length, MOST_SIDE + 2 * MARGIN) for length in photo.shape[:2])
    inner = tuple(length - 2 * MARGIN for length in side)
    around = _middle(scene, side)
    if min(inner) < LEAST_INNER:
        inner = (min(side[0], MOST_SIDE), min(side[1], MOST_SIDE))
        margins = (MARGIN,) * 4
        around = np.asarray(
            cv2.copyMakeBorder(_middle(scene, inner), *margins, cv2.BORDER_REFLECT_101), np.uint8
        )
    return Layers(_middle(photo, inner), around)


def blend_layers(
    config: SynthesisConfig, layers: Sequence[Layers], draws_of: MakeDraws
) -> Iterator[tuple[Image, Image]]:
    """Yield I and T of every pair of layers under a configuration, uint8 (H, W, 3) each.

    Parameters
    ----------
    config : whose blend, and what concerns it; motion, window and layout do not matter
    draws_of : the numbers of each
    """
    model = BLENDS[config.blend]
    for number, one in enumerate(layers):
        draws = draws_of(number)
        window = one.transmission.shape[0], one.transmission.shape[1]
        origin = np.zeros((1, 2), np.int16)
        plain = {"layout": "views", "motion": "slide", "views": 1, "window": window}
        pair = LayerPair(one.transmission, one.scene, origin, origin, window)
        sigma = draws.uniform(*config.sigma)
        strength = draws.uniform(*config.reflection_strength)
        draft = Draft(pair, sigma, strength, ("t", "r"), np.zeros((2, 2), np.int32), draws)
        made: dict[str, Any] = model(draft, config.model_copy(update=plain), reference)
        yield made["blended"][0], made["transmission"][0]


def measure_layers(
    config: SynthesisConfig,
    layers: Sequence[Layers],
    draws_of: MakeDraws,
    *,
    structural: bool = True,
) -> SetSample:
    """Return what is measured of the pairs that a configuration blends of layers.

    Parameters
    ----------
    draws_of, structural : see `blend_layers` and `measure_images`
    """
    collected = Collection()
    for blended, truth in blend_layers(config, layers, draws_of):
        measured = measure_images(blended, truth, structural=structural)
        collected.add(measured, blended)
    return collected.sample()


def seeded_draws(seed: int) -> MakeDraws:
    """Return draws as `seqsynth generate` has them, by a seed."""
    return lambda number: Draws(seed, Stream.TRAIN, number)


class EvenDraws(Draws):
    """Draws that follow a range as it is moved, and cover it evenly over a sample.

    Those of `Draws` take another value altogether where a range changes by one step: two settings
    that hardly differ would be held against each other by other glass. Here a number keeps its
    place within the range, whatever the range.

    Parameters
    ----------
    places : in [0, 1), of the first draws; later ones follow the seed
    """

    def __init__(self, seed: int, number: int, places: NDArray[np.float64]) -> None:
        super().__init__(seed, Stream.TRAIN, number)
        self._places = iter(places.tolist())

    def below(self, count: int) -> int:
        """Draw an integer in [0, count)."""
        return int(self._place() * count)

    def uniform(self, low: float, high: float) -> float:
        """Draw a multiple of 1/65536 past ``low``, at most ``high``."""
        return low + int(self._place() * (high - low) / STEP) * STEP

    def chance(self, probability: float) -> bool:
        """Draw True with the given probability."""
        return self._place() < probability

    def _place(self) -> float:
        place = next(self._places, None)
        return int(self._raw()) / 2**64 if place is None else place


def even_draws(seed: int, count: int) -> MakeDraws:
    """Return the draws of a sample of ``count``, a Latin hypercube of the first numbers of each."""
    cube = qmc.LatinHypercube(EVEN_DRAWS, seed=np.random.default_rng(seed)).random(count)
    return lambda number: EvenDraws(seed, number, cube[number])


def _middle(photo: Image, size: tuple[int, ...]) -> Image:
    height, width = size
    row, column = (photo.shape[0] - height) // 2, (photo.shape[1] - width) // 2
    return photo[row : row + height, column : column + width]
