"""What `import seqsynth` offers: the names, their homes, and nothing heavy beforehand."""

import subprocess
import sys

import pytest

import seqsynth
from seqsynth import ingest

HEAVY = ("numpy", "h5py", "cv2", "click", "pydantic", "joblib", "matplotlib")


@pytest.mark.parametrize("name", seqsynth.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(seqsynth, name).__name__ == name


@pytest.mark.parametrize("name", ingest.__all__)
def test_every_way_in_is_there(name: str) -> None:
    assert getattr(ingest, name).__name__ == name


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'seqsynth' has no attribute 'synthesize'"):
        _ = seqsynth.synthesize


@pytest.mark.parametrize("package", ["seqsynth", "seqsynth.ingest"])
def test_importing_is_light(package: str) -> None:
    code = f"import sys, {package}; print([m for m in {HEAVY!r} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
