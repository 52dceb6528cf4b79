"""What stands in a run's folder, looked at before the first step of any stage.

A run that is taken up may have trained its teacher further than when its student began. What would
stop the student is refused here, not after the teacher's last step, and what will become of the
student is said.
"""

from dataclasses import dataclass
from pathlib import Path

from trainer.checkpoint import Checkpoint, load_checkpoint, load_teacher
from trainer.data.corpus import Corpus
from trainer.errors import CheckpointError, CollapseError
from trainer.nets import TeacherNet
from trainer.recipe import FitConfig
from trainer.training.changes import check_same_run
from trainer.training.run_folder import check_free, digest_of, is_claimed
from trainer.training.schedule import stage_steps
from trainer.training.watching.life_watch import obituary

EARLIER = "student-earlier"
"""Name of the folder that a student is kept in whose teacher has trained on."""


@dataclass(frozen=True)
class Stand:
    """How far a stage of a run is.

    Attributes
    ----------
    step : taken
    stop : where this run will end the stage
    taught_by : digest of the student's teacher; "" for a teacher, or without one
    """

    step: int
    stop: int
    taught_by: str = ""


def look_ahead(config: FitConfig, corpus: Corpus, out: Path) -> list[str]:
    """Refuse what would stop a later stage, and return what is to be said before the first step.

    Raises
    ------
    CheckpointError
        A checkpoint is torn, or of other settings, shards or another teacher; or there is no
        teacher to learn from, or one of another shape.
    OutputError
        Files that no run wrote stand where a stage is to write.
    """
    if config.method is not None:
        return []
    stands = {name: _stand(config, corpus, out / name, name) for name in config.stages}
    student = stands.get("student")
    if student is None or not config.net.kt:
        return []
    teacher = stands.get("teacher")
    if config.teacher_from is None and teacher is not None and teacher.step < teacher.stop:
        return [_promise(student.step)] if student.step else []
    found = digest_of(read_teacher(config, out))
    if student.step and found != student.taught_by:
        if config.teacher_from is not None:
            raise CheckpointError(
                f"{out / 'student' / 'last.pt'} was taught by another teacher than "
                f"{config.teacher_from}: name that one with --teacher-from to go on, or give "
                "another --out to start anew"
            )
        return [anew_sentence(student.step)]
    return []


def read_teacher(config: FitConfig, out: Path) -> TeacherNet:
    """Return the teacher that the student is to learn from, in main memory.

    Raises
    ------
    CheckpointError
        It is missing, torn, or its representation is of another shape than the student's.
    CollapseError
        It is dead.
    """
    file = config.teacher_from or out / "teacher" / f"{config.teach_with}.pt"
    if not file.exists():
        raise CheckpointError(
            f"{file}: no teacher yet; train one with --stage both, name one with --teacher-from, "
            "or do without (--ablate kt)"
        )
    teacher, checkpoint = load_teacher(file)
    if (checkpoint.training or {}).get("dead"):
        raise CollapseError(f"{file}: {obituary('teacher', checkpoint.step, {})}")
    for name in ("knowledge_channels", "views", "encoder_strides"):
        found, wanted = getattr(checkpoint.net, name), getattr(config.net, name)
        if found != wanted:
            raise CheckpointError(
                f"{file}: the teacher's {name} is {found}, the student's {wanted}"
            )
    return teacher


def begins_anew(config: FitConfig, folder: Path, teacher: TeacherNet | None) -> int:
    """Return the steps of a student that begins anew since its own teacher has trained on, else 0.

    Raises
    ------
    CheckpointError
        Its checkpoint is torn.
    """
    last = folder / "last.pt"
    if teacher is None or config.teacher_from is not None or not last.exists():
        return 0
    found = load_checkpoint(last)
    return found.step if _taught_by(found) != digest_of(teacher) else 0


def set_aside(folder: Path) -> Path:
    """Keep the student's folder under another name, and return that."""
    number = 1
    while (aside := folder.with_name(EARLIER + (f"-{number}" if number > 1 else ""))).exists():
        number += 1
    folder.rename(aside)
    return aside


def anew_sentence(step: int, kept: str = EARLIER) -> str:
    """Say that a student begins anew."""
    return (
        f"the teacher has trained on since the student's {step} steps, so the student begins anew, "
        f"as in a run without a stop; what there was of it is kept as {kept}"
    )


def _promise(step: int) -> str:
    return (
        f"the student has {step} steps by the teacher as it stands: unless the teacher stays that, "
        f"the student begins anew, and what there was of it is kept as {EARLIER}"
    )


def _stand(config: FitConfig, corpus: Corpus, folder: Path, name: str) -> Stand:
    plan = config.teacher if name == "teacher" else config.student
    steps = stage_steps(plan, corpus.mixture(name).epoch_length)
    stop = min(steps, config.max_steps or steps)
    last = folder / "last.pt"
    if not last.exists():
        if not is_claimed(folder):
            check_free(folder)
        return Stand(0, stop)
    found = load_checkpoint(last)
    check_same_run(found, last, config, corpus.marks)
    return Stand(found.step, stop, _taught_by(found))


def _taught_by(checkpoint: Checkpoint) -> str:
    return str((checkpoint.training or {}).get("taught_by", ""))
