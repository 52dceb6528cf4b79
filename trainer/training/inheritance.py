"""Let a student start with what its teacher has learnt (beyond the paper)."""

import torch

from trainer.nets import StudentNet, TeacherNet


@torch.no_grad()
def inherit(student: StudentNet, teacher: TeacherNet) -> None:
    """Copy the teacher's encoder and decoder into ``student``; both are of one `NetConfig`.

    The hallucination module's first four layers and the student's encoder become the teacher's
    encoder. The decoder reads the hallucinated channels as the teacher's reads f_t and ignores
    the others, so that a perfect f_s would give the teacher's very picture.
    """
    encoder = teacher.encoder.layers.state_dict()
    if student.encoder is not None:
        student.encoder.layers.load_state_dict(encoder)
    if student.hallucination is None:
        return
    # Its fifth layer has no counterpart: the teacher's views meet there.
    student.hallucination.layers.load_state_dict(encoder, strict=False)
    knowledge = teacher.config.knowledge_channels
    if student.context.channels < knowledge:
        return
    learnt = teacher.decoder.state_dict()
    first = student.decoder.state_dict()[FIRST].zero_()
    first[:knowledge] = learnt.pop(FIRST)
    student.decoder.load_state_dict(learnt, strict=False)


FIRST = "coarse.0.0.weight"
"""The deconvolution that reads the representation: (inputs, outputs, 4, 4)."""
