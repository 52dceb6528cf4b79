"""findings.json: every verdict with its findings and motions, for people and programs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from capture_tools.capture import Capture, Finding
from capture_tools.checks import JudgedScene
from capture_tools.measuring import SceneMeasurement
from seqsynth.files import storable, write_whole
from seqsynth.shards.folder import FINDINGS_NAME, check_own


def write_findings(folder: Path, scenes: Sequence[JudgedScene], *, overwrite: bool = False) -> Path:
    """Write findings.json into a folder, whole or not at all, and return its path.

    Raises
    ------
    OutputError
        A file of that name stands there which seqsynth did not write.
    """
    document = {"scenes": [scene_document(scene) for scene in scenes]}
    path = folder / FINDINGS_NAME
    check_own(path, overwrite=overwrite)
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n")
    return path


def scene_document(scene: JudgedScene) -> dict[str, Any]:
    """Return a scene in JSON types: verdict, findings, camera, light, motions.

    Motions are in full-size pixels, x to the right and y down, from the centre view to each view;
    the reflection's is in the camera's frame, like the transmission's. None stands for what could
    not be told. A verdict that a person gave has ``decision`` beside it.
    """
    decision = scene.verdict.decision
    document: dict[str, Any] = {
        "scene": scene.group.name,
        "verdict": "accept" if scene.accepted else "reject",
        **({} if decision is None else {"decision": decision}),
        "findings": [_finding(finding) for finding in scene.verdict.findings],
        "notes": {
            name: value for name, value in vars(scene.group.notes).items() if value is not None
        },
        "photos": [_photo(capture) for capture in scene.group.photos()],
    }
    if scene.measurement is not None:
        document["measured"] = _measured(scene.measurement)
    return document


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "value": finding.value,
        "limit": finding.limit,
        "message": storable(finding.message),
        "photo": None if finding.photo is None else storable(finding.photo),
        "cannot_tell": finding.cannot_tell,
    }


def _photo(capture: Capture) -> dict[str, Any]:
    exif = capture.exif
    return {
        "file": capture.name,
        "size": list(capture.size),
        "camera": exif.camera,
        "time": None if exif.time is None else exif.time.isoformat(),
        "iso": exif.iso,
        "aperture": exif.aperture,
        "exposure_s": exif.exposure_s,
    }


def _measured(measurement: SceneMeasurement) -> dict[str, Any]:
    transmission = measurement.alignment.transmission
    gain = measurement.gain
    comparison = measurement.comparison
    return {
        "light": str(measurement.light),
        "mean_grey": round(measurement.mean_grey, 2),
        "transmission_shift_px": round(transmission.mean_shift_px, 3),
        "transmission_residual_px": _rounded(transmission.residual_px),
        "gain": _rounded(gain.grey),
        "gain_channels": None if gain.channels is None else [round(g, 4) for g in gain.channels],
        "reflection_ratio": None if comparison is None else _rounded(comparison.reflection_ratio),
        "motions": [_motion(measurement, view) for view in range(len(measurement.gains))],
    }


def _motion(measurement: SceneMeasurement, view: int) -> dict[str, Any]:
    motion = measurement.alignment.motions[view]
    reflection = measurement.reflection_motions[view]
    known = reflection is not None and reflection.dx_px is not None
    return {
        "view": view - measurement.centre,
        "transmission_px": None
        if motion.doubt
        else [round(motion.dx_px, 3), round(motion.dy_px, 3)],
        "share_of_width": round(motion.share_of_width, 5),
        "reflection_px": [
            round((reflection.dx_px or 0) + motion.dx_px, 3),
            round((reflection.dy_px or 0) + motion.dy_px, 3),
        ]
        if reflection is not None and known
        else None,
        "doubt": None if motion.doubt is None else str(motion.doubt),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
