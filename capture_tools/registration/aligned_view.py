"""A view brought into the transmission photo's working frame, to be compared pixel by pixel."""

from dataclasses import dataclass

import cv2
import numpy as np

from capture_tools.photos.working_view import Image, Mask, Plane, WorkingView, linear_grey
from capture_tools.registration.warp import Registration, covered, inverse


@dataclass(frozen=True)
class AlignedView:
    """A view as the transmission photo's camera would have seen it.

    Attributes
    ----------
    pixels : uint8 (h, w, 3), RGB
    linear : float32 (h, w), 0 to 1, mean of the channels in linear light
    shown : bool (h, w), inside the view
    clipped : bool (h, w), clipped in the view
    usable : bool (h, w), shown by the view and clipped in neither photo
    """

    pixels: Image
    linear: Plane
    shown: Mask
    clipped: Mask
    usable: Mask


def bring_onto(
    view: WorkingView, registration: Registration, transmission: WorkingView
) -> AlignedView:
    """Warp a view onto the transmission photo.

    Parameters
    ----------
    registration : its fixed photo is the transmission photo, its moving one the view
    """
    warp = inverse(view.to_full) @ registration.warp @ transmission.to_full
    size = (transmission.grey.shape[0], transmission.grey.shape[1])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    brought = cv2.warpPerspective(
        view.pixels, warp, size[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    pixels = np.asarray(brought, np.uint8)
    mask = cv2.warpPerspective(view.clipped.view(np.uint8), warp, size[::-1], flags=flags)
    clipped = np.asarray(mask, np.uint8) > 0
    shown = covered(warp, view.grey.shape[:2], size)
    usable = shown & ~clipped & ~transmission.clipped
    return AlignedView(pixels, linear_grey(pixels), shown, clipped, usable)
