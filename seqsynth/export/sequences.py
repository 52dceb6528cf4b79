"""A chosen sequence as it is read: from whole shards, frame by frame, and what is known of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from seqsynth.errors import ShardError
from seqsynth.export.candidates import BLENDED, REFLECTION, TRANSMISSION
from seqsynth.reshape.copying import check_whole
from seqsynth.sequence import CameraMotion, Image, Trajectory, ViewSequence
from seqsynth.shards import ShardSet


def check_sources(shards: ShardSet) -> None:
    """Hold every shard that some sequences lie in against its index: a copy passes damage on.

    Raises
    ------
    ShardError
        One was changed or damaged.
    """
    places = (shards.place(number) for number in range(len(shards)))
    for location, entry in {entry.sha256: (place, entry) for place, entry, _ in places}.values():
        check_whole(location, entry)


def frame_of(sequence: ViewSequence, kind: str, view: int) -> Image:
    """Return one known frame of a sequence, uint8 (H, W, 3)."""
    frames = {
        BLENDED: sequence.blended,
        TRANSMISSION: sequence.transmission,
        REFLECTION: sequence.reflection,
    }[kind]
    if frames is None:
        raise ShardError(f"{sequence.name}: its {kind} is unknown")
    frame: Image = frames[view if len(frames) == sequence.views else 0]
    return frame


def sequence_document(
    sequence: ViewSequence, frames: Mapping[str, Sequence[int]]
) -> dict[str, Any]:
    """Return what is known of a sequence besides pixels, in JSON types.

    Parameters
    ----------
    frames : kind of frame -> the numbers of the views of which it is exported
    """
    document = {
        "name": sequence.name,
        "split": sequence.split,
        "frames": {kind: list(views) for kind, views in frames.items()},
        "views": sequence.views,
        "centre": sequence.centre,
        "trajectory": trajectory_document(sequence.trajectory),
        "metadata": dict(sequence.metadata),
    }
    if sequence.camera is not None:
        document["camera"] = camera_document(sequence.camera)
    return document


def camera_document(camera: CameraMotion) -> dict[str, Any]:
    """Return lens, poses, planes and homographies; the mask between two planes of T is left out."""
    motion = camera.motion
    document: dict[str, Any] = {
        "intrinsics": camera.intrinsics.tolist(),
        "pose": camera.pose.tolist(),
        "plane": camera.plane.tolist(),
        "transmission_homography": motion.transmission.homographies.tolist(),
        "reflection_homography": motion.reflection.homographies.tolist(),
    }
    if motion.transmission.second is not None:
        document["second_homography"] = motion.transmission.second.tolist()
    return document


def trajectory_document(trajectory: Trajectory | None) -> dict[str, Any] | None:
    """Return row and column of each view's windows, or None where they are unknown."""
    if trajectory is None:
        return None
    return {
        "transmission": trajectory.transmission.tolist(),
        "reflection": trajectory.reflection.tolist(),
    }
