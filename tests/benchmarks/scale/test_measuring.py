"""What an index costs that docs/scale.md tells of."""

from pathlib import Path

from benchmarks.scale.measuring import measure_index


def test_index_cost_is_of_the_asked_number_of_shards(tmp_path: Path) -> None:
    few, many = (measure_index(tmp_path / str(n), n) for n in (10, 1010))
    assert 200 < (many.nbytes - few.nbytes) / 1000 < 400
    assert few.memory < many.memory
