"""Make batches ahead of the loop that uses them."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from trainer.data.batch import Batch
from trainer.data.mixture import Mixture


@dataclass(frozen=True)
class Portion:
    """Which samples of each step this process takes.

    Attributes
    ----------
    batch : samples of a step, all processes together
    rank, processes : this process, and how many there are
    """

    batch: int
    rank: int = 0
    processes: int = 1

    def whole(self, step: int) -> range:
        """Return the positions of all processes at ``step``."""
        return range(step * self.batch, (step + 1) * self.batch)

    def positions(self, step: int) -> range:
        """Return this process' positions in the stream of samples at ``step``."""
        each = self.batch // self.processes
        start = step * self.batch + self.rank * each
        return range(start, start + each)


def read_ahead(
    mixture: Mixture, portion: Portion, steps: range, *, ahead: int, pin: bool = False
) -> Iterator[Batch]:
    """Yield the batch of each step, made by a thread up to ``ahead`` steps before it is wanted.

    Processes would copy every batch once more; reading leaves Python's lock often enough for one
    thread to keep up (see docs/training-on-cpu.md).

    Parameters
    ----------
    ahead : 0 reads when asked
    pin : put batches into pinned memory, for a GPU
    """

    def make(step: int) -> Batch:
        batch = mixture.batch(portion.positions(step), of=portion.whole(step))
        return batch.pin_memory() if pin else batch

    if ahead == 0:
        yield from map(make, steps)
        return
    waiting: deque[Future[Batch]] = deque()
    left = iter(steps)
    with ThreadPoolExecutor(1, thread_name_prefix="loader") as pool:
        try:
            for step in left:
                waiting.append(pool.submit(make, step))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
