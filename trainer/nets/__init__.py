"""The networks of the paper: teacher (3.1), student and discriminator (3.2)."""

from trainer.nets.decouple import DecoupledViews, LayerFeatures
from trainer.nets.discriminator import Discriminator
from trainer.nets.flow import Flows
from trainer.nets.student import StudentNet, StudentOutput
from trainer.nets.teacher import TeacherNet, TeacherOutput
from trainer.nets.warp import warp, warp_neighbours

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
