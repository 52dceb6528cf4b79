"""Measuring a scene: everything the checks need to know of its pixels, found once.

Registration goes through the transmission photo, light is compared after the gain, and every
number comes with a doubt where the photos do not carry it.
"""

from dataclasses import dataclass, replace

from capture_tools.capture import CaptureGroup, Doubt
from capture_tools.measuring.focus import SharpnessRatios, compare_sharpness, measure_sharpness
from capture_tools.measuring.hashing import CropHashes, picture_hashes
from capture_tools.measuring.light import (
    Gain,
    LightComparison,
    clipped_only_in_transmission,
    compare_light,
    estimate_gain,
)
from capture_tools.measuring.movers import Movers, find_movers
from capture_tools.measuring.reflection import ReflectionMotion, measure_reflection_motion
from capture_tools.photos.working_view import Light, WorkingView, reduce_view
from capture_tools.registration.aligned_view import AlignedView, bring_onto
from capture_tools.registration.alignment import SceneAlignment, align_scene
from capture_tools.scenes.reading import ScenePhotos

UNALIGNED = (Doubt.NOT_ALIGNED, Doubt.UNSETTLED)
"""Doubts that mean two photos show different things, if there is light and texture to judge by."""


@dataclass(frozen=True)
class SceneMeasurement:
    """The numbers of one scene, views in shooting order; lengths in full-size pixels.

    Attributes
    ----------
    names : file names of the views, then of the transmission photo
    sha256 : of the same files
    size : (H, W) of the photos
    factor : full-size pixels per working pixel
    light : of the transmission photo
    mean_grey : of the transmission photo, 0 to 255
    gains : of every view against the transmission photo
    comparison : light of the centre view against the transmission photo; None without a gain
    darker_share : share of the centre view that is darker than the gain by gradients allows; None
        without a gain. (The comparison takes a gain low enough that next to nothing is darker.)
    movers : of every view against the transmission photo; None where the view has no gain
    reflection_motions : from the centre view to every other, None for itself and without a gain;
        relative to the transmission's own motion
    sharpness : every view against the other views
    transmission_sharpness : the transmission photo against the views
    clipped_shares : of the views, then of the transmission photo: white in some channel
    clipped_transmission : share of pixels clipped in the transmission photo alone
    hashes : of the transmission photo, which no reflection alters
    """

    names: tuple[str, ...]
    sha256: tuple[str, ...]
    size: tuple[int, int]
    factor: int
    light: Light
    mean_grey: float
    alignment: SceneAlignment
    gains: tuple[Gain, ...]
    comparison: LightComparison | None
    darker_share: float | None
    movers: tuple[Movers | None, ...]
    reflection_motions: tuple[ReflectionMotion | None, ...]
    sharpness: tuple[SharpnessRatios, ...]
    transmission_sharpness: SharpnessRatios
    clipped_shares: tuple[float, ...]
    clipped_transmission: float
    hashes: CropHashes

    @property
    def centre(self) -> int:
        """Number of the view that the transmission photo belongs to."""
        return len(self.gains) // 2

    @property
    def gain(self) -> Gain:
        """The gain of the centre view."""
        return self.gains[self.centre]

    @property
    def dark(self) -> bool:
        """Whether noise hides most of what is measured."""
        return self.alignment.dark

    def light_doubt(self, view: int) -> Doubt | None:
        """Return why a view's light cannot be compared with the transmission photo's, if so.

        Light is compared smoothed, so that in the dark photos lie well enough on each other;
        but gradients of noise have no gain.
        """
        doubt = self.alignment.views[view].doubt
        return self.gains[view].doubt if doubt in (None, Doubt.TOO_DARK) else doubt


@dataclass(frozen=True)
class AlignedScene:
    """A scene at the working size, every view also as the transmission's camera saw it.

    Attributes
    ----------
    views : in shooting order
    aligned : of every view, brought onto the transmission photo
    gains : of every view against the transmission photo
    """

    views: tuple[WorkingView, ...]
    transmission: WorkingView
    alignment: SceneAlignment
    aligned: tuple[AlignedView, ...]
    gains: tuple[Gain, ...]

    @property
    def centre(self) -> int:
        """Number of the view that the transmission photo belongs to."""
        return len(self.views) // 2


def measure_scene(group: CaptureGroup, photos: ScenePhotos) -> SceneMeasurement:
    """Measure a complete scene whose photos are all of one size."""
    views = tuple(reduce_view(view.pixels) for view in photos.views)
    transmission = reduce_view(photos.transmission.pixels)
    scene = align_views(views, transmission)
    gain = scene.gains[scene.centre]
    comparison = compare_centre(scene, gain.safe)
    by_gradients = compare_centre(scene, gain.grey)
    sharpness = [measure_sharpness(view) for view in views]
    return SceneMeasurement(
        names=tuple(capture.name for capture in group.photos()),
        sha256=photos.sha256,
        size=transmission.full_size,
        factor=transmission.factor,
        light=transmission.light,
        mean_grey=transmission.mean_grey,
        alignment=scene.alignment,
        gains=scene.gains,
        comparison=comparison,
        darker_share=None if by_gradients is None else by_gradients.darker_share,
        movers=tuple(_find_movers(scene, view) for view in range(len(views))),
        reflection_motions=_follow_reflection(scene, comparison),
        sharpness=tuple(
            compare_sharpness(own, [*sharpness[:number], *sharpness[number + 1 :]])
            for number, own in enumerate(sharpness)
        ),
        transmission_sharpness=compare_sharpness(measure_sharpness(transmission), sharpness),
        clipped_shares=tuple(view.clipped_share for view in (*views, transmission)),
        clipped_transmission=clipped_only_in_transmission(
            transmission, scene.aligned[scene.centre]
        ),
        hashes=picture_hashes(transmission),
    )


def align_views(views: tuple[WorkingView, ...], transmission: WorkingView) -> AlignedScene:
    """Align a scene's views with its transmission photo and estimate the gain of each."""
    alignment = align_scene(views, transmission)
    aligned = tuple(
        bring_onto(view, registration, transmission)
        for view, registration in zip(views, alignment.views, strict=True)
    )
    # A gain of its own for every view: a camera that was not locked exposes each differently, and
    # the darker ones would look full of moving objects.
    gains = tuple(estimate_gain(transmission, view) for view in aligned)
    return AlignedScene(views, transmission, alignment, aligned, gains)


def compare_centre(scene: AlignedScene, gain: float | None) -> LightComparison | None:
    """Compare the light of the centre view with ``gain`` times the transmission photo's."""
    if gain is None:
        return None
    centre = scene.aligned[scene.centre]
    return compare_light(scene.transmission, centre, gain, dark=scene.alignment.dark)


def _find_movers(scene: AlignedScene, view: int) -> Movers | None:
    gain = scene.gains[view].safe
    if gain is None:
        return None
    return find_movers(
        scene.transmission,
        scene.aligned[view],
        gain,
        agreement=scene.alignment.views[view].agreement,
        dark=scene.alignment.dark,
    )


def _follow_reflection(
    scene: AlignedScene, comparison: LightComparison | None
) -> tuple[ReflectionMotion | None, ...]:
    gain = scene.gains[scene.centre].safe
    if gain is None or comparison is None:
        return (None,) * len(scene.views)
    centre = scene.aligned[scene.centre]
    return tuple(
        None
        if view == scene.centre
        else measure_reflection_motion(
            scene.transmission,
            centre,
            _as_bright(scene, view, gain),
            gain,
            comparison,
            dark=scene.alignment.dark,
        )
        for view in range(len(scene.views))
    )


def _as_bright(scene: AlignedScene, view: int, gain: float) -> AlignedView:
    """Return a view exposed as the centre view was."""
    own = scene.gains[view].safe
    aligned = scene.aligned[view]
    return aligned if own is None else replace(aligned, linear=aligned.linear * (gain / own))
