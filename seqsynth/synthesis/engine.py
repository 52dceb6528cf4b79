"""Run independent tasks here, on worker processes or threads, or on a Dask or Ray cluster."""

import contextlib
import importlib
import os
from collections.abc import Iterator, Sequence
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
    if run.backend in ("loky", "threading") and (worker_count(run) == 1 or len(calls) <= 1):
        with _one_thread():
            for function, arguments, options in calls:
                yield function(*arguments, **options)
        return
    with _engine(run), _one_thread():
        parallel = joblib.Parallel(batch_size=1, return_as=_return_as(run))
        results = parallel(calls)
        try:
            yield from results
        finally:
            with contextlib.suppress(AttributeError):  # a plain list has nothing to close
                results.close()


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
