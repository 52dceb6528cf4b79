import seqsynth.metrics
from trainer import metrics


def test_the_scores_are_those_of_seqsynth() -> None:
    assert set(metrics.__all__) <= set(dir(seqsynth.metrics))
    assert all(getattr(metrics, one) is getattr(seqsynth.metrics, one) for one in metrics.__all__)
