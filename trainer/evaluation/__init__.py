"""Score methods on benchmarks and tabulate them as the paper does (5.2 and 5.3)."""

from typing import TYPE_CHECKING

from seqsynth.lazy import lazy_names

if TYPE_CHECKING:
    from trainer.evaluation.ablation import ablate
    from trainer.evaluation.scoring import Evaluation, ScoringConfig, evaluate, score
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "Evaluation": "trainer.evaluation.scoring",
            "ScoringConfig": "trainer.evaluation.scoring",
            "ablate": "trainer.evaluation.ablation",
            "evaluate": "trainer.evaluation.scoring",
            "score": "trainer.evaluation.scoring",
        },
    )

__all__ = [
    "Evaluation",
    "ScoringConfig",
    "ablate",
    "evaluate",
    "score",
]
