"""Run independent tasks here, on worker processes or threads, or on a Dask or Ray cluster."""

import contextlib
import functools
import importlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import cv2
import joblib

from seqsynth.config import RunConfig
from seqsynth.errors import ConfigError


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
    """
    local = run.backend in ("loky", "threading")
    with _one_thread():
        if local and (worker_count(run) == 1 or len(calls) <= 1):
            for function, arguments, options in calls:
                yield function(*arguments, **options)
        elif run.backend == "threading":
            yield from _run_on_threads(calls, worker_count(run))
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
    with _engine(run):
        parent = os.getpid() if run.backend == "loky" else None
        tasks = [joblib.delayed(_in_worker)(parent, *call) for call in calls]
        results = joblib.Parallel(batch_size=1, return_as=_return_as(run))(tasks)
        try:
            yield from results
        finally:
            with contextlib.suppress(AttributeError):  # a plain list has nothing to close
                results.close()


def _in_worker(
    parent: int | None, function: Callable[..., Any], arguments: Any, options: Any
) -> Any:
    """Run a task in a worker process, which leaves Ctrl-C to the parent and ends with it."""
    cv2.setNumThreads(1)
    if parent is not None:
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


def _return_as(run: RunConfig) -> str:
    return "list" if run.backend == "ray" else "generator_unordered"


def _engine(run: RunConfig) -> AbstractContextManager[Any]:
    if run.backend == "dask":
        client = _load("distributed").Client(run.scheduler or None)
        return _closing(joblib.parallel_config(backend="dask", client=client), client)
    if run.backend == "ray":
        ray = _load("ray")
        _load("ray.util.joblib").register_ray()
        ray.init(address=run.scheduler or None, ignore_reinit_error=True)
        return _closing(joblib.parallel_config(backend="ray", n_jobs=run.jobs or -1), None)
    return _closing(joblib.parallel_config(backend=run.backend, n_jobs=worker_count(run)), None)


def _load(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(
            f"backend needs the package {module.partition('.')[0]}; install seqsynth[cluster]"
        ) from error


@contextmanager
def _closing(parallel: AbstractContextManager[Any], client: Any) -> Iterator[None]:
    try:
        with parallel:
            yield
    finally:
        if client is not None:
            client.close()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenCV to one thread: the tasks themselves fill the cores."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
