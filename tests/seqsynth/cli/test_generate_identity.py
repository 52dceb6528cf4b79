"""The same command makes the same bytes: on any engine, stopped at any moment, and resumed."""

import json
import os
import signal
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import LocalCluster

from seqsynth.shards import Fault, open_shards, verify_shards
from tests.conftest import MakeShards
from tests.seqsynth.cli.conftest import Seqsynth
from tests.seqsynth.holding import POINTS, WRITING, Gate
from tests.waiting import HANG_S, wait_until

MANY = ("--sequences", "120", "--shard-size", "40KB")
"""Thirteen shards of about ten sequences each."""

ENGINES = pytest.mark.parametrize(
    "workers", [("1", "loky"), ("2", "loky"), ("2", "threading")], ids="-".join
)


@dataclass(frozen=True)
class Job:
    """One command, to be run here or as a program, and what it has to make.

    Attributes
    ----------
    out : the output folder
    run : takes further flags and waits for the outcome
    start : takes a gate to be held at and further flags, and does not wait
    gate : draws the gate of an attempt from a seed; at most so many shards are made before it
    is_whole : whether the folder holds what one undisturbed worker makes, byte for byte
    """

    out: Path
    run: Callable[..., Any]
    start: Callable[..., subprocess.Popen[str]]
    gate: Callable[[str, int], Gate]
    is_whole: Callable[[], bool]

    def hold(
        self, *flags: str, seed: str, workers: int, most: int = 8
    ) -> tuple[subprocess.Popen[str], Gate]:
        """Start the command; return when some shards are on record and every worker is held."""
        gate, before = self.gate(seed, most), recorded(self.out)
        run = self.start(gate, *flags)
        gate.await_workers(run, workers)
        wait_until(lambda: recorded(self.out) == before + gate.task, run)
        assert bool(list(self.out.glob("*.partial"))) == (gate.point in WRITING)
        return run, gate

    def stop(self, workers: tuple[str, str], number: int, seed: str) -> tuple[int, list[str]]:
        """Hold the command and send it a signal; return code and last lines."""
        flags, held = ("--jobs", workers[0], "--backend", workers[1]), int(workers[0])
        run, _ = self.hold(*flags, seed=f"{workers}{number}{seed}", workers=held)
        os.killpg(run.pid, number) if number == signal.SIGKILL else run.send_signal(number)
        _, printed = run.communicate(timeout=HANG_S)
        return run.returncode, printed.splitlines()


@pytest.fixture(scope="module")
def whole(make_shards: MakeShards, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one worker makes without being disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    return Path(make_shards(folder, sequences=120, shard_size=40 * 1024))


@pytest.fixture
def command(tiny_voc: Path, settings: list[str], tmp_path: Path) -> list[str | Path]:
    return ["generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings, *MANY]


@pytest.fixture
def job(
    program: Callable[..., subprocess.Popen[str]],
    seqsynth: Seqsynth,
    command: list[str | Path],
    tmp_path: Path,
    whole: Path,
    contents: Callable[[Path], dict[str, str]],
) -> Job:
    out = tmp_path / "out"

    def draw_gate(seed: str, most: int) -> Gate:
        rng = np.random.default_rng(zlib.crc32(seed.encode()))
        folder = tmp_path / f"gate-{zlib.crc32(seed.encode())}"
        folder.mkdir()
        return Gate(folder, int(rng.integers(1, most + 1)), str(rng.choice(POINTS)))

    return Job(
        out=out,
        run=lambda *flags: seqsynth(*command, *flags),
        start=lambda gate, *flags: program(*command, *flags, program=gate.program),
        gate=draw_gate,
        is_whole=lambda: contents(out) == contents(whole),
    )


@ENGINES
def test_engine_changes_no_byte(job, workers):
    assert job.run("--jobs", workers[0], "--backend", workers[1]).code == 0
    assert job.is_whole()


def test_dask_cluster_changes_no_byte(job):
    quiet = {"dashboard_address": None, "worker_dashboard_address": None}
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **quiet) as cluster:
        answer = job.run("--backend", "dask", "--scheduler", cluster.scheduler_address)
    assert answer.code == 0
    assert job.is_whole()


# Stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@ENGINES
def test_stopped_run_says_how_to_go_on_and_resumes_to_the_same_bytes(job, workers, number):
    code, printed = job.stop(workers, number, seed="said")
    finished = len(open_shards(job.out))
    assert code == 130
    assert printed[-1] == (
        f"Error: stopped with {finished} of 120 sequences finished in {job.out}; "
        "run the same command again to go on"
    )
    assert 0 < finished < 120
    assert not list(job.out.glob("*.partial"))
    assert job.run().code == 0
    assert job.is_whole()


@ENGINES
def test_killed_run_resumes_to_the_same_bytes(job, workers):
    job.stop(workers, signal.SIGKILL, seed="resumed")
    assert job.run().code == 0
    assert job.is_whole()


def test_ctrl_c_reaches_the_workers_too_and_is_told_once(job):
    run, _ = job.hold("--jobs", "2", seed="ctrl-c", workers=2)
    os.killpg(run.pid, signal.SIGINT)  # a terminal sends it to all processes of the command
    _, printed = run.communicate(timeout=HANG_S)
    assert run.returncode == 130
    assert [line for line in printed.splitlines() if line] == [
        line for line in printed.splitlines() if line.startswith(("Error: stopped", "generate: "))
    ]


def test_run_killed_three_times_resumes(job):
    for attempt in range(3):
        run, _ = job.hold("--jobs", "1", seed=f"attempt{attempt}", workers=1, most=4)
        run.kill()
        run.communicate(timeout=HANG_S)
    assert job.run().code == 0
    assert job.is_whole()


def test_workers_end_with_a_killed_parent(job):
    run, _ = job.hold("--jobs", "2", seed="orphans", workers=2)
    workers = workers_of(run)
    run.kill()
    run.communicate(timeout=HANG_S)
    assert len(workers) == 2
    wait_until(lambda: not any(map(is_running, workers)))


def test_killed_worker_is_one_line_and_keeps_what_is_finished(job):
    run, _ = job.hold("--jobs", "2", seed="worker", workers=2)
    os.kill(workers_of(run)[0], signal.SIGKILL)
    _, printed = run.communicate(timeout=HANG_S)
    assert run.returncode == 1
    assert printed.splitlines()[-1].startswith("Error: a worker was killed, ")
    assert "Traceback" not in printed
    assert len(open_shards(job.out)) > 0
    assert job.run().code == 0
    assert job.is_whole()


# Resumed


def test_second_run_is_turned_away_and_the_first_goes_on(job):
    run, gate = job.hold("--jobs", "1", seed="second", workers=1)
    answer = job.run()
    assert answer.code == 1
    assert "is in use by another run" in answer.error_lines[0]
    gate.open()
    run.communicate(timeout=HANG_S)
    assert run.returncode == 0
    assert job.is_whole()


def test_resuming_keeps_whole_shards_and_mends_damaged_ones(job):
    job.run()
    kept, torn, lost = (job.out / f"train-0000{number}.h5" for number in range(3))
    before = kept.stat().st_mtime_ns
    torn.write_bytes(torn.read_bytes()[:-1])
    lost.unlink()
    assert job.run().code == 0
    assert kept.stat().st_mtime_ns == before
    assert job.is_whole()


def test_partial_files_are_never_trusted(job):
    job.run()
    (job.out / "train-00001.h5").rename(job.out / "train-00001.h5.0123456789abcdef.partial")
    (job.out / "index.json.0123456789abcdef.partial").write_text("{")
    assert job.run().code == 0
    assert job.is_whole()


def test_stopped_set_is_a_fault_until_it_is_resumed(job):
    job.stop(("2", "threading"), signal.SIGTERM, seed="verified")
    assert any("is marked incomplete" in fault.message for fault in faults_of(job.out))
    job.run()
    assert faults_of(job.out) == []


def recorded(out: Path) -> int:
    """Return the number of shards in a journal, whose first line is its head."""
    try:
        lines = (out / "journal.jsonl").read_text().splitlines()
    except FileNotFoundError:
        return 0
    return sum("sha256" in json.loads(line) for line in lines if line.endswith("}"))


def workers_of(run: subprocess.Popen[str]) -> list[int]:
    """Return the process ids of a program's loky workers."""
    children = map(int, Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split())
    return [pid for pid in children if "LokyProcess" in Path(f"/proc/{pid}/cmdline").read_text()]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def faults_of(folder: Path) -> list[Fault]:
    return [result for result in verify_shards(folder) if isinstance(result, Fault)]
