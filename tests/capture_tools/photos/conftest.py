"""A picture that shows it when it is turned or swapped."""

import numpy as np
import pytest


@pytest.fixture
def picture() -> np.ndarray:
    """Four flat blocks of unlike colours, 48 high and 64 wide: turned or swapped, it shows."""
    colours = [[(200, 30, 40), (30, 180, 60)], [(20, 40, 220), (240, 230, 30)]]
    return np.kron(np.array(colours, np.uint8), np.ones((24, 32, 1), np.uint8))
