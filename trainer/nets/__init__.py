"""The networks of the paper: teacher (3.1), student and discriminator (3.2).

A name is imported when it is first used, so that the settings in :mod:`trainer.nets.config` can be
read without torch.
"""

from typing import TYPE_CHECKING

from trainer.lazy import names_from

if TYPE_CHECKING:
    from trainer.nets.decouple import DecoupledViews, LayerFeatures
    from trainer.nets.discriminator import Discriminator
    from trainer.nets.flow import Flows
    from trainer.nets.student import StudentNet, StudentOutput
    from trainer.nets.teacher import TeacherNet, TeacherOutput
    from trainer.nets.warping import warp, warp_neighbours
else:
    __getattr__ = names_from(
        __name__,
        {
            "DecoupledViews": "decouple",
            "Discriminator": "discriminator",
            "Flows": "flow",
            "LayerFeatures": "decouple",
            "StudentNet": "student",
            "StudentOutput": "student",
            "TeacherNet": "teacher",
            "TeacherOutput": "teacher",
            "warp": "warping",
            "warp_neighbours": "warping",
        },
    )

__all__ = [
    "DecoupledViews",
    "Discriminator",
    "Flows",
    "LayerFeatures",
    "StudentNet",
    "StudentOutput",
    "TeacherNet",
    "TeacherOutput",
    "warp",
    "warp_neighbours",
]
