"""The teacher-student reflection remover, trained from shards (paper 3 and 5.1).

:mod:`trainer.nets` holds the networks and their settings, :mod:`trainer.training.losses` equations
1 to 10, :mod:`trainer.recipe` every decision of a training with the paper's value as default.

Each command has its function here: ``trainer fit`` is `fit`, its ``--dry-run`` `describe_run`,
``trainer restore`` `restore_photos`, ``trainer evaluate``, ``score`` and ``ablate`` are `evaluate`,
`score` and `ablate`, ``trainer table`` is `train_table`, ``compare-data`` `compare_data`,
``import-weights`` `import_weights` and ``export`` `export_student`. Importing this package alone
imports nothing heavy: a name is imported when it is first used.
"""

from typing import TYPE_CHECKING

from seqsynth.lazy import lazy_names

if TYPE_CHECKING:
    from trainer.checkpoint import load_student, load_teacher
    from trainer.evaluation.ablation import ablate
    from trainer.evaluation.data_comparison import compare_data
    from trainer.evaluation.method_table import train_table
    from trainer.evaluation.scoring import evaluate, score
    from trainer.export import export_student
    from trainer.recipe import load_recipe
    from trainer.restoring.running import restore_photos
    from trainer.training.fit import fit
    from trainer.training.forecast import describe_run
    from trainer.training.published_weights import import_weights
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "ablate": "trainer.evaluation.ablation",
            "compare_data": "trainer.evaluation.data_comparison",
            "describe_run": "trainer.training.forecast",
            "evaluate": "trainer.evaluation.scoring",
            "export_student": "trainer.export",
            "fit": "trainer.training.fit",
            "import_weights": "trainer.training.published_weights",
            "load_recipe": "trainer.recipe",
            "load_student": "trainer.checkpoint",
            "load_teacher": "trainer.checkpoint",
            "restore_photos": "trainer.restoring.running",
            "score": "trainer.evaluation.scoring",
            "train_table": "trainer.evaluation.method_table",
        },
    )

__all__ = [
    "ablate",
    "compare_data",
    "describe_run",
    "evaluate",
    "export_student",
    "fit",
    "import_weights",
    "load_recipe",
    "load_student",
    "load_teacher",
    "restore_photos",
    "score",
    "train_table",
]
