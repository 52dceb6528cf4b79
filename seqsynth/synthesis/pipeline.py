"""Section 4.2 of the paper: from two pools of photos to one multi-view sequence."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqsynth.config import SynthesisConfig
from seqsynth.errors import SourceError
from seqsynth.seeds import Draws, Stream
from seqsynth.sequence import Image
from seqsynth.synthesis.blends import BLENDS, Blend
from seqsynth.synthesis.integers import reference
from seqsynth.synthesis.integers.arithmetic import Arithmetic
from seqsynth.synthesis.layers import MARGIN, LayerPair
from seqsynth.synthesis.photos import Photos
from seqsynth.synthesis.rejection import rejecting_rule
from seqsynth.synthesis.trajectory import draw_trajectory
from seqsynth.synthesis.windows import cut_layers, cut_windows
from seqsynth.voc import Pools

MOST_DRAWS = 100
"""Draws of a photo, and of a whole sequence under rejection rules, before giving up."""


@dataclass
class Tally:
    """What a run of draws threw away."""

    redraws: int = 0
    rejections: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Draft:
    """Everything drawn for one sequence before its layers are blended.

    Attributes
    ----------
    pair : the two crops and the windows in them
    sigma, strength : CEILNet's blur of R in px; factor on R
    source : ids of the T and of the R photo
    window_source : int32 (2, 2), row and column of the T and of the R layer in its photo
    draws : the sequence's stream, for what the blend model draws itself
    """

    pair: LayerPair
    sigma: float
    strength: float
    source: tuple[str, str]
    window_source: NDArray[np.int32]
    draws: Draws

    @property
    def provenance(self) -> dict[str, Any]:
        """The fields every synthetic sequence is stored with, by dataset name."""
        return {
            "transmission_origin": self.pair.transmission_origin,
            "reflection_origin": self.pair.reflection_origin,
            "strength": self.strength,
            "source": np.array([name.encode() for name in self.source]),
            "window_source": self.window_source,
        }


Record = dict[str, Any]
"""One sequence as a shard stores it: dataset name -> value."""


class Synthesiser:
    """Make the sequences of a configuration, each from its own number alone.

    Parameters
    ----------
    config : what to make
    pools : the photo ids of each layer and split
    photos : where the photos come from
    blend : a model of the caller's own, in place of the configuration's
    arithmetic : CEILNet's, as `arithmetic_for` gives it
    """

    def __init__(
        self,
        config: SynthesisConfig,
        pools: Pools,
        photos: Photos,
        blend: Blend | None = None,
        *,
        arithmetic: Arithmetic = reference,
    ) -> None:
        self.config = config
        self.pools = pools
        self.photos = photos
        self.tally = Tally()
        self._blend = blend or BLENDS.get(config.blend)
        self._arithmetic = arithmetic
        self._factor = Fraction(str(config.attenuation))

    def record(self, split: str, number: int) -> Record:
        """Return sequence ``number`` of a split as its layout's datasets.

        Raises
        ------
        SourceError
            No usable photos, or no accepted pair, in `MOST_DRAWS` draws.
        """
        draft = self.draft(split, number)
        if self._blend is None and self.config.resolved_layout == "layers":
            return self._layers(draft)
        return self._views(draft)

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
        config = self.config
        trajectory = draw_trajectory(config, draws)
        sigma = draws.uniform(*config.sigma)
        strength = draws.uniform(*config.reflection_strength)
        layers = (config.transmission_layer, config.reflection_layer)
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
        pair = cut_layers(found[0][1], found[1][1], places, trajectory, config)
        source = (found[0][0], found[1][0])
        return Draft(pair, sigma, strength, source, np.array(places, np.int32), draws)

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
            f"{self.photos.unusable[photo_id]}; choose a smaller window or larger photos"
        )

    def _layers(self, draft: Draft) -> Record:
        """Blend by CEILNet's model, kept as one crop a layer and one attenuation a view."""
        pair, config = draft.pair, self.config
        weights = reference.blur_weights(config.kernel, draft.sigma)
        fine, levels = self._arithmetic.reflection_layer(pair.reflection, weights, draft.strength)
        origins = (pair.transmission_origin, pair.reflection_origin)
        counts = self._arithmetic.overflows(pair.transmission, fine, origins, pair.window)
        return {
            "transmission_layer": pair.transmission,
            "reflection_layer": levels,
            "attenuation": self._attenuations(counts),
            "sigma": draft.sigma,
            **draft.provenance,
        }

    def _views(self, draft: Draft) -> Record:
        """Blend by the configured model and keep every view."""
        if self._blend is None:
            return self._ceilnet_views(draft)
        views = self._blend(draft.pair, draft.strength, draft.draws)
        return {
            "blended": views.blended,
            "transmission": views.transmission,
            "reflection": views.reflection,
            "parameters": views.parameters,
            **draft.provenance,
        }

    def _ceilnet_views(self, draft: Draft) -> Record:
        pair = draft.pair
        transmission = np.stack(
            cut_windows(pair.transmission, pair.transmission_origin, pair.window)
        )
        weights = reference.blur_weights(self.config.kernel, draft.sigma)
        if self.config.border == "zero":
            inner = pair.reflection[MARGIN:-MARGIN, MARGIN:-MARGIN]
            crops = cut_windows(inner, pair.reflection_origin, pair.window)
            blurred = [reference.blur_zero_padded(crop, weights) for crop in crops]
        else:
            layer = reference.blur(pair.reflection, weights)
            blurred = cut_windows(layer, pair.reflection_origin, pair.window)
        fine = [reference.scale_reflection(view, draft.strength) for view in blurred]
        counts = [
            reference.overflow(reference.headroom(view), light)
            for view, light in zip(transmission, fine, strict=True)
        ]
        levels = self._attenuations(counts)
        whole = np.stack([reference.to_levels(view) for view in fine])
        blended, reflection = reference.blend(transmission, whole, levels)
        return {
            "blended": blended,
            "transmission": transmission,
            "reflection": reflection,
            "attenuation": levels,
            "sigma": draft.sigma,
            **draft.provenance,
        }

    def _attenuations(self, counts: list[tuple[int, int]]) -> NDArray[np.uint8]:
        """Return the levels taken from R in each view: one for all, or one each."""
        if self.config.overflow == "sequence":
            total, count = (sum(column) for column in zip(*counts, strict=True))
            counts = [(total, count)] * len(counts)
        levels = [reference.attenuation(*count, self._factor) for count in counts]
        return np.array(levels, np.uint8)


def _judged(pair: LayerPair) -> tuple[Image, Image]:
    return pair.transmission, pair.reflection[MARGIN:-MARGIN, MARGIN:-MARGIN]
