"""Training data: sequences of every kind in one mixture, drawn into batches by number alone.

Batch number n is a function of (seed, n): which sequences, where they are cropped, whether they are
mirrored. So any number of threads may read ahead, and a run that is taken up again at step n sees
what it would have seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from seqsynth.errors import ShardError
from seqsynth.shards import Crop
from trainer.data.batch import Batch, Presence
from trainer.data.reading import BatchLayout, Place, read_batch
from trainer.data.sources import Source, check_shapes

ORDER, AUGMENT = 0, 1
"""The streams of a seed: the order of an epoch, and what happens to each sample."""


@dataclass(frozen=True)
class Augmentation:
    """Which random changes a sequence undergoes.

    Attributes
    ----------
    reverse_time : a probability
    resize : shortest and longest that the shorter side becomes before the crop, px; zeros leave it
    """

    flip_horizontal: bool = False
    flip_vertical: bool = False
    reverse_time: float = 0.0
    resize: tuple[int, int] = (0, 0)


class SequenceOrder:
    """An endless stream of the sequences of a mixture: one epoch's permutation after the other.

    Parameters
    ----------
    counts, weights : sequences of each source, and how often each is seen per epoch; the fraction
        of a weight is a random part of the source, another one each epoch
    seed : of the permutations
    """

    def __init__(self, counts: Sequence[int], weights: Sequence[float], seed: int) -> None:
        self._counts = counts
        self._weights = weights
        self._seed = seed
        # One attribute, so that threads at the turn of an epoch never see half of a change.
        self._latest: tuple[int, list[tuple[int, int]]] = (-1, [])
        self.epoch_length = sum(
            round(count * weight) for count, weight in zip(counts, weights, strict=True)
        )

    def __getitem__(self, position: int) -> tuple[int, int]:
        """Return (source, number within it) of the stream's ``position``-th sample."""
        epoch, place = divmod(position, self.epoch_length)
        known, order = self._latest
        if known != epoch:
            order = self._permute(epoch)
            self._latest = (epoch, order)
        return order[place]

    def _permute(self, epoch: int) -> list[tuple[int, int]]:
        """Return one epoch: every source as often as its weight says, shuffled together."""
        rng = generator(self._seed, ORDER, epoch)
        chosen: list[tuple[int, int]] = []
        for source, (count, weight) in enumerate(zip(self._counts, self._weights, strict=True)):
            left = round(count * weight)
            while left > 0:
                part = rng.permutation(count)[:left].tolist()
                chosen += [(source, number) for number in part]
                left -= len(part)
        return [chosen[place] for place in rng.permutation(len(chosen)).tolist()]


class Mixture:
    """Sequences of several sources, drawn into batches by number.

    Parameters
    ----------
    sources : where sequences come from
    layout : what a batch is made of
    augmentation, seed : what happens to the sequences, and the seed of all draws

    Raises
    ------
    ShardError
        There are no sequences, or some have fewer views than wanted.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        layout: BatchLayout,
        augmentation: Augmentation,
        seed: int,
    ) -> None:
        self.sources = [s for s in sources if len(s.sequences) and s.weight > 0]
        if not self.sources:
            folders = ", ".join(str(source.folder) for source in sources) or "no folder"
            raise ShardError(f"{folders}: no training sequences with a known transmission")
        for source in self.sources:
            check_shapes(source, layout.views)
        counts = [len(source.sequences) for source in self.sources]
        self.order = SequenceOrder(counts, [s.weight for s in self.sources], seed)
        if self.order.epoch_length == 0:
            raise ShardError("the weights of mix leave no sequence: raise one")
        self.layout = layout
        self._augmentation = augmentation
        self._seed = seed
        self._known: dict[tuple[int, str], Presence] = {}

    @property
    def epoch_length(self) -> int:
        """Samples in one pass over the mixture."""
        return self.order.epoch_length

    def batch(self, positions: Iterable[int], of: Iterable[int] | None = None) -> Batch:
        """Read the samples at these positions of the endless stream, images in uint8.

        Parameters
        ----------
        of : positions of the whole step, those of other processes included
        """
        places = [self.place(position) for position in positions]
        batch = read_batch(self.sources, places, self.layout)
        return batch if of is None else replace(batch, presence=self.presence(of))

    def presence(self, positions: Iterable[int]) -> Presence:
        """Say what the samples at these positions know together; no picture is read."""
        known = [self._known_of(*self.order[position]) for position in positions]
        return Presence(
            **{
                part.name: any(getattr(one, part.name) for one in known)
                for part in fields(Presence)
            }
        )

    def _known_of(self, source: int, number: int) -> Presence:
        """Say what a sequence knows: what all of its shard do."""
        sequences = self.sources[source].sequences
        shard = (source, sequences.place(number)[1].file)
        if shard not in self._known:
            shapes = sequences.shapes(number)
            moves = shapes["blended"][0] > 1
            sequence, labelled = moves or self.layout.photos_move, "transmission" in shapes
            self._known[shard] = Presence(
                transmission=labelled,
                layers=labelled or "reflection" in shapes,
                motion=moves and sequences.motion(number) is not None,
                sequence=sequence,
                unlabelled=sequence and not labelled,
            )
        return self._known[shard]

    def place(self, position: int) -> Place:
        """Draw what the stream's ``position``-th sample is."""
        source, number = self.order[position]
        _, height, width, _ = self.sources[source].sequences.shapes(number)["blended"]
        rng = generator(self._seed, AUGMENT, position)
        side = self._side(min(height, width), rng)
        high, wide = min(side, height), min(side, width)
        row = int(rng.integers(height - high + 1))
        column = int(rng.integers(width - wide + 1))
        mirror, turn, reverse = rng.random(3)
        asked = self._augmentation
        return Place(
            source,
            number,
            Crop(row, column, high, wide),
            mirror=asked.flip_horizontal and mirror < 0.5,
            turn=asked.flip_vertical and turn < 0.5,
            reverse=bool(reverse < asked.reverse_time),
            side=self.layout.crop,
            scaled=bool(asked.resize[1]),
        )

    def _side(self, shorter: int, rng: np.random.Generator) -> int:
        """Draw the side, px, of what is cropped: another than the crop's where views are resized.

        Resizing the whole view and cropping is the same as resizing what is cropped.
        """
        low, high = self._augmentation.resize
        if not high:
            return self.layout.crop
        return round(self.layout.crop * shorter / int(rng.integers(low, high + 1)))


def generator(seed: int, stream: int, number: int) -> np.random.Generator:
    """Return the random numbers of one (seed, stream, number), whatever was drawn before."""
    key = np.array([seed, stream], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, number, 0]))
