"""What goes beside a sequence's pictures: its name, trajectory and everything else on record."""

from collections.abc import Mapping, Sequence
from typing import Any

from seqsynth.sequence import Trajectory, ViewSequence


def sequence_document(
    sequence: ViewSequence, frames: Mapping[str, Sequence[int]]
) -> dict[str, Any]:
    """Return what is known of a sequence besides pixels, in JSON types.

    Parameters
    ----------
    frames : kind of frame -> the numbers of the views of which it is exported
    """
    return {
        "name": sequence.name,
        "split": sequence.split,
        "frames": {kind: list(views) for kind, views in frames.items()},
        "views": sequence.views,
        "centre": sequence.centre,
        "trajectory": trajectory_document(sequence.trajectory),
        "metadata": dict(sequence.metadata),
    }


def trajectory_document(trajectory: Trajectory | None) -> dict[str, Any] | None:
    """Return row and column of each view's windows, or None where they are unknown."""
    if trajectory is None:
        return None
    return {
        "transmission": trajectory.transmission.tolist(),
        "reflection": trajectory.reflection.tolist(),
    }
