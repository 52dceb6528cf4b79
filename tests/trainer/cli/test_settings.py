import pytest

from seqsynth.errors import ConfigError
from trainer.cli.settings import parse_settings


def test_settings_are_toml_or_words() -> None:
    pairs = ["teacher.batch=4", "teacher.schedule=cosine", "mix.captured = 0.5", "net.mkl=false"]
    assert parse_settings(pairs) == {
        "teacher": {"batch": 4, "schedule": "cosine"},
        "mix": {"captured": 0.5},
        "net": {"mkl": False},
    }


def test_a_setting_without_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"write it like teacher\.batch=4"):
        parse_settings(["teacher.batch"])
