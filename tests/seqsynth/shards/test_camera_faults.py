"""A camera's stored motion: what verify finds, and what the pictures themselves say of it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from seqsynth.errors import ShardError
from seqsynth.motion.extent import extent_of
from seqsynth.motion.homography import map_of
from seqsynth.motion.resampling import resample
from seqsynth.shards import open_shards, verify_shards
from seqsynth.shards.schema import Array, check_arrays, version_of
from seqsynth.shards.verify import Fault

HERE = Path(__file__).parents[2] / "data" / "version-2"

Edit = Callable[[h5py.File], None]


def set_entry(name: str, place: tuple[Any, ...], value: float) -> Edit:
    def edit(shard: h5py.File) -> None:
        shard[name][place] = value

    return edit


FAULTS: dict[str, tuple[Edit, str]] = {
    "not finite": (
        set_entry("transmission_homography", (1, 0, 0, 2), np.nan),
        "transmission_homography: the homography of view 0 holds a number that is not finite, in "
        "sequences 1",
    ),
    "mirrored": (
        set_entry("reflection_homography", (0, 2, 0, 0), -1.0),
        "reflection_homography: the homography of view 2 turns the picture over",
    ),
    "moved centre": (
        set_entry("transmission_homography", (2, 1, 0, 2), 0.25),
        "view 1 is not the identity",
    ),
    "horizon": (set_entry("transmission_homography", (0, 2, 2, 0), 0.09), "horizon"),
    "another pose": (
        set_entry("pose", (0, 2, 0, 3), 0.05),
        "are not those of intrinsics, pose and plane, in sequences 0",
    ),
    "lost lens": (set_entry("intrinsics", (3, 0, 0), 0.0), "intrinsics, pose and plane"),
    "outside its photo": (set_entry("window_source", (2, 1, 0), -1), "leave their photo"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_no_camera_gives_is_found(
    name: str, tmp_path: Path, edit_shard: Callable[..., Any]
) -> None:
    folder = tmp_path / "set"
    shutil.copytree(HERE / "handheld", folder)
    edit, words = FAULTS[name]
    with edit_shard(folder, "train-00000.h5") as shard:
        edit(shard)
    faults = [str(one) for one in verify_shards(folder) if isinstance(one, Fault)]
    assert any(words in fault for fault in faults), faults


@pytest.mark.parametrize("view", [0, 2])
def test_t_of_every_view_is_the_centre_s_warped_by_the_stored_motion(view: int) -> None:
    """To the byte, wherever all that a pixel is made of lies in the centre view's frame."""
    compared = 0
    for sequence in open_shards(HERE / "handheld"):
        seen, pixels = seen_again(sequence.transmission[1], sequence.motion.transmission, view)
        assert np.array_equal(sequence.transmission[view][pixels], seen[pixels])
        compared += int(pixels.sum())
    assert compared > 40


@pytest.mark.parametrize("view", [0, 2])
def test_r_of_every_view_is_the_centre_s_warped_to_within_two_levels(view: int) -> None:
    """R was rounded in either view, and where it was lowered to black nothing can be told."""
    compared = 0
    for sequence in open_shards(HERE / "handheld"):
        centre = sequence.reflection[1]
        seen, pixels = seen_again(centre, sequence.motion.reflection, view)
        lit, _ = seen_again(
            np.where(centre > 0, 255, 0).astype(np.uint8), sequence.motion.reflection, view
        )
        told = (lit == 255) & pixels[..., np.newaxis] & (sequence.reflection[view] > 0)
        off = np.abs(sequence.reflection[view].astype(int) - seen)[told]
        assert off.size == 0 or off.max() <= 2
        compared += off.size
    assert compared > 20


def seen_again(centre: np.ndarray, motion: Any, view: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the centre view resampled as another sees it, and bool (H, W): what can be told."""
    height, width = centre.shape[:2]
    found = map_of(motion.homographies[view], (height, width))
    extent = extent_of([found])
    padded = np.zeros((extent.height, extent.width, 3), np.uint8)
    padded[-extent.top : height - extent.top, -extent.left : width - extent.left] = centre
    x, y = found.positions(slice(None))
    inside = (x // 256 >= 2) & (x // 256 + 3 < width) & (y // 256 >= 2) & (y // 256 + 3 < height)
    return resample(padded, found, extent.corner), inside


def arrays_of(*names: str) -> dict[str, Array]:
    views = {"blended": Array((3, 8, 12, 3), np.dtype("u1"))}
    shapes = {
        "intrinsics": (3, 3),
        "pose": (3, 3, 4),
        "plane": (2, 3),
        "transmission_mask": (8, 12),
    }
    kinds = {"transmission_mask": "u1"}
    return views | {
        name: Array(shapes.get(name, (3, 3, 3)), np.dtype(kinds.get(name, "f8"))) for name in names
    }


CAMERA = ("transmission_homography", "reflection_homography", "intrinsics", "pose", "plane")


def test_a_camera_raises_the_version_of_a_shard() -> None:
    assert version_of(arrays_of()) == 1
    assert version_of(arrays_of(*CAMERA)) == 2
    check_arrays("views", arrays_of(*CAMERA), 2)


def test_version_1_knows_no_camera() -> None:
    with pytest.raises(ShardError, match="unknown to version 1"):
        check_arrays("views", arrays_of(*CAMERA), 1)


@pytest.mark.parametrize("lost", CAMERA)
def test_half_a_camera_is_refused(lost: str) -> None:
    with pytest.raises(ShardError, match=f"'{lost}' is missing"):
        check_arrays("views", arrays_of(*(name for name in CAMERA if name != lost)))


def test_a_mask_without_its_plane_is_refused() -> None:
    with pytest.raises(ShardError, match="'second_homography' is missing"):
        check_arrays("views", arrays_of(*CAMERA, "transmission_mask"))


def test_layers_hold_no_mask() -> None:
    with pytest.raises(ShardError):
        check_arrays("layers", arrays_of(*CAMERA, "second_homography", "transmission_mask"))
