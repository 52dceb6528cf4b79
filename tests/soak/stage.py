"""What is attacked: sets of every kind, exports, photos and a checkpoint, drawn small once."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

from seqsynth.config import RunConfig, SynthesisConfig
from seqsynth.export.config import ExportConfig
from seqsynth.export.exporting import export
from seqsynth.reshape import MergeConfig, plan_merge, reshaping
from seqsynth.synthesis import generate
from tests.conftest import TINY_SETTINGS, draw_photo
from tests.seqsynth.shards.conftest import make_captures
from tests.trainer.restoring.stubs import TINY
from trainer.checkpoint import Checkpoint, current_versions, save_checkpoint
from trainer.nets import StudentNet
from trainer.recipe import load_recipe

SETTINGS = {**TINY_SETTINGS, "window": (24, 24), "sequences": 8, "val_fraction": 0.25}


@dataclass(frozen=True)
class Stage:
    """Folders not to be written to.

    Attributes
    ----------
    photos : twelve photos
    sets : name -> shard set
    export : of the first of them, layout folders
    checkpoint : of a tiny student
    """

    photos: Path
    sets: dict[str, Path]
    export: Path
    checkpoint: Path


def build(folder: Path) -> Stage:
    """Draw everything below an empty folder."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    for number in range(12):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 1 + number % 8
        exif[ExifTags.Base.Make] = "Drawn"
        suffix = "jpg" if number % 2 else "png"
        Image.fromarray(draw_photo(number, (72, 96, 3))).save(
            photos / f"p{number:02d}.{suffix}", exif=exif
        )
    sets = {
        "layers": _set(photos, folder / "layers"),
        "views": _set(photos, folder / "views", blend="zhang", layout="views", seed=1),
        "vignetted": _set(photos, folder / "vignetted", blend="zhang", seed=3),
        "gzip": _set(photos, folder / "gzip", layout="views", compression="gzip", seed=2),
        "captures": make_captures(folder / "captures"),
    }
    other = _set(photos, folder / "other", seed=7)
    plan = plan_merge([sets["layers"], other], MergeConfig(drop_leaks=True, drop_duplicates=True))
    sets["merged"] = folder / "merged"
    with reshaping(plan, sets["merged"], RunConfig(jobs=1)) as making:
        for _ in making:
            pass
    export([sets["layers"]], folder / "export", ExportConfig(to="folders"), RunConfig(jobs=1))
    return Stage(photos, sets, folder / "export", _checkpoint(folder / "best.pt"))


def _set(photos: Path, folder: Path, **settings: object) -> Path:
    config = SynthesisConfig.model_validate({**SETTINGS, **settings})
    generate(photos, folder, config, RunConfig(jobs=1))
    return folder


def _checkpoint(file: Path) -> Path:
    config = load_recipe("small", overrides={"net": TINY})
    net = StudentNet(config.net)
    save_checkpoint(
        Checkpoint("student", 1, config, (), net.state_dict(), {}, current_versions()), file
    )
    return file


def interrupt(shards: Path, target: Path) -> Path:
    """Return a copy of a set as a stop in the middle of its making leaves it: journal, no index."""
    shutil.copytree(shards, target)
    index = json.loads((target / "index.json").read_bytes())
    head = {"fingerprint": index["fingerprint"], "configuration": index["configuration"]}
    lines = [head, *index["shards"][:-1]]
    (target / "journal.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (target / "index.json").unlink()
    (target / index["shards"][-1]["file"]).unlink()
    return target
