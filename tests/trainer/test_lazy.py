"""What a package promises is there, and costs nothing before it is used."""

import subprocess
import sys
from importlib import import_module

import pytest

import trainer
import trainer.evaluation
import trainer.nets

PACKAGES = ("trainer", "trainer.evaluation", "trainer.nets")


@pytest.mark.parametrize("name", PACKAGES)
def test_every_promised_name_is_there(name: str) -> None:
    package = import_module(name)
    assert all(getattr(package, one) is not None for one in package.__all__)


@pytest.mark.parametrize("name", PACKAGES)
def test_another_name_is_missed_as_python_misses_names(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'wings'"):
        _ = import_module(name).wings


def test_a_module_imported_before_does_not_take_its_function_s_name() -> None:
    import trainer.evaluation.ablation
    import trainer.nets.warping
    import trainer.training.fit

    assert trainer.fit is trainer.training.fit.fit
    assert trainer.ablate is trainer.evaluation.ablation.ablate
    assert trainer.nets.warp is trainer.nets.warping.warp


def test_importing_needs_no_torch() -> None:
    code = (
        "import sys, trainer; from trainer import metrics; import trainer.nets.config;"
        "import trainer.evaluation.tables; from trainer import load_recipe; load_recipe();"
        "assert metrics.ssim; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_command_has_a_function() -> None:
    from trainer.cli import COMMANDS

    functions = {
        "restore": "restore_photos",
        "export": "export_student",
        "table": "train_table",
        "compare-data": "compare_data",
        "import-weights": "import_weights",
    }
    assert {functions.get(name, name) for name in COMMANDS} <= set(trainer.__all__)
