"""Two sequences learnt by heart at an eighth of the width, with one seed of benchmarks/overfit."""

import pytest

from benchmarks.overfit import Outcome, run
from trainer.machine import keep_freed_memory


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    keep_freed_memory()
    # Half the benchmark's steps and fewer: where it stands then is beyond every bound below.
    return run(0, perceptual=False, teacher_steps=200, student_steps=80)


def test_the_loss_falls_to_a_fifth(outcome: Outcome) -> None:
    assert outcome.loss_ratio < 1 / 5


def test_the_reflection_s_motion_is_found(outcome: Outcome) -> None:
    assert outcome.reflection_flow.zero_px > 20
    assert outcome.reflection_flow.predicted_px < min(3, outcome.reflection_flow.constant_px)


def test_the_teacher_removes_the_reflection(outcome: Outcome) -> None:
    assert outcome.teacher_psnr > outcome.identity_psnr + 2


def test_the_student_removes_the_reflection(outcome: Outcome) -> None:
    assert outcome.student_psnr > outcome.identity_psnr + 2


def test_the_student_imagines_more_than_nothing_of_what_the_teacher_knows(outcome: Outcome) -> None:
    assert outcome.transfer_ratio < 0.9
