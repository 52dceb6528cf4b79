"""Rebuilding from drawn layers, compiled and not, against the format's lines in plain numpy."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqsynth.errors import ShardError
from seqsynth.shards import rebuild
from seqsynth.shards.rebuild import Crop, rebuild_frames
from seqsynth.synthesis.blends.light import level_steps

Levels = NDArray[np.uint8]
Frames = dict[str, Levels]

WINDOW, VIEWS = (13, 18), 3
KINDS = ("sum", "table", "three tables", "vignette", "vignette, three tables")


def drawn(kind: str) -> dict[str, Any]:
    """Draw the datasets of a sequence."""
    rng = np.random.default_rng(len(kind))
    height, width = WINDOW
    stored: dict[str, Any] = {
        "transmission_layer": rng.integers(0, 256, (17, 21, 3), dtype=np.uint8),
        "reflection_layer": rng.integers(0, 256, (25, 33, 3), dtype=np.uint8),
        "transmission_origin": rng.integers(0, 4, (VIEWS, 2)).astype(np.int16),
        "reflection_origin": rng.integers(0, 12, (VIEWS, 2)).astype(np.int16),
    }
    if kind == "sum":
        return {**stored, "attenuation": np.array([0, 255, 31], np.uint8)}
    tables = 3 if "three" in kind else 1
    stored["level_table"] = rng.integers(0, 256, (tables, 256, 256), dtype=np.uint8)
    if "vignette" in kind:
        stored |= {
            "vignette_rows": rng.integers(2**17, 2**20, height).astype(np.int32),
            "vignette_columns": rng.integers(2**17, 2**20, width).astype(np.int32),
            "vignette_steps": level_steps(),
            "vignette_bits": rng.integers(0, 256, (VIEWS, height, 7), dtype=np.uint8),
        }
    return stored


def by_the_document(stored: dict[str, Any]) -> Frames:
    """Whole views by the lines of docs/shard-format.md."""
    height, width = WINDOW
    views: dict[str, list[Levels]] = {"transmission": [], "reflection": [], "blended": []}
    for view in range(VIEWS):
        cut = []
        for layer in ("transmission", "reflection"):
            top, left = stored[f"{layer}_origin"][view]
            cut.append(stored[f"{layer}_layer"][top : top + height, left : left + width])
        behind, added = cut
        if "attenuation" in stored:
            added = np.maximum(added.astype(int) - stored["attenuation"][view], 0)
            blended = np.minimum(behind + added, 255)
        else:
            if "vignette_bits" in stored:
                rows, columns = (stored[f"vignette_{axis}"] / 2**20 for axis in ("rows", "columns"))
                begins = stored["vignette_steps"]
                light = begins[added] * np.multiply.outer(rows, columns)[..., None]
                bits = np.unpackbits(stored["vignette_bits"][view], axis=-1, count=3 * width)
                least = np.searchsorted(begins, light, side="right") - 1
                added = least + bits.reshape(height, width, 3)
            table = stored["level_table"]
            blended = table[np.arange(3) % len(table), behind, added]
        for name, pixels in zip(views, (behind, added, blended), strict=True):
            views[name].append(np.asarray(pixels, np.uint8))
    return {name: np.stack(frames) for name, frames in views.items()}


@pytest.fixture(params=["as it comes", "compiled"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Rebuild with numpy and OpenCV, or by compiled code from the first sequence on."""
    start = 0 if request.param == "compiled" else 10**9
    if start == 0:
        pytest.importorskip("numba")
    monkeypatch.setattr(rebuild, "WORTHWHILE", dict.fromkeys(rebuild.WORTHWHILE, start))
    return str(request.param)


def empty(crop: Crop, *names: str) -> Frames:
    return {name: np.full((VIEWS, crop.height, crop.width, 3), 77, np.uint8) for name in names}


CROPS = [Crop(0, 0, *WINDOW), Crop(2, 5, 11, 13), Crop(12, 17, 1, 1), Crop(0, 3, 5, 8)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("crop", CROPS, ids=str)
@pytest.mark.parametrize(
    "names",
    [
        ("blended", "transmission", "reflection"),
        ("blended",),
        ("reflection",),
        ("transmission",),
        ("blended", "reflection"),
    ],
    ids="+".join,
)
def test_frames_are_those_of_the_document(
    way: str, kind: str, crop: Crop, names: tuple[str, ...]
) -> None:
    stored = drawn(kind)
    truth = by_the_document(stored)
    out = empty(crop, *names)
    rebuild_frames(stored, crop, out)
    rows = slice(crop.row, crop.row + crop.height)
    columns = slice(crop.column, crop.column + crop.width)
    for name in names:
        np.testing.assert_array_equal(out[name], truth[name][:, rows, columns], err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_a_caller_need_not_be_one_run(way: str, kind: str) -> None:
    stored, crop = drawn(kind), Crop(0, 0, *WINDOW)
    # Rows of a larger picture, as of a batch that is padded.
    wide = np.full((3, VIEWS, 13, 30, 3), 77, np.uint8)
    names = ("blended", "transmission", "reflection")
    out = {name: wide[place, :, :, 4:22] for place, name in enumerate(names)}
    rebuild_frames(stored, crop, out)
    for place, (name, frames) in enumerate(by_the_document(stored).items()):
        np.testing.assert_array_equal(out[name], frames, err_msg=f"{place} {name}")
    assert (wide[:, :, :, :4] == 77).all()
    assert (wide[:, :, :, 22:] == 77).all()


@pytest.mark.parametrize("layer", ["transmission", "reflection"])
@pytest.mark.parametrize("origin", [(-1, 0), (0, -1), (20, 0), (0, 30), (13, 0)])
def test_window_outside_its_layer_is_refused(way: str, layer: str, origin: tuple[int, int]) -> None:
    stored, crop = drawn("vignette"), Crop(0, 0, *WINDOW)
    stored[f"{layer}_origin"][1] = origin
    with pytest.raises(ShardError, match=f"leaves its {layer} layer"):
        rebuild_frames(stored, crop, empty(crop, "blended"))


@pytest.mark.parametrize(("name", "share"), [("rows", -1), ("columns", 2**20)])
def test_vignette_that_is_none_is_refused(way: str, name: str, share: int) -> None:
    stored, crop = drawn("vignette"), Crop(0, 0, *WINDOW)
    stored[f"vignette_{name}"][4] = share
    with pytest.raises(ShardError, match="shares of light beyond 0 to 1"):
        rebuild_frames(stored, crop, empty(crop, "blended"))


def test_compiled_code_begins_where_it_is_repaid(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setattr(rebuild, "WORTHWHILE", {"level_table": 2, "attenuation": 4})
    monkeypatch.setattr(rebuild, "_rebuilt", type(rebuild._rebuilt)())
    asked: list[str] = []
    monkeypatch.setattr(rebuild, "_load", lambda: asked.append("compiled"))
    crop = Crop(0, 0, *WINDOW)
    for kind in ("table", "table", "sum", "sum", "sum", "sum", "table", "sum"):
        rebuild_frames(drawn(kind), crop, empty(crop, "blended"))
        asked.append(kind)
    assert asked == [*["table"] * 2, *["sum"] * 4, "compiled", "table", "compiled", "sum"]
