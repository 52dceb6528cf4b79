"""Settings come from defaults, a file and overrides, and every fault is told at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import BeforeValidator, Field

from seqsynth.errors import ConfigError
from seqsynth.settings import Settings, check_settings, load_settings


class Lens(Settings):
    focus: float = Field(1.0, gt=0)
    blades: int = 7
    range_m: tuple[tuple[float, float], ...] = ()


class Camera(Settings):
    frames: int = Field(3, ge=1)
    name: str = "box"
    lens: Lens = Lens()


@pytest.fixture
def toml(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        (tmp_path / "camera.toml").write_text(text)
        return tmp_path / "camera.toml"

    return write


def test_overrides_outrank_the_file_and_the_file_the_defaults(toml):
    camera = load_settings(Camera, toml('frames = 5\nname = "tin"\n'), {"frames": 9})
    assert (camera.frames, camera.name, camera.lens.blades) == (9, "tin", 7)


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Camera().frames = 4


def test_tables_fill_nested_settings(toml):
    assert load_settings(Camera, toml("[lens]\nfocus = 2.5\n")).lens == Lens(focus=2.5)


def test_every_fault_has_a_line_with_key_and_value():
    with pytest.raises(ConfigError) as caught:
        check_settings(Camera, {"frames": 0, "lens": {"focus": -1}, "shutter": 1})
    lines = str(caught.value).splitlines()
    assert lines[0] == "unknown setting 'shutter'; known settings: frames, lens, name"
    assert [line.split(": ")[0] for line in lines[1:]] == ["frames = 0", "lens.focus = -1"]


@pytest.mark.parametrize(
    ("key", "value"), [("frames", "5"), ("frames", True), ("frames", 5.0), ("name", 5)]
)
def test_value_of_another_kind_is_no_setting(key, value):
    with pytest.raises(ConfigError, match=f"^{key} = {value!r}: .*valid (integer|string)"):
        check_settings(Camera, {key: value})


def test_arrays_of_a_file_are_tuples_and_whole_numbers_may_stand_for_others(toml):
    camera = load_settings(Camera, toml("[lens]\nfocus = 2\nrange_m = [[1, 2.5], [3, 4]]"))
    assert camera.lens.focus == 2.0
    assert camera.lens.range_m == ((1.0, 2.5), (3.0, 4.0))


def test_numpys_numbers_are_numbers():
    camera = check_settings(Camera, {"frames": np.int64(4), "lens": {"focus": np.float32(0.5)}})
    assert (camera.frames, camera.lens.focus) == (4, 0.5)
    assert type(camera.frames) is int


def test_unknown_keys_share_a_line_and_hint_at_near_ones():
    with pytest.raises(ConfigError) as caught:
        check_settings(Camera, {"frame": 1, "zoom": 2})
    assert str(caught.value) == (
        "unknown settings 'frame' (meant frames?), 'zoom'; known settings: frames, lens, name"
    )


def test_unknown_key_of_a_table_is_told_with_that_tables_keys():
    with pytest.raises(ConfigError) as caught:
        check_settings(Camera, {"lens": {"blade": 1}})
    assert str(caught.value) == (
        "unknown setting 'lens.blade' (meant blades?); known settings: blades, focus, range_m"
    )


def test_file_that_is_no_toml_is_named_with_its_line(toml):
    with pytest.raises(ConfigError, match=r"camera.toml is not TOML: .*line 2"):
        load_settings(Camera, toml("frames = 1\nname = \n"))


def test_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "camera.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"camera.toml is not TOML"):
        load_settings(Camera, tmp_path / "camera.toml")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read the configuration .*: No such file"):
        load_settings(Camera, tmp_path / "camera.toml")


def test_file_of_a_windows_editor_is_read(toml):
    assert load_settings(Camera, toml("\ufeffframes = 5\r\n")).frames == 5


def test_faults_of_a_table_with_settings_of_its_own_are_each_a_sentence():
    class Box(Settings):
        camera: Annotated[Any, BeforeValidator(lambda value: check_settings(Camera, value))]

    with pytest.raises(ConfigError) as caught:
        check_settings(Box, {"camera": {"frames": 0, "lens": {"focus": -1}}})
    assert [fault.split(": ")[-2] for fault in caught.value.faults] == [
        "frames = 0",
        "lens.focus = -1",
    ]
