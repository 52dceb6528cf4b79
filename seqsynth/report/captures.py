"""The page of judged captures: every scene in pictures, motions, and findings in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from capture_tools import CaptureError, read_photo
from capture_tools.capture import Severity
from capture_tools.checks import JudgedScene
from capture_tools.measuring import SceneMeasurement
from capture_tools.registration import warp_to
from seqsynth.description import figures
from seqsynth.errors import OutputError
from seqsynth.files import write_whole
from seqsynth.output.disk import reason_of
from seqsynth.report.film import Film, make_film
from seqsynth.report.page import Notice, Section, render_page, render_section
from seqsynth.report.sections.contact_sheet import Reel
from seqsynth.sequence import Image
from seqsynth.shards.folder import REPORT_NAME, check_own

MOST_PICTURES = 60
"""Scenes shown in pictures; of the others, words and numbers only."""

SIDE_PX = 240
DIFFERENCE_GAIN = 2
"""The difference is shown about middle grey, twice as strong as it is."""


@dataclass(frozen=True)
class SceneCard:
    """A scene on the page.

    Attributes
    ----------
    name, verdict : its name; "accept" or "reject", and whether by hand
    strip : the views in order; None where they are not shown
    reels : T; I - T; and I and T in turn, which flickers where they differ
    captions : of the strip
    motions : rows of the table of motions: view, transmission, reflection
    facts : gain, light, ... in words
    findings : severity, code, photo, message
    """

    name: str
    verdict: str
    strip: Reel | None
    reels: tuple[Reel, ...]
    captions: tuple[str, ...]
    motions: tuple[tuple[str, str, str], ...]
    facts: tuple[str, ...]
    findings: tuple[tuple[str, str, str, str], ...]


def write_capture_report(
    folder: Path, scenes: Sequence[JudgedScene], *, overwrite: bool = False
) -> Path:
    """Write report.html of judged scenes into a folder, and return its path.

    Rejected scenes come first, then those with warnings; `MOST_PICTURES` are shown in pictures.

    Raises
    ------
    OutputError
        The file cannot be written; an older one is left as it was.
    """
    ordered = sorted(scenes, key=lambda scene: (-_weight(scene), scene.group.name))
    sections = [summary_section(scenes), scenes_section(ordered)]
    accepted = sum(scene.accepted for scene in scenes)
    subtitle = f"{figures.count(len(scenes), 'scene')} · {accepted} accepted"
    notices = [] if accepted else [Notice("Nothing accepted", "Every scene has a fault.")]
    page = render_page("Captured scenes", subtitle, sections, notices)
    target = folder / REPORT_NAME
    check_own(target, overwrite=overwrite)
    try:
        write_whole(target, page)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({reason_of(error)})") from error
    return target


def summary_section(scenes: Sequence[JudgedScene]) -> Section:
    """Return how often each finding occurs, and where."""
    rows: dict[tuple[str, str], list[str]] = {}
    for scene in scenes:
        for finding in scene.verdict.findings:
            severity = "cannot tell" if finding.cannot_tell else str(finding.severity)
            names = rows.setdefault((finding.code, severity), [])
            if scene.group.name not in names:
                names.append(scene.group.name)
    order = ["reject", "warn", "cannot tell", "note"]
    ranked = sorted(rows.items(), key=lambda row: (order.index(row[0][1]), -len(row[1]), row[0]))
    return render_section(
        "findings",
        "Findings",
        "capture_summary.html",
        rows=[(code, severity, names) for (code, severity), names in ranked],
        accepted=sum(scene.accepted for scene in scenes),
        decided=sum(scene.verdict.decision is not None for scene in scenes),
        total=len(scenes),
    )


def scenes_section(scenes: Sequence[JudgedScene]) -> Section:
    """Return every scene, in the order given."""
    cards = [make_scene_card(scene, pictures=n < MOST_PICTURES) for n, scene in enumerate(scenes)]
    return render_section(
        "scenes",
        "Scenes",
        "captures.html",
        cards=cards,
        unpictured=max(0, len(cards) - MOST_PICTURES),
    )


def make_scene_card(scene: JudgedScene, *, pictures: bool) -> SceneCard:
    """Turn a judged scene into what the page shows of it; its photos are read if wanted."""
    strip, reels = _pictures(scene) if pictures else (None, ())
    centre = scene.group.wanted_views // 2
    return SceneCard(
        name=scene.group.name,
        verdict=_verdict(scene),
        strip=strip,
        reels=reels,
        captions=tuple(
            "centre" if view == centre else f"view {view + 1}"
            for view in range(strip.film.frames if strip else 0)
        ),
        motions=() if scene.measurement is None else _motions(scene.measurement),
        facts=() if scene.measurement is None else _facts(scene.measurement),
        findings=tuple(
            ("cannot tell" if f.cannot_tell else str(f.severity), f.code, f.photo or "", f.message)
            for f in scene.verdict.findings
        ),
    )


def _verdict(scene: JudgedScene) -> str:
    by_hand = "" if scene.verdict.decision is None else " by hand"
    return f"{'accept' if scene.accepted else 'reject'}{by_hand}"


def _weight(scene: JudgedScene) -> int:
    severities = [finding.severity for finding in scene.verdict.findings]
    doubtful = Severity.WARN in severities or bool(scene.verdict.reasons)
    return 2 * (not scene.accepted) + doubtful


def _pictures(scene: JudgedScene) -> tuple[Reel | None, tuple[Reel, ...]]:
    """Return the strip of views and the reels of T, difference and flicker, as far as readable."""
    try:
        views = [read_photo(capture.path).pixels for capture in scene.group.views]
        last = scene.group.transmission
        transmission = None if last is None else read_photo(last.path).pixels
    except CaptureError:
        return None, ()
    strip = _reel("views", "I", [_small(view) for view in views]) if views else None
    if transmission is None:
        return strip, ()
    shown = _small(transmission)
    if scene.measurement is None:
        return strip, (_reel("transmission", "T", [shown]),)
    centre = views[scene.measurement.centre]
    registration = scene.measurement.alignment.transmission
    if registration.doubt is None and not registration.keeps_identity:
        shown = _small(warp_to(transmission, registration.warp, registration.fixed_size))
    blended = _small(centre)
    signed = blended.astype(np.int16) - shown
    difference = np.clip(128 + DIFFERENCE_GAIN * signed, 0, 255).astype(np.uint8)
    return strip, (
        _reel("transmission", "T aligned", [shown]),
        _reel("difference", "I - T", [difference]),
        _reel("flicker", "I and T in turn", [blended, shown]),
    )


def _small(picture: Image) -> Image:
    scale = SIDE_PX / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _reel(name: str, symbol: str, frames: Sequence[Image]) -> Reel:
    """Return a reel of frames, all brought to the first one's size."""
    height, width = frames[0].shape[:2]
    fitted = [
        frame if frame.shape == frames[0].shape else cv2.resize(frame, (width, height))
        for frame in frames
    ]
    film: Film = make_film(np.stack(fitted), side_px=SIDE_PX)
    return Reel(name, symbol, film, 0)


def _motions(measurement: SceneMeasurement) -> tuple[tuple[str, str, str], ...]:
    """Return view, motion of T and motion of R from the centre view, in words."""
    rows = []
    for view, motion in enumerate(measurement.alignment.motions):
        if view == measurement.centre:
            continue
        reflection = measurement.reflection_motions[view]
        seen = reflection is not None and reflection.dx_px is not None
        rows.append(
            (
                f"view {view + 1}",
                str(motion.doubt)
                if motion.doubt
                else f"{_vector(motion.dx_px, motion.dy_px)} ({100 * motion.share_of_width:.2f} % "
                "of the width)",
                _vector(
                    (reflection.dx_px or 0) + motion.dx_px, (reflection.dy_px or 0) + motion.dy_px
                )
                if reflection is not None and seen
                else str(reflection.doubt if reflection is not None else "cannot tell"),
            )
        )
    return tuple(rows)


def _vector(dx_px: float, dy_px: float) -> str:
    return f"{dx_px:+.1f}, {dy_px:+.1f} px"


def _facts(measurement: SceneMeasurement) -> tuple[str, ...]:
    height, width = measurement.size
    transmission = measurement.alignment.transmission
    facts = [f"{width} × {height} px", f"light {measurement.light}"]
    if transmission.doubt is None:
        facts.append(f"T lay {transmission.mean_shift_px:.2f} px off")
    if transmission.residual_px is not None:
        facts.append(f"{transmission.residual_px:.2f} px left after alignment")
    if measurement.gain.grey is not None:
        facts.append(f"gain {measurement.gain.grey:.3f}")
    if measurement.comparison is not None:
        facts.append(f"reflection {measurement.comparison.strength or 'cannot tell'}")
    return tuple(facts)
