from pathlib import Path

from tests.trainer.data.mixtures import equal, mixture
from trainer.data.prefetch import Portion, read_ahead


def test_threads_read_what_the_loop_would(synthetic: Path) -> None:
    portion, steps = Portion(2), range(3, 9)
    plain = list(read_ahead(mixture([synthetic]), portion, steps, ahead=0))
    ahead = list(read_ahead(mixture([synthetic]), portion, steps, ahead=3))
    assert len(plain) == len(ahead) == 6
    assert all(equal(*pair) for pair in zip(plain, ahead, strict=True))


def test_processes_share_a_batch_without_overlap() -> None:
    shares = [list(Portion(6, rank, 3).positions(5)) for rank in range(3)]
    together = [position for share in shares for position in share]
    assert together == list(Portion(6).positions(5)) == list(range(30, 36))
