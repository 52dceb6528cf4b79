"""Pictures of what a network does with held-out sequences, one PNG a validation."""

from pathlib import Path

import numpy as np
import torch
from matplotlib.colors import hsv_to_rgb
from numpy.typing import NDArray
from PIL import Image as Pictures
from torch import Tensor
from torch.nn import functional

from trainer.data.batch import Batch
from trainer.files import open_file
from trainer.methods.restorer import MethodNet
from trainer.nets import StudentNet, TeacherNet, TeacherOutput
from trainer.nets.config import STRIDE
from trainer.nets.views import centre_of

GAP = 4
"""White pixels between two pictures."""

ROWS = 4
"""Most sequences shown."""

FULL_COLOUR_PX = 24.0
"""Length of motion that the flow wheel shows in full colour: the paper's largest is 20 a side."""

RGB = NDArray[np.uint8]


def panel(network: TeacherNet | StudentNet | MethodNet, batch: Batch) -> RGB:
    """Draw what a network does with a batch: `teacher_panel` or `student_panel`."""
    if isinstance(network, TeacherNet):
        return teacher_panel(network, batch)
    return student_panel(network, batch)


@torch.no_grad()
def teacher_panel(teacher: TeacherNet, batch: Batch) -> RGB:
    """Draw a row a sequence: I, T-hat, T, the decoupled layers, R, and both flows on the wheel.

    What the network or the shards lack is left out.
    """
    output: TeacherOutput = teacher(batch.blended)
    columns = [batch.centre_blended, output.transmission, batch.centre_transmission]
    if output.layers is not None and output.layers.reflection is not None:
        for layer in (output.layers.transmission, output.layers.reflection):
            if layer.image is not None:
                columns.append(_enlarged(centre_of(layer.image), batch))
    if bool(batch.reflection_known.any()):
        columns.append(centre_of(batch.reflection))
    if output.flows is not None:
        for fields in (output.flows.transmission, output.flows.reflection):
            if fields is not None:
                # The last pair: the centre and the view after it.
                columns.append(_enlarged(flow_wheel(fields[:, -1] * STRIDE), batch))
    return tile(columns)


@torch.no_grad()
def student_panel(student: StudentNet | MethodNet, batch: Batch) -> RGB:
    """Draw a row a photo: I, T-hat, T."""
    output = student(batch.centre_blended)
    return tile([batch.centre_blended, output.transmission, batch.centre_transmission])


def flow_wheel(motion_px: Tensor) -> Tensor:
    """Colour motion (B, 2, h, w) by direction, with more saturation the longer it is.

    Right is red, down yellow-green, left cyan, up violet; no motion is white.

    Returns
    -------
    (B, 3, h, w) in [0, 1]
    """
    right, down = motion_px.float().cpu().numpy().swapaxes(0, 1)
    hue = np.arctan2(down, right) / (2 * np.pi) % 1
    saturation = np.clip(np.hypot(right, down) / FULL_COLOUR_PX, 0, 1)
    colours = hsv_to_rgb(np.stack((hue, saturation, np.ones_like(hue)), -1))
    return torch.from_numpy(colours).permute(0, 3, 1, 2).float()


def tile(columns: list[Tensor]) -> RGB:
    """Lay out columns of pictures (B, 3, H, W) in [0, 1], not clamped, with white gaps."""
    rows = min(ROWS, len(columns[0]))
    height, width = columns[0].shape[-2:]
    sheet = np.full(
        (rows * (height + GAP) + GAP, len(columns) * (width + GAP) + GAP, 3), 255, np.uint8
    )
    for column, pictures in enumerate(columns):
        levels = (pictures.float().clamp(0, 1) * 255).round().byte()
        for row, picture in enumerate(levels[:rows].permute(0, 2, 3, 1).cpu().numpy()):
            top, left = GAP + row * (height + GAP), GAP + column * (width + GAP)
            sheet[top : top + height, left : left + width] = picture
    return sheet


def save_png(picture: RGB, file: Path) -> None:
    """Write a picture whole or not at all.

    Raises
    ------
    OutputError
        There is no room, or no permission.
    """
    with open_file(file) as sink:
        Pictures.fromarray(picture).save(sink, format="PNG")


def _enlarged(pictures: Tensor, batch: Batch) -> Tensor:
    """Enlarge pictures to the size of the views, pixel by pixel."""
    return functional.interpolate(pictures.float(), size=batch.blended.shape[-2:])
