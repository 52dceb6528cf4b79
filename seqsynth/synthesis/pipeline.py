"""Section 4.2 of the paper: from two pools of photos to one multi-view sequence."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from seqsynth.config import SynthesisConfig
from seqsynth.errors import SourceError
from seqsynth.motion.resampling import resample
from seqsynth.seeds import Draws, Stream
from seqsynth.sequence import Image, Trajectory
from seqsynth.synthesis.blends import BLENDS, Blend, from_views
from seqsynth.synthesis.camera.views import CameraScene, Resampler, draw_views
from seqsynth.synthesis.draft import Draft, Record
from seqsynth.synthesis.integers import reference
from seqsynth.synthesis.integers.arithmetic import Arithmetic
from seqsynth.synthesis.layers import MARGIN, LayerPair
from seqsynth.synthesis.photos import Photos
from seqsynth.synthesis.rejection import rejecting_rule
from seqsynth.synthesis.trajectory import draw_trajectory
from seqsynth.synthesis.windows import cut_layers, cut_scene
from seqsynth.voc import Pools

MOST_DRAWS = 100
"""Draws of a photo, and of a whole sequence under rejection rules, before giving up."""


@dataclass
class Tally:
    """What a run of draws threw away."""

    redraws: int = 0
    rejections: Counter[str] = field(default_factory=Counter)


class Synthesiser:
    """Make the sequences of a configuration, each from its own number alone.

    Parameters
    ----------
    config : what to make
    pools : the photo ids of each layer and split
    photos : where the photos come from
    blend : a blend of the caller's own, in place of the configuration's
    arithmetic : the whole-number arithmetic, as `arithmetic_for` gives it
    resampler : of a camera's views, as `resampler_for` gives it
    """

    def __init__(
        self,
        config: SynthesisConfig,
        pools: Pools,
        photos: Photos,
        blend: Blend | None = None,
        *,
        arithmetic: Arithmetic = reference,
        resampler: Resampler = resample,
    ) -> None:
        self.config = config
        self.pools = pools
        self.photos = photos
        self.tally = Tally()
        self._model = from_views(blend) if blend else BLENDS[config.blend]
        self._arithmetic = arithmetic
        self._resampler = resampler

    def record(self, split: str, number: int) -> Record:
        """Return sequence ``number`` of a split as its layout's datasets.

        Raises
        ------
        SourceError
            No usable photos, or no accepted pair, in `MOST_DRAWS` draws.
        """
        draft = self.draft(split, number)
        return {**self._model(draft, self.config, self._arithmetic), **draft.provenance}

    def draft(self, split: str, number: int) -> Draft:
        """Draw sequence ``number`` of a split: trajectory, blur, strength, photos, positions."""
        draws = Draws(self.config.seed, Stream.VAL if split == "val" else Stream.TRAIN, number)
        for _ in range(MOST_DRAWS):
            draft = self._draw(split, draws)
            rule = rejecting_rule(self.config.reject, *_judged(draft.pair))
            if rule is None:
                return draft
            self.tally.rejections[rule] += 1
        raise SourceError(
            f"{split} sequence {number}: {MOST_DRAWS} drawn pairs in a row were rejected, the last "
            f"by {rule}; drop a rule or use other photos"
        )

    def _draw(self, split: str, draws: Draws) -> Draft:
        """Draw a sequence; of a camera another one where no photo is large enough for its path."""
        for _ in range(0 if self.config.motion == "slide" else MOST_DRAWS - 1):
            with suppress(SourceError):
                return self._draw_once(split, draws)
        return self._draw_once(split, draws)

    def _draw_once(self, split: str, draws: Draws) -> Draft:
        config = self.config
        motion = self._draw_motion(draws)
        sigma = draws.uniform(*config.sigma)
        strength = draws.uniform(*config.reflection_strength)
        layers = _layer_sizes(motion, config)
        found = [
            self._draw_photo(pool, size, draws)
            for pool, size in zip(self.pools.of(split), layers, strict=True)
        ]
        places = [
            tuple(
                draws.integer(0, side - needed)
                for side, needed in zip(photo.shape, size, strict=False)
            )
            for (_, photo), size in zip(found, layers, strict=True)
        ]
        photos = (found[0][1], found[1][1])
        pair = (
            cut_scene(*photos, places, motion)
            if isinstance(motion, CameraScene)
            else cut_layers(*photos, places, motion, config)
        )
        source = (found[0][0], found[1][0])
        return Draft(pair, sigma, strength, source, np.array(places, np.int32), draws)

    def _draw_motion(self, draws: Draws) -> Trajectory | CameraScene:
        config = self.config
        if config.motion == "slide":
            return draw_trajectory(config, draws)
        views = draw_views(config.camera, config.views, config.window, draws)
        return CameraScene(views, self._resampler)

    def _draw_photo(
        self, pool: tuple[str, ...], size: tuple[int, int], draws: Draws
    ) -> tuple[str, Image]:
        for _ in range(MOST_DRAWS):
            photo_id = pool[draws.below(len(pool))]
            photo = self.photos.find(photo_id, *size)
            if photo is not None:
                return photo_id, photo
            self.tally.redraws += 1
        raise SourceError(
            f"{MOST_DRAWS} photos drawn in a row are unusable; the last, {photo_id}, "
            f"{self.photos.unusable[photo_id]}; choose a smaller window"
            f"{', less motion' * (self.config.motion == 'camera')} or larger photos"
        )


def _layer_sizes(
    motion: Trajectory | CameraScene, config: SynthesisConfig
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return height and width of what the views need of T's and of R's photo."""
    if isinstance(motion, CameraScene):
        seen, mirrored = motion.views.transmission_extent, motion.views.reflection_extent
        return (seen.height, seen.width), (mirrored.height, mirrored.width)
    return config.transmission_layer, config.reflection_layer


def _judged(pair: LayerPair) -> tuple[Image, Image]:
    return pair.transmission, pair.reflection[MARGIN:-MARGIN, MARGIN:-MARGIN]
