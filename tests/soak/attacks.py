"""Attacks on each reader: one random input each, held to what is promised of it."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import h5py
import numpy as np
import torch

from capture_tools import CaptureError
from capture_tools import read_photo as read_capture
from capture_tools.scenes.notes import NOTES_FILE, read_notes
from seqsynth.cli import group as seqsynth_group
from seqsynth.errors import SeqsynthError
from seqsynth.ingest.layouts import pair_list
from seqsynth.pictures import PictureFileError, decode
from seqsynth.settings import read_toml
from tests.seqsynth.shards.conftest import write_index
from tests.soak.mutants import json_bytes, mutate, mutate_bytes, mutate_text, value_of
from tests.soak.programs import BrokenPromiseError, call
from tests.soak.stage import SETTINGS, Stage, interrupt
from trainer.checkpoint import load_student
from trainer.cli import group as trainer_group
from trainer.recipe import load_recipe

Attack = Callable[[Stage, Path, random.Random], None]
"""Makes one random input in an empty folder and lets it be read, or raises `BrokenPromiseError`."""


def photos(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Decode a damaged photo."""
    content = rng.choice(sorted(stage.photos.iterdir())).read_bytes()
    with _Only(PictureFileError):
        decode(mutate_bytes(content, rng))


def exif(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Read a capture whose head, with its EXIF, is damaged."""
    content = rng.choice(sorted(stage.photos.glob("*.jpg"))).read_bytes()
    file = folder / "a.jpg"
    file.write_bytes(mutate_bytes(content[:300], rng) + content[300:])
    with _Only(CaptureError, SeqsynthError):
        read_capture(file)


def _read_by(shards: Path, folder: Path, stage: Stage, rng: random.Random) -> None:
    """Let verify and one further command read a set: what the first passes, the other handles."""
    passed = call("seqsynth", "verify", shards).code == 0
    out = folder / "out"
    run = ("--jobs", "1")
    commands: dict[str, tuple[object, ...]] = {
        "info": ("info", shards, *rng.choice(((), ("--json",)))),
        "report": ("report", shards, "--out", folder / "r.html", "--samples", "3"),
        "subset": ("subset", shards, "--out", out, *run),
        "split": ("split", shards, "--out", out, "--val-count", "1", "--drop-straddling", *run),
        "merge": (
            *("merge", shards, stage.sets["gzip"], "--out", out, "--drop-leaks"),
            *("--drop-duplicates", *run),
        ),
        "export": (
            *("export", shards, "--to", rng.choice(("folders", "errnet", "views", "hf"))),
            *("--out", out, *run),
        ),
        "compare": ("compare", shards, stage.sets["gzip"], "--samples", "2"),
    }
    if rng.random() < 0.25:
        _train_on(shards, out, stage, rng)
        return
    name = rng.choice(sorted(commands))
    answer = call("seqsynth", *commands[name])
    if passed and answer.code and name in ("info", "report", "subset"):
        raise BrokenPromiseError(f"verify passes what {commands[name]} does not: {answer.err}")


def _train_on(shards: Path, out: Path, stage: Stage, rng: random.Random) -> None:
    """Let the trainer read a set."""
    small = ["net.width=0.03125", "net.d_layers=1", "net.context_blocks=2", "perceptual=none"]
    small += ["teacher.batch=1", "teacher.crop=24", "teacher.steps=1", "tensorboard=false"]
    commands: dict[str, tuple[object, ...]] = {
        "restore": ("restore", shards, "--checkpoint", stage.checkpoint, "--out", out),
        "evaluate": ("evaluate", "identity", shards),
        "score": ("score", shards, stage.photos, "--out", out),
        "fit": (
            *("fit", shards, "--preset", "small", "--stage", "teacher", "--max-steps", "1"),
            *(word for one in small for word in ("--set", one)),
            *("--device", "cpu", "--out", out),
        ),
    }
    call("trainer", *commands[rng.choice(sorted(commands))])


def index(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Read a set whose index was changed, and sealed again or not."""
    shards = _copy(stage, folder, rng)
    file = shards / "index.json"
    if rng.random() < 0.2:
        text = mutate_text(file.read_text(encoding="utf-8"), rng)
        file.write_bytes(text.encode(errors="surrogatepass"))
    elif rng.random() < 0.1:
        file.write_bytes(mutate_bytes(file.read_bytes(), rng))
    else:
        document = mutate(json.loads(file.read_bytes()), rng)
        try:
            write_index(shards, document)
        except (AttributeError, ValueError):  # what cannot be sealed
            file.write_bytes(json_bytes(document))
    _read_by(shards, folder, stage, rng)


ATTRIBUTES = [
    0,
    -1,
    2**40,
    1.5,
    np.nan,
    "x",
    "",
    "\x1b[2J",
    b"bytes",
    h5py.Empty("f8"),
    np.zeros(0),
    np.array([1, 2, 3]),
    np.array([[1]]),
    np.array([b"a"]),
    True,
]


def attributes(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Read a shard whose attributes were changed, its index sealed again."""
    shards = _copy(stage, folder, rng)

    def change(shard: h5py.File) -> None:
        places = [shard, *shard.values()]
        place = rng.choice(places)
        names = [*place.attrs, "window", "first", "names"]
        name = rng.choice(names)
        if rng.random() < 0.2 and name in place.attrs:
            del place.attrs[name]
        else:
            place.attrs[name] = rng.choice(ATTRIBUTES)

    _edit_shard(shards, rng, change)
    _read_by(shards, folder, stage, rng)


def datasets(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Read a shard with a dataset of other values, type, shape or name."""
    shards = _copy(stage, folder, rng)

    def change(shard: h5py.File) -> None:
        name = rng.choice(sorted(shard))
        values = shard[name][:]
        action = rng.randrange(5)
        if action == 0 and values.dtype.kind != "S":
            noise = np.frombuffer(rng.randbytes(values.nbytes), values.dtype)
            shard[name][...] = noise.reshape(values.shape)
            return
        if action <= 1 and values.dtype.kind == "S":
            texts = [b"\xff", b"", b"..", b"a\0b", b"/a", b"\x1b[2J", b"a/../b"]
            shard[name][...] = np.array(rng.choice(texts), values.dtype)
            return
        del shard[name]
        if action == 2:
            shard[name] = values.astype(rng.choice(("f4", "i8", "u2"))) if _is_number(values) else 1
        elif action == 3:
            shard[name] = values[..., :-1] if values.ndim > 1 else values[:-1]
        else:
            names = {"extra", "reflection", "name", "sigma"} - set(shard)
            shard[rng.choice(sorted(names))] = values

    _edit_shard(shards, rng, change)
    _read_by(shards, folder, stage, rng)


def shard_bytes(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Read a shard of which bytes were changed, its index sealed again."""
    shards = _copy(stage, folder, rng)
    document = json.loads((shards / "index.json").read_bytes())
    entry = rng.choice(document["shards"])
    content = (shards / entry["file"]).read_bytes()
    head = mutate_bytes(content[:4096], rng) + content[4096:]
    (shards / entry["file"]).write_bytes(head)
    _seal(shards, document)
    _read_by(shards, folder, stage, rng)


def journal(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Go on making a set whose journal was changed."""
    shards = interrupt(stage.sets["layers"], folder / "set")
    file = shards / "journal.jsonl"
    _change_lines(file, rng)
    flags = [
        *("--window", "24", "--transmission-step", "0", "2", "--reflection-step", "2", "4"),
        *("--val-fraction", "0.25", "--sequences", "8", "--shard-size", SETTINGS["shard_size"]),
    ]
    overwrite = ["--overwrite"] if rng.random() < 0.3 else []
    call(
        *("seqsynth", "generate", "--voc", stage.photos, "--out", shards, "--jobs", "1"),
        *flags,
        *overwrite,
    )


def manifest(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Export again into a folder whose manifest, or journal, was changed."""
    out = folder / "export"
    shutil.copytree(stage.export, out)
    file = out / "MANIFEST.json"
    document = json.loads(file.read_bytes())
    if rng.random() < 0.5:
        head = {key: document[key] for key in ("fingerprint", "configuration", "folders")}
        lines = [head, {"files": document["sha256"]}]
        (out / "export.journal").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        _change_lines(out / "export.journal", rng)
    elif rng.random() < 0.3:
        file.write_bytes(mutate_text(file.read_text(), rng).encode(errors="surrogatepass"))
    else:
        changed = mutate(document, rng)
        if isinstance(changed, dict) and rng.random() < 0.7:
            rest = {key: value for key, value in changed.items() if key != "digest"}
            text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            changed["digest"] = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        file.write_bytes(json_bytes(changed))
    overwrite = ["--overwrite"] if rng.random() < 0.3 else []
    call(
        *("seqsynth", "export", stage.sets["layers"], "--to", "folders", "--out", out),
        *("--jobs", "1", *overwrite),
    )


RECIPE = """seed = 3
[net]
width = 0.5
[teacher]
steps = 6
weights = { reconstruction = 1.0, perceptual = 0.1 }
[mix]
synthetic = 2.0
"""


def toml(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Read a recipe, or a scene's notes, that was changed."""
    text = mutate_text(RECIPE, rng).encode(errors="surrogatepass")
    for name in ("recipe.toml", NOTES_FILE):
        (folder / name).write_bytes(text)
    read_notes(folder)
    with _Only(SeqsynthError):
        read_toml(folder / "recipe.toml")
        load_recipe("small", folder / "recipe.toml", {}, ())


def checkpoints(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Load a checkpoint of which a value, or bytes, were changed."""
    file = folder / "best.pt"
    if rng.random() < 0.3:
        content = stage.checkpoint.read_bytes()
        file.write_bytes(mutate_bytes(content, rng))
    else:
        document = torch.load(stage.checkpoint, weights_only=True)
        weights = dict(document["weights"])
        name = rng.choice(sorted(weights))
        action = rng.randrange(8)
        if action == 0:
            del weights[name]
        elif action == 1:
            weights[name] = weights[name].flatten()[:-1]
        elif action == 2:
            weights[name] = rng.choice(
                (weights[name].to(torch.int8), weights[name].to_sparse(), value_of(rng))
            )
        elif action == 3:
            weights["more"] = torch.zeros(1)
        document["weights"] = weights
        if action > 3:
            plain = {key: value for key, value in document.items() if key != "weights"}
            document = {**mutate(plain, rng), "weights": weights}
        torch.save(document, file)
    with _Only(SeqsynthError):
        load_student(file)


def lists(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Read a CSV list of pairs that was changed."""
    rows = "blended,transmission,name,subset,split\na.png,b.png,one,,train\nc.png,,two,x,\n"
    text = mutate_text(rows, rng)
    if rng.random() < 0.2:
        text += '"' + "x" * 200_000 + '",b.png,three,,\n'
    (folder / "list.csv").write_bytes(text.encode(errors="surrogatepass"))
    with _Only(SeqsynthError):
        pair_list(folder / "list.csv")


WORDS = ["", "-1", "0", "1", "3", "nan", "inf", "1e999", "x", "..", "/", "\x1b[2J", "a=b", "9" * 40]


def command_lines(stage: Stage, folder: Path, rng: random.Random) -> None:
    """Call a command with random options on what is not there."""
    program, programs = rng.choice((("seqsynth", seqsynth_group), ("trainer", trainer_group)))
    names = [name for name in programs.list_commands(click.Context(programs)) if name != "demo"]
    name = rng.choice(names)
    command = programs.get_command(click.Context(programs), name)
    assert command is not None
    words: list[object] = [name]
    for option in rng.sample(command.params, min(len(command.params), rng.randrange(5))):
        if isinstance(option, click.Option) and option.name not in ("help", "version"):
            values = 0 if option.is_flag else option.nargs
            words += [rng.choice(option.opts), *(rng.choice(WORDS) for _ in range(values))]
    missing = folder / "nothing"
    given: Mapping[str, list[object]] = {"generate": ["--voc", missing], "trainer": []}
    words += given.get(name, [missing] * rng.randrange(1, 3))
    words += ["--out", folder / "out"] if rng.random() < 0.7 else []
    call(program, *words)


ATTACKS: Mapping[str, Attack] = {
    "photos": photos,
    "exif": exif,
    "index": index,
    "attributes": attributes,
    "datasets": datasets,
    "shard bytes": shard_bytes,
    "journal": journal,
    "manifest": manifest,
    "toml": toml,
    "checkpoints": checkpoints,
    "lists": lists,
    "command lines": command_lines,
}
"""Reader -> how it is attacked."""


class _Only:
    """Let errors of these classes pass for an answer; anything else broke something."""

    def __init__(self, *classes: type[Exception]) -> None:
        self._classes = classes

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> bool:
        if error is None:
            return False
        if isinstance(error, self._classes):
            if str(error).strip():
                return True
            raise BrokenPromiseError(f"{type(error).__name__} without a word") from error
        raise BrokenPromiseError(f"{type(error).__name__}: {error}") from error


def _copy(stage: Stage, folder: Path, rng: random.Random) -> Path:
    return Path(shutil.copytree(stage.sets[rng.choice(sorted(stage.sets))], folder / "set"))


def _is_number(values: Any) -> bool:
    return values.dtype.kind in "iuf"


def _edit_shard(shards: Path, rng: random.Random, change: Callable[[h5py.File], None]) -> None:
    document = json.loads((shards / "index.json").read_bytes())
    entry = rng.choice(document["shards"])
    with h5py.File(shards / entry["file"], "r+") as shard:
        change(shard)
    _seal(shards, document)


def _seal(shards: Path, document: Any) -> None:
    for entry in document["shards"]:
        content = (shards / entry["file"]).read_bytes()
        entry["bytes"], entry["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    write_index(shards, document)


def _change_lines(file: Path, rng: random.Random) -> None:
    lines = file.read_text().splitlines()
    number = rng.randrange(len(lines))
    if rng.random() < 0.3:
        lines[number] = mutate_text(lines[number], rng)
    else:
        changed = mutate(json.loads(lines[number]), rng)
        lines[number] = json.dumps(changed)
    file.write_bytes("\n".join(lines).encode(errors="surrogatepass") + b"\n")
