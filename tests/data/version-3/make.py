"""Make the shard sets beside this file, once, with the first library that wrote what is in them.

They are never made again: every later library must read what that one wrote, and make the same
again. A set that is added here is made alone, and what it holds is added to `contents.json`. The
photos are drawn by the formula of `photo`, so that nobody's picture is in them.

    python tests/data/version-3/make.py

`contents.json` states what the sets hold, read by h5py, numpy and hashlib alone: sha256 and size of
every file; of every dataset type, shape and sha256 of its values.
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from seqsynth.blend_settings import LinearSettings
from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.reshape import MergeConfig, plan_merge, reshape
from seqsynth.synthesis import generate

HERE = Path(__file__).parent

SETTINGS: dict[str, Any] = {
    "window": (8, 12),
    "sequences": 2,
    "val_fraction": 0,
    "seed": 3,
    "reflection_step": (2, 4),
    "compression": "gzip",
}
SYNTHETIC: dict[str, dict[str, Any]] = {
    "linear": {},
    "dsrnet": {"direction": "random", "reflection_strength": (0.5, 1)},
    "zhang": {"sequences": 3, "views": 5},
    "ibcln": {"compression": "none", "sequences": 1, "window": (8, 11)},
    "ghosting": {"compression": "none"},
    "tinted": {
        "blend": "linear",
        "blend_linear": LinearSettings(transmission_tint=0.2, reflection_tint=0.1),
        "sequences": 1,
        "window": (8, 8),
    },
}

PHOTOS = 12


def photo(number: int) -> NDArray[np.uint8]:
    """Draw photo ``number``, uint8 (30, 40, 3)."""
    y, x, c = np.ogrid[:30, :40, :3]
    levels = 53 * number + 9 * y + 5 * x + 70 * c + (y * x * (number + 1)) // 16
    return np.asarray(levels % 256, np.uint8)


def describe(path: Path) -> dict[str, Any]:
    """Return what `contents.json` states of a file."""
    content = path.read_bytes()
    stated: dict[str, Any] = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if path.suffix == ".h5":
        with h5py.File(path) as shard:
            stated["schema_version"] = int(shard.attrs["schema_version"])
            stated["datasets"] = {
                name: [
                    data.dtype.str,
                    list(data.shape),
                    hashlib.sha256(data[:].tobytes()).hexdigest(),
                ]
                for name, data in shard.items()
            }
    return stated


def main() -> None:
    """Make all sets and the statement of what they hold."""
    stated = HERE / "contents.json"
    known = json.loads(stated.read_bytes()) if stated.exists() else {}
    missing = [name for name in (*SYNTHETIC, "merged") if f"{name}/index.json" not in known]
    if not missing:
        sys.exit("the sets of version 3 are there, and are never made again")
    run = RunConfig(jobs=1)
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder)
        for number in range(PHOTOS):
            Image.fromarray(photo(number)).save(photos / f"p{number:02d}.png")
        for name in missing:
            if name in SYNTHETIC:
                settings = {"blend": name, **SETTINGS, **SYNTHETIC[name]}
                generate(photos, HERE / name, SynthesisConfig(**settings), run)
    if "merged" in missing:
        inputs = [HERE / name for name in ("dsrnet", "zhang", "ghosting")]
        reshape(plan_merge(inputs, MergeConfig(rename=True)), HERE / "merged", run)
    files = sorted(path for name in missing for path in (HERE / name).iterdir())
    contents = known | {str(path.relative_to(HERE)): describe(path) for path in files}
    stated.write_text(json.dumps(contents, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
