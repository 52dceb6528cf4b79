"""The networks of the paper: teacher (3.1), student and discriminator (3.2).

A name is imported when it is first used, so that the settings in :mod:`trainer.nets.config` can be
read without torch.
"""

from typing import TYPE_CHECKING

from seqsynth.lazy import lazy_names

if TYPE_CHECKING:
    from trainer.nets.decouple import DecoupledViews, LayerFeatures
    from trainer.nets.discriminator import Discriminator
    from trainer.nets.flow import Flows
    from trainer.nets.student import StudentNet, StudentOutput
    from trainer.nets.teacher import TeacherNet, TeacherOutput
    from trainer.nets.warping import warp, warp_neighbours
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "DecoupledViews": "trainer.nets.decouple",
            "Discriminator": "trainer.nets.discriminator",
            "Flows": "trainer.nets.flow",
            "LayerFeatures": "trainer.nets.decouple",
            "StudentNet": "trainer.nets.student",
            "StudentOutput": "trainer.nets.student",
            "TeacherNet": "trainer.nets.teacher",
            "TeacherOutput": "trainer.nets.teacher",
            "warp": "trainer.nets.warping",
            "warp_neighbours": "trainer.nets.warping",
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
