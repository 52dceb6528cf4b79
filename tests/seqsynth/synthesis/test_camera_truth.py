"""Sets by a camera against the truth built from docs/shard-format.md, value by value."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.seqsynth.synthesis.camera_document import CameraTruth
from tests.seqsynth.synthesis.format_document import find_photos

CASES: dict[str, dict[str, Any]] = {
    "handheld": {"seed": 3, "reflection_strength": (0.4, 1.0)},
    "parallax, five views": {
        "seed": 2**63,
        "views": 5,
        "window": (12, 17),
        "camera": {"second_plane": (1.3, 3.0), "slant": (5.0, 30.0)},
        "sequences": 4,
    },
    "literal, rough": {
        "camera": {"shake": (6.0, 5.0, 4.0), "translation": (0.05, 0.3), "unrest": (1.0, 2.0)},
        "border": "zero",
        "overflow": "view",
        "views": 2,
    },
}


@pytest.mark.parametrize("name", CASES)
def test_every_value_of_every_dataset_is_the_documents(
    name: str, make_shards: Callable[..., Path], photo_folder: Path, tmp_path: Path
) -> None:
    settings = {"motion": "camera", "sequences": 6, "image_set": "", **CASES[name]}
    out = make_shards(tmp_path / "set", photo_folder, **settings)
    index = json.loads((out / "index.json").read_bytes())
    truth = CameraTruth(index["configuration"], photo_folder, list(find_photos(photo_folder)))
    assert index["schema_version"] == 2
    checked = 0
    for entry in index["shards"]:
        with h5py.File(out / entry["file"]) as shard:
            assert shard.attrs["schema_version"] == 2
            for row in range(entry["count"]):
                wanted = truth.sequence(entry["split"], int(shard.attrs["first"]) + row)
                assert set(shard) == set(wanted)
                for key, values in wanted.items():
                    np.testing.assert_array_equal(
                        shard[key][row], np.asarray(values).astype(shard[key].dtype), err_msg=key
                    )
                checked += 1
    assert checked == settings["sequences"]
