"""What a terminal shows, read as it comes: a program stands still once nobody reads 4 KiB of it."""

import os
from collections.abc import Iterator


def read_terminal(master: int) -> Iterator[bytes]:
    """Yield what a terminal shows until nobody writes to it any more, then close it."""
    try:
        while part := os.read(master, 100_000):
            yield part
    except OSError:  # how Linux says so
        pass
    finally:
        os.close(master)
