"""What is missing is made, checked for room first, and stopped without loose ends."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from seqsynth.errors import OutputError
from seqsynth.output.making import Making


@dataclass(frozen=True)
class Piece:
    name: str
    nbytes: int = 0


@dataclass
class Session:
    """A session that notes what it is told."""

    folder: Path
    made: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    fails: bool = False

    def __enter__(self) -> Self:
        self.told.append("enter")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.told.append("leave" if error is None else f"leave {type(error).__name__}")

    def is_made(self, task: Piece) -> bool:
        return task.name in self.made

    def record(self, made: str) -> None:
        if self.fails:
            raise OSError(28, "No space left on device")
        self.made.add(made)
        self.told.append(f"record {made}")

    def finish(self) -> None:
        self.told.append("finish")


def names(tasks: Sequence[Piece]) -> Iterator[str]:
    return (task.name for task in tasks)


PIECES = [Piece("a", 10), Piece("b", 20), Piece("c", 30)]


def test_only_what_is_missing_is_made_and_recorded(tmp_path: Path) -> None:
    session = Session(tmp_path, {"b"})
    with Making(session, PIECES, names, advice="") as making:
        assert list(making) == ["a", "c"]
    assert session.told == ["enter", "record a", "record c", "finish", "leave"]


def test_piece_is_recorded_before_it_is_told_of(tmp_path: Path) -> None:
    session = Session(tmp_path)
    with Making(session, PIECES, names, advice="") as making:
        for made in making:
            assert session.told[-1] == f"record {made}"


def test_done_are_those_of_earlier_runs_too(tmp_path: Path) -> None:
    with Making(Session(tmp_path, {"b"}), PIECES, names, advice="") as making:
        assert [task.name for task in making.done()] == ["b"]
        next(iter(making))
        assert [task.name for task in making.done()] == ["a", "b"]


@pytest.mark.parametrize(("free", "fits"), [(40, True), (39, False)])
def test_room_is_asked_for_what_is_missing_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, fits: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    session = Session(tmp_path, {"b"})
    with Making(session, PIECES, names, advice="dig") as making:
        if fits:
            assert list(making) == ["a", "c"]
        else:
            with pytest.raises(OutputError, match="are free; dig"):
                next(iter(making))
    assert ("finish" in session.told) == fits


def test_stopped_work_is_closed_before_the_session_is_left(tmp_path: Path) -> None:
    session = Session(tmp_path)

    def make(tasks: Sequence[Piece]) -> Iterator[str]:
        try:
            yield from names(tasks)
        finally:
            session.told.append("closed")

    with pytest.raises(KeyboardInterrupt), Making(session, PIECES, make, advice="") as making:
        _stop_after_one(making)
    assert session.told == ["enter", "record a", "closed", "leave KeyboardInterrupt"]


def _stop_after_one(making: Making[Piece, str]) -> None:
    next(iter(making))
    raise KeyboardInterrupt


def test_record_that_cannot_be_written_names_the_folder(tmp_path: Path) -> None:
    session = Session(tmp_path, fails=True)
    with (
        pytest.raises(OutputError, match=rf"{tmp_path}: cannot be written \(No space left"),
        Making(session, PIECES, names, advice="") as making,
    ):
        list(making)
