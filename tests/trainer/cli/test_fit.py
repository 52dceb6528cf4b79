import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from seqsynth.errors import ConfigError
from tests.waiting import HANG_S, wait_until
from trainer.checkpoint import load_checkpoint
from trainer.cli import group

TRAINER = [sys.executable, "-c", "from trainer.cli import main; main()"]


TINY = (
    "--perceptual",
    "none",
    "--device",
    "cpu",
    "--set",
    "net.width=0.03125",
    "--set",
    "net.d_layers=1",
    "--set",
    "net.context_blocks=2",
    "--set",
    "teacher.batch=2",
    "--set",
    "teacher.crop=32",
    "--set",
    "student.crop=32",
    "--set",
    "student.batch=2",
)


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["fit", *map(str, arguments)], catch_exceptions=False)


def test_help_needs_no_torch() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from trainer.cli import group;"
        "print(CliRunner().invoke(group, ['fit', '--help']).output);"
        "assert 'torch' not in sys.modules"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "is no reflection remover" in " ".join(shown.stdout.split())


def test_a_bare_fit_on_one_folder_trains_both(
    synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke(synthetic, *TINY, "--max-steps", "2")
    assert result.exit_code == 0
    run = tmp_path / "runs" / f"{synthetic.name}-paper"
    for stage in ("teacher", "student"):
        assert load_checkpoint(run / stage / "last.pt").step == 2
    assert "held-out PSNR" in result.stderr
    assert "linear map" in result.stderr


def test_a_dry_run_forecasts_and_trains_nothing(synthetic: Path, tmp_path: Path) -> None:
    result = invoke(
        synthetic,
        "--dry-run",
        "--perceptual",
        "none",
        "--out",
        tmp_path / "run",
        "--set",
        "teacher.crop=48",
        "--set",
        "student.crop=48",
        "--set",
        "net.d_layers=2",
    )
    assert "teacher: 19.73 M parameters" in result.stdout
    # 80 epochs of 8 sequences.
    assert "64 steps of 10 sequences" in result.stdout
    assert "640 steps of 1 sequences" in result.stdout
    assert "GiB on disk" in result.stdout
    assert not (tmp_path / "run").exists()


def test_every_fault_of_the_settings_is_said_at_once(synthetic: Path) -> None:
    with pytest.raises(ConfigError) as error:
        invoke(synthetic, "--set", "teacher.bach=2", "--set", "student.batch=0")
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere"], 1, "Error: nowhere: no such folder"),
        (["--set", "seed=-1", "nowhere"], 2, "Error: seed = -1"),
    ],
)
def test_faults_are_one_line(arguments: list[str], code: int, said: str) -> None:
    ended = subprocess.run(
        [*TRAINER, "fit", *arguments], check=False, capture_output=True, text=True
    )
    assert ended.returncode == code
    assert ended.stderr.startswith(said)
    assert len(ended.stderr.splitlines()) == 1


def test_interrupted_it_leaves_a_checkpoint_and_says_how_to_go_on(
    synthetic: Path, tmp_path: Path
) -> None:
    steps = ("--set", "teacher.steps=100000", "--set", "teacher.validate_steps=100000")
    out = tmp_path / "run"
    running = subprocess.Popen(
        [*TRAINER, "fit", str(synthetic), *TINY, *steps, "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    log = out / "teacher" / "metrics.csv"
    wait_until(lambda: log.exists() and len(log.read_text().splitlines()) > 2, running)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=HANG_S)
    assert running.returncode == 130
    kept = load_checkpoint(out / "teacher" / "last.pt")
    assert f"stopped after step {kept.step} of the teacher" in said
    assert kept.step == len(log.read_text().splitlines()) - 1


def test_further_sets_are_named_or_called_as_their_folders(
    synthetic: Path, pairs: Path, tmp_path: Path
) -> None:
    asked = ("--validate-on", f"real={pairs}", "--validate-on", synthetic)
    result = invoke(
        synthetic, *TINY, "--ablate", "kt", "--max-steps", "1", "--out", tmp_path / "run", *asked
    )
    for name in ("real", synthetic.name):
        assert f"on {name}: PSNR " in result.stderr
        assert (tmp_path / "run" / "student" / f"validation-{name}.csv").is_file()
    assert "structure" in result.stderr


def test_further_sets_of_one_name_are_refused(synthetic: Path, pairs: Path, tmp_path: Path) -> None:
    (tmp_path / pairs.name).mkdir()
    asked = ("--validate-on", pairs, "--validate-on", tmp_path / pairs.name)
    with pytest.raises(ConfigError, match=f"calls both {pairs} and {tmp_path}.* give one another"):
        invoke(synthetic, *TINY, "--out", tmp_path / "run", *asked)
