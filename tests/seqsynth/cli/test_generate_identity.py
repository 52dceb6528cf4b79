"""The same command makes the same bytes: on any engine, stopped at any moment, and resumed."""

import json
import os
import signal
import subprocess
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import LocalCluster

from seqsynth.shards import Fault, open_shards, verify_shards

MANY = ("--sequences", "400", "--shard-size", "40KB")
"""Forty shards of ten sequences each: about a second, most of it waiting for the disk."""

LIMIT_S = 60

ENGINES = pytest.mark.parametrize(
    "workers", [("1", "loky"), ("2", "loky"), ("2", "threading")], ids="-".join
)


@dataclass(frozen=True)
class Job:
    """One command, to be run here or as a program, and what it has to make.

    Attributes
    ----------
    out : the output folder
    run, start : take further flags; the first waits for the outcome, the second does not
    is_whole : whether the folder holds what one undisturbed worker makes, byte for byte
    """

    out: Path
    run: Callable[..., Any]
    start: Callable[..., subprocess.Popen[str]]
    is_whole: Callable[[], bool]

    def stop(self, workers: tuple[str, str], number: int, seed: str) -> tuple[int, list[str]]:
        """Start the command and send it a signal at a drawn moment; return code and last lines."""
        run = self.start("--jobs", workers[0], "--backend", workers[1])
        wait_for_shards(run, self.out, seed=f"{workers}{number}{seed}")
        os.killpg(run.pid, number) if number == signal.SIGKILL else run.send_signal(number)
        _, printed = run.communicate(timeout=LIMIT_S)
        return run.returncode, printed.splitlines()


@pytest.fixture(scope="module")
def whole(make_shards, tmp_path_factory) -> Path:
    """What one worker makes without being disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    return Path(make_shards(folder, sequences=400, shard_size=40 * 1024))


@pytest.fixture
def command(tiny_voc, settings, tmp_path) -> list[str | Path]:
    return ["generate", "--voc", tiny_voc, "--out", tmp_path / "out", *settings, *MANY]


@pytest.fixture
def job(program, seqsynth, command, tmp_path, whole, contents) -> Job:
    out = tmp_path / "out"
    return Job(
        out=out,
        run=lambda *flags: seqsynth(*command, *flags),
        start=lambda *flags: program(*command, *flags),
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
def test_stopped_run_says_how_to_go_on_and_leaves_nothing_half_made(job, workers, number):
    code, printed = job.stop(workers, number, seed="said")
    finished = len(open_shards(job.out))
    assert code == 130
    assert printed[-1] == (
        f"Error: stopped with {finished} of 400 sequences finished in {job.out}; "
        "run the same command again to go on"
    )
    assert 0 < finished < 400
    assert not list(job.out.glob("*.partial"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@ENGINES
def test_stopped_run_resumes_to_the_same_bytes(job, workers, number):
    job.stop(workers, number, seed="resumed")
    assert job.run().code == 0
    assert job.is_whole()


def test_ctrl_c_reaches_the_workers_too_and_is_told_once(job):
    run = job.start("--jobs", "2")
    wait_for_shards(run, job.out, seed="ctrl-c")
    os.killpg(run.pid, signal.SIGINT)  # a terminal sends it to all processes of the command
    _, printed = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 130
    assert [line for line in printed.splitlines() if line] == [
        line for line in printed.splitlines() if line.startswith(("Error: stopped", "generate: "))
    ]


def test_run_killed_three_times_resumes(job):
    for attempt in range(3):
        run = job.start("--jobs", "1")
        wait_for_shards(run, job.out, seed=f"attempt{attempt}", most=6)
        run.kill()
        run.communicate(timeout=LIMIT_S)
    assert job.run().code == 0
    assert job.is_whole()


def test_workers_end_with_a_killed_parent(job):
    run = job.start("--jobs", "2")
    wait_for_shards(run, job.out, seed="orphans")
    workers = workers_of(run)
    run.kill()
    run.communicate(timeout=LIMIT_S)
    deadline = time.monotonic() + 10
    while any(map(is_running, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(workers) == 2
    assert not [pid for pid in workers if is_running(pid)]


def test_killed_worker_is_one_line_and_keeps_what_is_finished(job):
    run = job.start("--jobs", "2")
    wait_for_shards(run, job.out, seed="worker")
    os.kill(workers_of(run)[0], signal.SIGKILL)
    _, printed = run.communicate(timeout=LIMIT_S)
    assert run.returncode == 1
    assert printed.splitlines()[-1].startswith("Error: a worker was killed, ")
    assert "Traceback" not in printed
    assert len(open_shards(job.out)) > 0
    assert job.run().code == 0
    assert job.is_whole()


# Resumed


def test_second_run_is_turned_away_and_the_first_goes_on(job):
    run = job.start("--jobs", "1")
    wait_for_shards(run, job.out, seed="second", most=2)
    answer = job.run()
    assert answer.code == 1
    assert "is in use by another run" in answer.error_lines[0]
    run.communicate(timeout=LIMIT_S)
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
    (job.out / "train-00001.h5").rename(job.out / "train-00001.h5.4711.partial")
    (job.out / "index.json.4711.partial").write_text("{")
    assert job.run().code == 0
    assert job.is_whole()


def test_stopped_set_is_a_fault_until_it_is_resumed(job):
    job.stop(("2", "threading"), signal.SIGTERM, seed="verified")
    assert any("is marked incomplete" in fault.message for fault in faults_of(job.out))
    job.run()
    assert faults_of(job.out) == []


def wait_for_shards(run: subprocess.Popen[str], out: Path, *, seed: str, most: int = 12) -> None:
    """Wait until some shards are recorded and a moment more, both drawn from a seed."""
    rng = np.random.default_rng(zlib.crc32(seed.encode()))
    shards, moment_s = recorded(out) + int(rng.integers(1, most + 1)), float(rng.uniform(0, 0.03))
    deadline = time.monotonic() + LIMIT_S
    while recorded(out) < shards:
        assert run.poll() is None, "the run ended before it was to be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(moment_s)


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
