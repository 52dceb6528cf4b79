"""The decoded photos of one scene, read together so that every torn file is named."""

from dataclasses import dataclass

from capture_tools.capture import CaptureError, CaptureGroup, Finding, Severity
from capture_tools.photo import Photo, read_photo


@dataclass(frozen=True)
class ScenePhotos:
    """The photos of a complete scene, views in shooting order."""

    views: tuple[Photo, ...]
    transmission: Photo

    @property
    def sha256(self) -> tuple[str, ...]:
        """Sums of the files: the views, then the transmission photo."""
        return (*(view.sha256 for view in self.views), self.transmission.sha256)

    @property
    def of_one_size(self) -> bool:
        """Whether all photos have the same height and width, as measuring them needs."""
        return len({photo.pixels.shape for photo in (*self.views, self.transmission)}) == 1


def read_scene_photos(group: CaptureGroup) -> tuple[ScenePhotos | None, tuple[Finding, ...]]:
    """Decode a scene's photos.

    Returns
    -------
    The photos, None unless all wanted ones are there and whole; and a finding for each that is
    truncated or corrupt.
    """
    photos, findings = [], []
    for capture in group.photos():
        try:
            photos.append(read_photo(capture.path))
        except CaptureError as error:
            torn = Finding("unreadable", Severity.REJECT, str(error), photo=capture.name)
            findings.append(torn)
    if findings or not group.complete:
        return None, tuple(findings)
    return ScenePhotos(tuple(photos[:-1]), photos[-1]), ()
