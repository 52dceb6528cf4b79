"""Judge camera captures and store the accepted scenes as shards of kind "captured" (paper 4.1)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from capture_tools import (
    CaptureError,
    CheckLimits,
    find_scenes,
    frame_scene,
    judge_duplicates,
    judge_scene,
    read_scene,
    read_scene_photos,
)
from capture_tools.capture import Decision, Finding, Severity
from capture_tools.checks import (
    DuplicatePair,
    JudgedScene,
    duplicate_groups,
    judge_views,
    lacks_only_transmission,
)
from capture_tools.photos import read_photo
from capture_tools.scenes import Framing, Roles, SceneFolder
from capture_tools.scenes.framing import (
    find_frame,
    frame_alone,
    frame_views,
    must_align,
    output_size,
)
from seqsynth import __version__
from seqsynth.config import RunConfig, fingerprint
from seqsynth.engine import run_tasks
from seqsynth.errors import ShardError, SourceError
from seqsynth.files import storable
from seqsynth.ingest.capture_config import CaptureConfig
from seqsynth.ingest.decisions import Decisions
from seqsynth.ingest.findings import scene_document
from seqsynth.ingest.splitting import SceneStratum, split_scenes
from seqsynth.pictures import same_name
from seqsynth.shards.index import INDEX_NAME, ShardEntry, ShardIndex, read_index
from seqsynth.shards.making import (
    SetHead,
    ShardContent,
    ShardGroup,
    ShardMaking,
    ShardTask,
    cut_full,
    divide,
    make_shard,
    plan_shard,
)
from seqsynth.shards.record import record_of_set
from seqsynth.shards.schema import Array
from seqsynth.shards.writer import from_records

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class JudgedCaptures:
    """All scenes of a folder with their verdicts, in order of name.

    Attributes
    ----------
    scenes : every scene found
    kin : groups of scenes that must stay on one side of a split
    strangers : names that were decided about and that no scene has
    """

    scenes: tuple[JudgedScene, ...]
    kin: tuple[tuple[str, ...], ...]
    strangers: tuple[str, ...] = ()

    @property
    def accepted(self) -> list[JudgedScene]:
        """The scenes that are used."""
        return [scene for scene in self.scenes if scene.accepted]


CaptureTask = ShardTask[JudgedScene]
"""One shard to be made: accepted scenes of one split and one output size."""


@dataclass(frozen=True)
class CapturePlan:
    """What will be written, decided before anything is."""

    config: CaptureConfig
    index: ShardIndex
    tasks: tuple[CaptureTask, ...]


def find_captures(root: Path, *, outside: Iterable[Path] = ()) -> list[SceneFolder]:
    """Find the scene folders below a folder, those in the folders ``outside`` left out.

    Raises
    ------
    SourceError
        There is no such folder, or no scene in it.
    """
    try:
        folders = find_scenes(root, outside=outside)
    except CaptureError as error:
        raise SourceError(str(error)) from error
    if not folders:
        raise SourceError(
            f"{root} holds no scene: a scene is a folder of photos named "
            "before, centre, after, transmission (see --roles)"
        )
    return folders


def judge_captures(
    folders: Sequence[SceneFolder], config: CaptureConfig, run: RunConfig
) -> Iterator[JudgedScene]:
    """Judge every scene by itself, in parallel; yield each as it is judged, in any order."""
    judge = joblib.delayed(_judge)
    roles, limits, alone = config.scene_roles, config.check_limits, config.without_transmission
    yield from run_tasks([judge(folder, roles, limits, alone) for folder in folders], run)


def compare_captures(
    scenes: Sequence[JudgedScene], config: CaptureConfig, decisions: Decisions | None = None
) -> JudgedCaptures:
    """Look for duplicates among judged scenes and add what is found to their verdicts.

    Parameters
    ----------
    decisions : what is used or left out, whatever was found; see `decide_scene`
    """
    decisions = {same_name(name): decided for name, decided in (decisions or {}).items()}
    ordered = sorted(scenes, key=lambda scene: scene.group.name)
    # Decided first: a scene that is left out by hand makes no other a duplicate.
    of = [decisions.get(same_name(scene.group.name)) for scene in ordered]
    decided = [decide_scene(*one, config) for one in zip(ordered, of, strict=True)]
    pairs: list[DuplicatePair]
    judged, pairs = judge_duplicates(decided, config.check_limits)
    strangers = sorted(decisions.keys() - {same_name(scene.group.name) for scene in judged})
    judged = _without_copies(judged)
    return JudgedCaptures(tuple(judged), tuple(duplicate_groups(pairs)), tuple(strangers))


def decide_scene(
    scene: JudgedScene, decision: Decision | None, config: CaptureConfig
) -> JudgedScene:
    """Give a scene what a person decided about it.

    One that is accepted and cannot be stored gets a finding that says so, and stays rejected.
    """
    if decision is None:
        return scene
    obstacle = _obstacle(scene, config.framing) if decision == "accept" else ""
    if not obstacle:
        return replace(scene, verdict=replace(scene.verdict, decision=decision))
    message = f"accepted by hand, but {obstacle}"
    finding = Finding("decision", Severity.REJECT, message)
    findings = (*scene.verdict.findings, finding)
    return replace(scene, verdict=replace(scene.verdict, findings=findings))


def plan_captures(
    captures: JudgedCaptures, config: CaptureConfig, assigned: Mapping[str, str] | None = None
) -> CapturePlan:
    """Divide the accepted scenes into splits and shards.

    Parameters
    ----------
    assigned : scene -> split of an earlier set, which is kept (see `earlier_division`)

    Raises
    ------
    SourceError
        No scene is accepted.
    """
    accepted = captures.accepted
    if not accepted:
        raise SourceError(f"none of {len(captures.scenes)} scenes is accepted; see the findings")
    sides = _divide(captures, config, assigned or {})
    resolved = config.resolved()
    sources: dict[str, Any] = {
        "scenes": {
            scene.group.name: {"split": sides[scene.group.name], "files": _files(scene)}
            for scene in accepted
        },
        "rejected": {
            storable(scene.group.name): sorted({finding.code for finding in scene.verdict.reasons})
            for scene in captures.scenes
            if not scene.accepted
        },
    }
    by_hand = {
        storable(s.group.name): s.verdict.decision for s in captures.scenes if s.verdict.decision
    }
    if by_hand:
        sources["decided"] = by_hand
    index = ShardIndex(
        kind="captured",
        layout="views",
        configuration=resolved,
        fingerprint=fingerprint({"configuration": resolved, "scenes": sources["scenes"]}),
        library_version=__version__,
        complete=False,
        sources=sources,
        shards=(),
    )
    groups = _groups(accepted, sides, config)
    return CapturePlan(config, index, tuple(divide(groups, config.shard_size, cut_full)))


def _divide(
    captures: JudgedCaptures, config: CaptureConfig, assigned: Mapping[str, str]
) -> dict[str, str]:
    """Return scene -> split: test beside training, then some of training for validation.

    Nothing can be scored on views alone: they are for training.
    """
    strata = [SceneStratum(s.group.name, _stratum(s)) for s in captures.accepted if s.measurement]
    train_or_test = split_scenes(
        strata,
        test_fraction=config.test_fraction,
        seed=config.seed,
        kin=captures.kin,
        assigned={name: "test" if side == "test" else "train" for name, side in assigned.items()},
    )
    kept = [one for one in strata if train_or_test[one.scene] == "train"]
    held_out = split_scenes(
        kept,
        test_fraction=Fraction(config.val_fraction).limit_denominator(10**6),
        seed=config.seed,
        kin=captures.kin,
        assigned={
            name: "test" if side == "val" else "train"
            for name, side in assigned.items()
            if side != "test"
        },
    )
    sides = {name: "val" for name, side in held_out.items() if side == "test"}
    alone = {scene.group.name: "train" for scene in captures.accepted if scene.views_alone}
    return {**train_or_test, **sides, **alone}


def earlier_division(out: Path) -> dict[str, str]:
    """Return scene -> split of the captured set that stands in a folder, empty where none does."""
    if not (out / INDEX_NAME).exists():
        return {}
    try:
        scenes = read_index(out).sources.get("scenes", {})
    except ShardError:
        return {}
    return {name: str(scene["split"]) for name, scene in scenes.items()}


def capture_making(
    plan: CapturePlan, out: Path, run: RunConfig, *, overwrite: bool = False
) -> ShardMaking[CaptureTask]:
    """Return the run that writes a plan's shards."""
    return ShardMaking(
        plan,
        partial(
            capture_shard,
            SetHead.of(plan.index, record_of_set(plan.index, plan.tasks)),
            plan.config,
        ),
        out,
        run,
        advice="make room, or choose --compression zstd",
        overwrite=overwrite,
    )


def capture_shard(head: SetHead, config: CaptureConfig, task: CaptureTask, out: Path) -> ShardEntry:
    """Frame the scenes of one shard and write it; runs in a worker.

    Raises
    ------
    SourceError
        A photo changed since it was judged.
    OutputError
        The shard cannot be written; nothing of it is left behind.
    """
    views = len(task.items[0].group.views)
    size = _framed_size(task.items[0], config.framing)
    longest = max(len(scene.group.name.encode()) for scene in task.items)
    arrays = {
        "blended": Array((views, *size, 3), np.dtype("u1")),
        "name": Array((), np.dtype(f"S{longest}")),
    }
    if not task.items[0].views_alone:
        arrays["transmission"] = Array((1, *size, 3), np.dtype("u1"))
    content = ShardContent(arrays, views, size, compression=config.compression)
    shard = plan_shard(head, task, content, out)
    fill = from_records(shard, (_record(scene, config) for scene in task.items))
    details = {"sequences": [scene_document(scene) for scene in task.items]}
    return make_shard(shard, task, fill, lambda: details)


def _judge(folder: SceneFolder, roles: Roles, limits: CheckLimits, alone: bool) -> JudgedScene:
    group = read_scene(folder, roles)
    if alone and lacks_only_transmission(group):
        return judge_views(group, limits)
    return judge_scene(group, limits)


def _without_copies(scenes: Sequence[JudgedScene]) -> list[JudgedScene]:
    """Reject views alone of which a photo is another scene's: that one may be held out."""
    owners: dict[str, str] = {}
    for scene in sorted(scenes, key=lambda one: bool(one.views_alone)):
        for sha256 in _files(scene).values() if scene.accepted else ():
            owners.setdefault(sha256, scene.group.name)
    return [_without_copy(scene, owners) for scene in scenes]


def _without_copy(scene: JudgedScene, owners: Mapping[str, str]) -> JudgedScene:
    others = {owners.get(sha256, scene.group.name) for sha256 in scene.views_alone}
    foreign = sorted(others - {scene.group.name})
    if not foreign:
        return scene
    message = f"a view is the same file as one of scene {foreign[0]}: keep one of the two"
    findings = (*scene.verdict.findings, Finding("duplicate", Severity.REJECT, message))
    return replace(scene, verdict=replace(scene.verdict, findings=findings))


def _record(scene: JudgedScene, config: CaptureConfig) -> dict[str, Any]:
    """Read a scene's photos again, align and frame them."""
    if scene.views_alone:
        return _record_views(scene, config)
    photos, _ = read_scene_photos(scene.group)
    measurement = scene.measurement
    if photos is None or measurement is None or photos.sha256 != measurement.sha256:
        raise _changed(scene)
    gain = measurement.gain.safe if config.match_gain else None
    framed = frame_scene(
        photos, measurement.alignment.transmission, config.framing, match_gain=gain
    )
    return {
        "name": scene.group.name.encode(),
        "blended": np.stack(framed.views),
        "transmission": framed.transmission[None],
    }


def _record_views(scene: JudgedScene, config: CaptureConfig) -> dict[str, Any]:
    """Read views without a transmission photo again and frame them."""
    try:
        photos = [read_photo(capture.path) for capture in scene.group.views]
    except CaptureError as error:
        raise _changed(scene) from error
    if tuple(photo.sha256 for photo in photos) != scene.views_alone:
        raise _changed(scene)
    framed = frame_views([photo.pixels for photo in photos], config.framing)
    return {"name": scene.group.name.encode(), "blended": np.stack(framed)}


def _changed(scene: JudgedScene) -> SourceError:
    return SourceError(
        f"{scene.group.name}: a photo changed while it was ingested; run the same command again"
    )


def _groups(
    scenes: Sequence[JudgedScene], sides: Mapping[str, str], config: CaptureConfig
) -> Iterator[ShardGroup[JudgedScene]]:
    """Yield scenes of one split, output size and kinds of photo; those for training first."""
    for split in SPLITS:
        groups: dict[tuple[tuple[int, int], bool], list[JudgedScene]] = {}
        for scene in scenes:
            if sides[scene.group.name] == split:
                key = (_framed_size(scene, config.framing), bool(scene.views_alone))
                groups.setdefault(key, []).append(scene)
        for (size, alone), members in groups.items():
            each = 3 * size[0] * size[1] * (len(members[0].group.views) + (not alone))
            yield ShardGroup(split, tuple(members), each, config.compression)


def _obstacle(scene: JudgedScene, framing: Framing) -> str:
    """Say why a scene cannot be stored whatever anybody decides, "" where it can."""
    if scene.measurement is None and not scene.views_alone:
        return "a photo is missing or unreadable, or their sizes differ: it cannot be stored"
    try:
        _framed_size(scene, framing)
    except CaptureError as error:
        return f"{error}: it cannot be stored"
    return ""


def _framed_size(scene: JudgedScene, framing: Framing) -> tuple[int, int]:
    """Return the (H, W) a scene will be stored at, without reading its photos again."""
    if scene.views_alone:
        return frame_alone(scene.group.views[0].size, framing)[1]
    if scene.measurement is None:
        raise SourceError(f"{scene.group.name}: was not measured, so it cannot be framed")
    registration = scene.measurement.alignment.transmission
    warp = registration.warp if must_align(registration) else np.eye(3)
    return output_size(find_frame(warp, registration.fixed_size, framing), framing)


def _stratum(scene: JudgedScene) -> tuple[str, ...]:
    """Return place and light: what the photographer noted, else the light that was measured."""
    measured = "" if scene.measurement is None else str(scene.measurement.light)
    notes = scene.group.notes
    return (notes.place or "", notes.light or measured)


def _files(scene: JudgedScene) -> dict[str, str]:
    """Return file name -> sha256 of a scene's photos."""
    if scene.views_alone:
        names = [capture.name for capture in scene.group.views]
        return dict(zip(names, scene.views_alone, strict=False))
    if scene.measurement is None:
        return {}
    return dict(zip(scene.measurement.names, scene.measurement.sha256, strict=True))
