"""Show the progress that library functions report."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from seqsynth.progress import Advance
from seqsynth.terminal import progress


@contextmanager
def bar(label: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what is to be called with units done and units in all, one unit at a time.

    The bar begins with the first call, which knows how much there is.
    """
    with ExitStack() as stack:
        started: list[Advance] = []

        def show(done: int, total: int) -> None:
            if not started:
                started.append(stack.enter_context(progress(label, total, unit)))
            if done:
                started[0]()

        yield show
