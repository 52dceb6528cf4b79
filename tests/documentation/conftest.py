"""Stand-ins, made once for all pages."""

import pytest

from tests.documentation.stand_ins import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Lay stand-ins into folders."""
    return Stage(tmp_path_factory.mktemp("stand-ins"))
