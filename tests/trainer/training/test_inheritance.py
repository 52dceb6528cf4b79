import torch

from trainer.nets import StudentNet, TeacherNet
from trainer.nets.config import NetConfig
from trainer.training.inheritance import inherit

NET = NetConfig(width=1 / 16, context_blocks=2, res_scale=1e-6)


def test_a_perfect_hallucination_gives_the_teacher_s_picture() -> None:
    torch.manual_seed(1)
    teacher, student = TeacherNet(NET), StudentNet(NET)
    inherit(student, teacher)
    views = torch.rand(1, 3, 3, 32, 32)
    taught = teacher(views)
    assert student.hallucination is not None
    student.hallucination.register_forward_hook(lambda *_: taught.knowledge)
    # The context module adds next to nothing at this res_scale.
    assert torch.allclose(student(views[:, 1]).transmission, taught.transmission, atol=1e-4)


def test_a_student_s_encoders_begin_as_the_teacher_s() -> None:
    teacher, student = TeacherNet(NET), StudentNet(NET)
    inherit(student, teacher)
    images = torch.rand(2, 3, 32, 32)
    assert student.encoder is not None
    assert student.hallucination is not None
    encoded = teacher.encoder(images)
    assert torch.equal(student.encoder(images), encoded)
    assert torch.equal(student.hallucination.layers[:4](images), encoded)
