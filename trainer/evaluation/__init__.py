"""Score methods on benchmarks and tabulate them as the paper does (5.2 and 5.3)."""

from typing import TYPE_CHECKING

from trainer.lazy import names_from

if TYPE_CHECKING:
    from trainer.evaluation.ablation import ablate
    from trainer.evaluation.scoring import Evaluation, ScoringConfig, evaluate, score
else:
    __getattr__ = names_from(
        __name__,
        {
            "Evaluation": "scoring",
            "ScoringConfig": "scoring",
            "ablate": "ablation",
            "evaluate": "scoring",
            "score": "scoring",
        },
    )

__all__ = [
    "Evaluation",
    "ScoringConfig",
    "ablate",
    "evaluate",
    "score",
]
