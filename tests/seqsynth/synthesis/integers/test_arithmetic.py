"""Which form of the arithmetic is used."""

import sys

import pytest

from seqsynth.synthesis.integers import arithmetic as arithmetic_module
from seqsynth.synthesis.integers import compiled, reference
from seqsynth.synthesis.integers.arithmetic import arithmetic_for


def test_long_runs_are_compiled_and_short_ones_are_not() -> None:
    assert arithmetic_for(arithmetic_module.WORTHWHILE) is compiled
    assert arithmetic_for(arithmetic_module.WORTHWHILE - 1) is reference


def test_without_numba_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "seqsynth.synthesis.integers.compiled")
    monkeypatch.delattr("seqsynth.synthesis.integers.compiled")
    assert arithmetic_for(10**9) is reference
