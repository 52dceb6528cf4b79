"""Tasks run to the same results on every engine, and every loss is one sentence."""

import os
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import dask
import joblib
import pytest

from seqsynth.config import RunConfig
from seqsynth.engine import run_tasks, worker_count
from seqsynth.errors import ConfigError, SeqsynthError, SourceError

LOCAL = [
    RunConfig(jobs=1),
    RunConfig(jobs=2),
    RunConfig(jobs=2, backend="threading"),
]


def name_of(run: RunConfig) -> str:
    return f"{run.backend}-{run.jobs}"


def square(number: int) -> int:
    return number * number


def fail_at_three(number: int) -> int:
    if number == 3:
        raise SourceError("number 3 is unusable")
    return number


def where(folder: Path, workers: int, _: int) -> tuple[int, int, int]:
    """Return process, thread and OpenCV's number of threads, once so many workers are at it."""
    (folder / f"{os.getpid()}-{threading.get_ident()}").touch()
    while len(list(folder.iterdir())) < workers:
        time.sleep(0.005)
    return os.getpid(), threading.get_ident(), cv2.getNumThreads()


def end_abruptly(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def note(folder: Path, number: int) -> int:
    (folder / str(number)).touch()
    time.sleep(0.05)
    return number


def wait_after_the_first(leave: threading.Event, number: int) -> int:
    if number:
        leave.wait()
    return number


def calls(function: Callable[[int], int], numbers: Sequence[int] = range(8)) -> list[Any]:
    return [joblib.delayed(function)(number) for number in numbers]


@pytest.mark.parametrize("run", LOCAL, ids=name_of)
def test_every_task_gives_its_result_once(run):
    assert sorted(run_tasks(calls(square), run)) == [n * n for n in range(8)]


@pytest.mark.parametrize("run", LOCAL, ids=name_of)
def test_no_tasks_give_nothing(run):
    assert list(run_tasks([], run)) == []


@pytest.mark.parametrize("run", LOCAL, ids=name_of)
def test_fault_of_a_task_comes_out_as_it_was_raised(run):
    with pytest.raises(SourceError, match=r"^number 3 is unusable$"):
        list(run_tasks(calls(fail_at_three), run))


def places(
    tmp_path: Path, run: RunConfig, numbers: Sequence[int] = range(8)
) -> list[tuple[int, int, int]]:
    """Return where tasks ran, all of a run's workers having taken part."""
    workers = min(run.jobs, len(numbers))
    return list(
        run_tasks([joblib.delayed(where)(tmp_path, workers, number) for number in numbers], run)
    )


def test_one_worker_stays_in_this_process(tmp_path):
    assert {pid for pid, _, _ in places(tmp_path, RunConfig(jobs=1))} == {os.getpid()}


def test_two_workers_are_two_processes(tmp_path):
    pids = {pid for pid, _, _ in places(tmp_path, RunConfig(jobs=2))}
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_two_workers_may_be_two_threads(tmp_path):
    found = places(tmp_path, RunConfig(jobs=2, backend="threading"))
    assert {pid for pid, _, _ in found} == {os.getpid()}
    assert len({thread for _, thread, _ in found}) == 2


@pytest.mark.parametrize("run", LOCAL, ids=name_of)
def test_opencv_keeps_to_one_thread_in_tasks_and_gets_its_own_back(run, tmp_path):
    cv2.setNumThreads(3)
    assert {threads for _, _, threads in places(tmp_path, run)} == {1}
    assert cv2.getNumThreads() == 3


def test_single_task_needs_no_workers(tmp_path):
    assert places(tmp_path, RunConfig(jobs=2), [0])[0][0] == os.getpid()


def test_results_come_as_they_are_ready_not_all_at_the_end():
    leave = threading.Event()
    results = run_tasks(
        [joblib.delayed(wait_after_the_first)(leave, n) for n in range(40)],
        RunConfig(jobs=2, backend="threading"),
    )
    assert next(results) == 0
    leave.set()
    results.close()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("run", LOCAL[1:], ids=name_of)
def test_closing_stops_the_work_without_a_word(run, tmp_path):
    results = run_tasks([joblib.delayed(note)(tmp_path, n) for n in range(400)], run)
    next(results)
    results.close()
    begun = len(list(tmp_path.iterdir()))
    time.sleep(0.3)
    assert len(list(tmp_path.iterdir())) == begun < 400


def test_zero_jobs_mean_one_worker_per_core():
    assert worker_count(RunConfig()) == len(os.sched_getaffinity(0))
    assert worker_count(RunConfig(jobs=5)) == 5


def test_killed_worker_is_told_in_one_sentence():
    with pytest.raises(SeqsynthError, match="a worker was killed, perhaps for want of memory"):
        list(run_tasks(calls(end_abruptly), RunConfig(jobs=2)))


@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_engine_that_is_not_installed_is_named(monkeypatch, backend):
    monkeypatch.setitem(sys.modules, {"dask": "distributed", "ray": "ray"}[backend], None)
    with pytest.raises(ConfigError, match=r"backend needs the package .*install seqsynth.cluster"):
        list(run_tasks(calls(square), RunConfig(backend=backend)))


def test_dask_cluster_that_does_not_answer_is_named():
    run = RunConfig(backend="dask", scheduler="tcp://127.0.0.1:9")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "300ms"}),
        pytest.raises(ConfigError, match=r"no dask cluster at tcp://127.0.0.1:9 can be used: "),
    ):
        list(run_tasks(calls(square), run))


# Ray, in place of which a few lines stand here: it is no requirement of the tests.


class RayError(Exception):
    """Root of Ray's own errors."""


class RayTaskError(RayError):
    """Ray's account of a task's error."""

    def __init__(self, cause: Exception) -> None:
        super().__init__("a page of text")
        self.cause = cause


class PretendRay(types.ModuleType):
    """A Ray that runs each task when its result is asked for, and notes what it was told."""

    def __init__(self) -> None:
        super().__init__("ray")
        self.exceptions = types.SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)
        self.up = False
        self.most_running = 0
        self.cancelled = []
        self.addresses = []

    def is_initialized(self) -> bool:
        return self.up

    def init(self, address: str | None, **_: Any) -> None:
        if address == "nowhere:1":
            raise ConnectionError("nobody there\nmore text")
        self.up = True
        self.addresses.append(address)

    def shutdown(self) -> None:
        self.up = False

    def remote(self, function: Callable[..., Any]) -> types.SimpleNamespace:
        return types.SimpleNamespace(remote=lambda *arguments: (function, arguments))

    def wait(self, running: list[Any]) -> tuple[list[Any], list[Any]]:
        self.most_running = max(self.most_running, len(running))
        return running[-1:], running[:-1]

    def get(self, task: tuple[Callable[..., Any], tuple[Any, ...]]) -> Any:
        function, arguments = task
        if end_abruptly in arguments:  # run here, it would end the tests themselves
            raise RayError("worker crashed")
        try:
            return function(*arguments)
        except SourceError as error:
            raise RayTaskError(error) from error

    def cancel(self, task: Any) -> None:
        self.cancelled.append(task)


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> PretendRay:
    module = PretendRay()
    monkeypatch.setitem(sys.modules, "ray", module)
    return module


def test_ray_runs_every_task_once_and_is_shut_down(ray):
    run = RunConfig(backend="ray", scheduler="head:6379")
    assert sorted(run_tasks(calls(square), run)) == [n * n for n in range(8)]
    assert (ray.addresses, ray.up) == (["head:6379"], False)


def test_ray_without_an_address_is_one_of_its_own(ray):
    list(run_tasks(calls(square), RunConfig(backend="ray")))
    assert ray.addresses == ["local"]


def test_ray_that_was_running_already_goes_on(ray):
    ray.up = True
    list(run_tasks(calls(square), RunConfig(backend="ray")))
    assert ray.up


@pytest.mark.parametrize(("jobs", "most"), [(0, 8), (3, 3)])
def test_jobs_limit_what_runs_on_ray_at_once(ray, jobs, most):
    list(run_tasks(calls(square), RunConfig(backend="ray", jobs=jobs)))
    assert ray.most_running == most


def test_fault_of_a_task_on_ray_comes_out_as_it_was_raised(ray):
    with pytest.raises(SourceError, match=r"^number 3 is unusable$"):
        list(run_tasks(calls(fail_at_three), RunConfig(backend="ray")))
    assert len(ray.cancelled) == 3  # handed back from the last: 7, 6, 5, 4, then 3


def test_worker_lost_by_ray_is_told_in_one_sentence(ray):
    with pytest.raises(SeqsynthError, match="a worker was killed"):
        list(run_tasks(calls(end_abruptly), RunConfig(backend="ray")))


def test_ray_cluster_that_does_not_answer_is_named_in_one_line(ray):
    run = RunConfig(backend="ray", scheduler="nowhere:1")
    with pytest.raises(
        ConfigError, match=r"^no ray cluster at nowhere:1 can be used: nobody there$"
    ):
        list(run_tasks(calls(square), run))
