"""The pack: photos to make shards from, real pairs to score on, wheels the machine lacks."""

import random
import shutil
from pathlib import Path

PICTURES = (".jpg", ".jpeg", ".png")
PAIR_SHARE = 0.4
"""Of the room that wheels leave, at most, for pairs."""


def make_pack(
    photos: Path, pairs: Path | None, wheels: Path | None, out: Path, megabytes: float
) -> None:
    """Copy what fits into ``megabytes``: wheels whole, then pairs, then photos, each by lot.

    Raises
    ------
    SystemExit
        There are no photos, the folder holds something, or wheels alone are too large.
    """
    if out.exists() and any(out.iterdir()):
        raise SystemExit(f"{out} is not empty; name another folder")
    room = int(megabytes * 1e6)
    found = sorted(path for path in photos.rglob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise SystemExit(f"{photos} holds no photo; name VOCdevkit or a folder of photos")
    if wheels is not None:
        room -= _copy(sorted(wheels.glob("*.whl")), wheels, out / "wheels", room)
    if room <= 0:
        raise SystemExit(f"the wheels alone take over {megabytes:g} MB; carry fewer")
    if pairs is not None:
        room -= _copy_pairs(pairs, out / "pairs", int(room * PAIR_SHARE))
    _copy(_by_lot(found), photos, out / "photos", room)
    total = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out}: {total / 1e6:.1f} MB in {sum(1 for _ in out.rglob('*.*'))} files")


def _by_lot(paths: list[Path]) -> list[Path]:
    """Shuffle with a fixed seed, so that a pack can be made again."""
    shuffled = list(paths)
    random.Random(0).shuffle(shuffled)
    return shuffled


def _copy(paths: list[Path], root: Path, out: Path, room: int) -> int:
    """Copy files until the room is used; return the bytes taken."""
    taken = 0
    for path in paths:
        size = path.stat().st_size
        if taken + size > room:
            break
        target = out / "_".join(path.relative_to(root).parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        taken += size
    return taken


def _copy_pairs(pairs: Path, out: Path, room: int) -> int:
    """Copy scenes whole, their photos to blended/ and their truths to transmission/."""
    taken = 0
    for mixed in _by_lot(sorted(pairs.rglob("m.*"))):
        truth = mixed.with_name(f"g{mixed.suffix}")
        if not truth.exists():
            continue
        size = mixed.stat().st_size + truth.stat().st_size
        if taken + size > room:
            break
        name = "_".join(mixed.parent.relative_to(pairs).parts) + mixed.suffix
        for path, kind in ((mixed, "blended"), (truth, "transmission")):
            (out / kind).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, out / kind / name)
        taken += size
    return taken
