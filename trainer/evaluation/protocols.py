"""How photos are sized and predictions rounded before they are scored: the field's own ways.

A resize moves PSNR by a decibel, so numbers of two protocols cannot stand in one table.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image as Pictures

from seqsynth.metrics import Picture
from seqsynth.sequence import Image


@dataclass(frozen=True)
class Protocol:
    """One way to evaluate.

    Attributes
    ----------
    name : on the command line
    multiple : photo and truth are shrunk to whole multiples of this, px; 1 leaves them alone
    resample : the filter they are shrunk with
    levels : predictions are scored as floats, rounded to 8 bits, or cut to 8 bits as the field's
        programs save them
    sentence : what is printed with the numbers
    """

    name: str
    multiple: int
    resample: Pictures.Resampling
    levels: Literal["float", "rounded", "cut"]
    sentence: str

    def resize(self, image: Image) -> Image:
        """Shrink uint8 (H, W, 3) to the protocol's size."""
        height, width = self._size(image)
        if (height, width) == image.shape[:2]:
            return image
        return np.asarray(Pictures.fromarray(image).resize((width, height), self.resample))

    def resize_prediction(self, prediction: Picture) -> Picture:
        """Shrink a prediction likewise, floats without rounding them."""
        if prediction.dtype == np.uint8:
            return self.resize(prediction.astype(np.uint8, copy=False))
        height, width = self._size(prediction)
        planes = np.moveaxis(prediction.astype(np.float32), 2, 0)
        small = [Pictures.fromarray(p).resize((width, height), self.resample) for p in planes]
        return np.dstack([np.asarray(plane) for plane in small])

    def _size(self, picture: Picture) -> tuple[int, int]:
        """Return the height and width that a picture is shrunk to."""
        height, width = (side // self.multiple * self.multiple for side in picture.shape[:2])
        return max(self.multiple, height), max(self.multiple, width)

    def finish(self, prediction: Picture) -> Picture:
        """Clip a prediction to 0..255 and give it the levels that are scored."""
        if prediction.dtype == np.uint8:
            return prediction
        clipped = np.clip(prediction.astype(np.float64), 0, 255)
        if self.levels == "float":
            return clipped
        return (np.rint(clipped) if self.levels == "rounded" else clipped).astype(np.uint8)


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "native",
            1,
            Pictures.Resampling.BICUBIC,
            "rounded",
            "protocol native: photos at their own size, predictions rounded to 8 bits",
        ),
        Protocol(
            "errnet",
            1,
            Pictures.Resampling.BICUBIC,
            "float",
            "protocol errnet: photos at their own size (its authors' copy of Real20 has a short "
            "edge of 512 px), predictions scored before rounding",
        ),
        Protocol(
            "dsrnet",
            32,
            Pictures.Resampling.BICUBIC,
            "float",
            "protocol dsrnet: photo and truth shrunk to multiples of 32 px (bicubic), predictions "
            "scored before rounding",
        ),
        Protocol(
            "ibcln",
            4,
            Pictures.Resampling.BILINEAR,
            "cut",
            "protocol ibcln: photo and truth shrunk to multiples of 4 px (bilinear), predictions "
            "cut to 8 bits as its program saves them",
        ),
    )
}
"""Name -> protocol; `native` is ours."""
