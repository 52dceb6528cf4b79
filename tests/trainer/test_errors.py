import inspect

import pytest

from seqsynth.errors import SeqsynthError
from trainer import errors

ERRORS = [
    one
    for _, one in inspect.getmembers(errors, inspect.isclass)
    if one.__module__ == errors.__name__
]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_ours_and_a_built_in_one(error: type[Exception]) -> None:
    assert issubclass(error, SeqsynthError)
    assert any(base.__module__ == "builtins" for base in error.__bases__)


def test_every_error_of_trainer_is_promised_there() -> None:
    import trainer.checkpoint
    import trainer.export
    import trainer.training.fit

    for module in (trainer.checkpoint, trainer.export, trainer.training.fit):
        defined = [
            one
            for _, one in inspect.getmembers(module, inspect.isclass)
            if issubclass(one, Exception) and one.__module__.startswith("trainer")
        ]
        assert all(one in ERRORS for one in defined)
