"""Work that nobody watches is told of nothing, and prints nothing."""

import pytest

from seqsynth.progress import Progress, untold


def test_untold_progress_takes_any_steps_and_prints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress: Progress = untold
    with progress("copy", 3, "files", done=1) as advance:
        advance()
        advance(2)
    assert capsys.readouterr() == ("", "")


def test_untold_progress_lets_faults_through() -> None:
    with pytest.raises(ZeroDivisionError), untold("copy", 3, "files"):
        raise ZeroDivisionError
