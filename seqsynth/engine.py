"""Run independent tasks here, on worker processes or threads, or on a Dask or Ray cluster."""

import asyncio
import functools
import importlib
import logging
import os
import signal
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import joblib

from seqsynth.config import RunConfig
from seqsynth.errors import ConfigError, SeqsynthError


def worker_count(run: RunConfig) -> int:
    """Return the number of workers a run uses on this machine."""
    return run.jobs or len(os.sched_getaffinity(0))


def run_tasks(calls: Sequence[Any], run: RunConfig) -> Iterator[Any]:
    """Run ``joblib.delayed`` calls and yield their results as they come.

    Parameters
    ----------
    calls : independent of one another
    run : engine and number of workers

    Raises
    ------
    ConfigError
        The engine's package is not installed, or its cluster cannot be reached.
    SeqsynthError
        A worker was killed, or the cluster was lost.
    """
    local = run.backend in ("loky", "threading")
    with _one_thread():
        if local and (worker_count(run) == 1 or len(calls) <= 1):
            for function, arguments, options in calls:
                yield function(*arguments, **options)
        elif run.backend == "threading":
            yield from _run_on_threads(calls, worker_count(run))
        elif run.backend == "ray":
            yield from _run_on_ray(calls, run)
        else:
            yield from _run_by_joblib(calls, run)


def _run_on_threads(calls: Sequence[Any], workers: int) -> Iterator[Any]:
    """Run on threads of our own: joblib's cannot be stopped while a task runs."""
    pool = ThreadPoolExecutor(workers)
    try:
        futures = [pool.submit(function, *args, **options) for function, args, options in calls]
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run_by_joblib(calls: Sequence[Any], run: RunConfig) -> Iterator[Any]:
    with _processes(run), _losses_named():
        parent = os.getpid() if run.backend == "loky" else None
        folder = str(Path.cwd())
        tasks = [joblib.delayed(_in_worker)(parent, folder, *call) for call in calls]
        results = joblib.Parallel(batch_size=1, return_as="generator_unordered")(tasks)
        try:
            for result in results:  # noqa: UP028  # "yield from" would close them itself, aloud
                yield result
        finally:
            _close(results)


def _close(results: Any) -> None:
    """Stop the work; joblib warns of results nobody fetched, which is what stopping means."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results.close()


@contextmanager
def _processes(run: RunConfig) -> Iterator[None]:
    """Have joblib use worker processes here, or those of a Dask cluster."""
    if run.backend == "loky":
        with joblib.parallel_config(backend="loky", n_jobs=worker_count(run)):
            yield
        return
    client = _connect(_load("distributed").Client, run)
    try:
        with joblib.parallel_config(backend="dask", client=client):
            yield
    finally:
        client.close()


def _run_on_ray(calls: Sequence[Any], run: RunConfig) -> Iterator[Any]:
    """Run on Ray itself: through joblib it hands nothing back before everything is done."""
    ray = _load("ray")
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "ignore_reinit_error": True}
    was_up = ray.is_initialized()
    # Without an address Ray would look for a cluster, for minutes if one was left unclean.
    _connect(functools.partial(ray.init, **quiet), run, alone="local")
    remote = ray.remote(_in_worker)
    waiting = deque(calls)
    limit = run.jobs or len(calls)
    running: list[Any] = []
    try:
        while waiting or running:
            while waiting and len(running) < limit:
                running.append(remote.remote(None, "", *waiting.popleft()))
            (done, *_), running = ray.wait(running)
            yield _ray_result(ray, done)
    finally:
        for task in running:
            ray.cancel(task)
        if not was_up:
            ray.shutdown()


def _ray_result(ray: Any, done: Any) -> Any:
    """Return a finished task's result; its own error rather than Ray's account of it."""
    try:
        return ray.get(done)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayError as error:
        raise SeqsynthError(_LOSS) from error


def _connect(client: Callable[[str | None], Any], run: RunConfig, alone: str | None = None) -> Any:
    """Connect to the scheduler's address, or to what ``alone`` stands for where there is none."""
    try:
        return client(run.scheduler or alone)
    except (OSError, ValueError, RuntimeError) as error:
        place = f"at {run.scheduler}" if run.scheduler else "on this machine"
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"no {run.backend} cluster {place} can be used: {reason}") from error


_LOSS = (
    "a worker was killed, perhaps for want of memory, or its cluster was lost; what is finished "
    "is kept: run the same command again, perhaps with fewer --jobs"
)


@contextmanager
def _losses_named() -> Iterator[None]:
    """Turn what engines raise when they lose a worker into one sentence."""
    try:
        yield
    except (BrokenExecutor, asyncio.CancelledError) as error:
        raise SeqsynthError(_LOSS) from error
    except Exception as error:
        if type(error).__name__ in ("KilledWorker", "CommClosedError"):
            raise SeqsynthError(_LOSS) from error
        raise


def _in_worker(
    parent: int | None, folder: str, function: Callable[..., Any], arguments: Any, options: Any
) -> Any:
    """Run a task in a worker process, which leaves Ctrl-C to the parent and ends with it."""
    cv2.setNumThreads(1)
    if parent is not None:
        # Workers outlive a call: by the next, relative paths may begin in another folder.
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _end_with(parent)
    return function(*arguments, **options)


@functools.cache
def _end_with(parent: int) -> None:
    """Watch the parent from a thread: if it is killed, its workers must not go on writing."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _load(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(
            f"backend needs the package {module.partition('.')[0]}; install seqsynth[cluster]"
        ) from error


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenCV to one thread: the tasks themselves fill the cores."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
