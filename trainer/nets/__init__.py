"""The networks of the paper: teacher (3.1), student and discriminator (3.2).

A name is imported when it is first used, so that the settings in :mod:`trainer.nets.config` can be
read without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.nets.decouple import DecoupledViews, LayerFeatures
    from trainer.nets.discriminator import Discriminator
    from trainer.nets.flow import Flows
    from trainer.nets.student import StudentNet, StudentOutput
    from trainer.nets.teacher import TeacherNet, TeacherOutput
    from trainer.nets.warping import warp, warp_neighbours

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

_HOMES = {
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
}
"""Name -> the module of this package that defines it."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
