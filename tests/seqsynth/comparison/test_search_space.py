"""Points of the search and the settings they stand for."""

from typing import get_args

import numpy as np
import pytest

from seqsynth.comparison.search_space import (
    AXES,
    axes_of,
    config_at,
    point_of,
    settings_at,
    settings_of,
)
from seqsynth.config import BlendName, SynthesisConfig


def config_of(blend: str) -> SynthesisConfig:
    return SynthesisConfig.model_validate({"blend": blend, "scale": 0.5})


def test_every_blend_has_a_space() -> None:
    assert set(AXES) == set(get_args(BlendName))


@pytest.mark.parametrize("blend", AXES)
def test_every_point_is_a_configuration_that_is_taken(blend: str) -> None:
    config = config_of(blend)
    size = point_of(config).size
    rng = np.random.default_rng(4)
    for point in (np.zeros(size), np.ones(size), *rng.random((20, size))):
        found = config_at(config, point)
        assert (found.blend, found.scale) == (blend, 0.5)
        assert settings_of(found) == settings_at(config, point)


@pytest.mark.parametrize("blend", AXES)
def test_a_configuration_is_at_its_own_point(blend: str) -> None:
    config = config_of(blend)
    again = config_at(config, point_of(config))
    for name, value in settings_of(config).items():
        found = settings_of(again)[name]
        wanted = value.values() if isinstance(value, dict) else [value]
        got = found.values() if isinstance(found, dict) else [found]
        for one, other in zip(wanted, got, strict=True):
            assert one == pytest.approx(other, rel=1e-3)


def test_ends_of_a_range_are_put_in_order() -> None:
    config = config_of("linear")
    point = point_of(config)
    point[:2] = (0.9, 0.1)
    # 0.5 + 0.1 * 0.9 and 0.5 + 0.9 * 0.9.
    assert settings_at(config, point)["blend_linear"]["transmission_gain"] == (0.59, 1.31)


def test_a_blur_is_halfway_by_its_ratio() -> None:
    config = config_of("zhang")
    place = [axis.name for axis in axes_of(config)].index("sigma_px")
    point = point_of(config)
    point[2 * place : 2 * place + 2] = 0.5
    low, high = settings_at(config, point)["blend_zhang"]["sigma_px"]
    assert low == high == pytest.approx((0.3 * 10) ** 0.5, rel=1e-3)


def test_a_far_ghost_leaves_less_room_for_the_blur() -> None:
    table = {"blend": {"linear": {"ghost_shift_px": 22}}}
    config = SynthesisConfig.model_validate(table)
    found = config_at(config, np.ones(point_of(config).size))
    assert found.blend_linear.sigma_px == (6, 6)
    assert found.blend_linear.ghost_shift_px == 22


@pytest.mark.parametrize("shift_px", range(40))
def test_every_point_is_a_setting_however_far_a_ghost_may_lie(shift_px: int) -> None:
    table = {"blend": {"linear": {"ghost_shift_px": shift_px, "sigma_px": (0.1, 0.3)}}}
    config = SynthesisConfig.model_validate(table)
    _, high = config_at(config, np.ones(point_of(config).size)).blend_linear.sigma_px
    assert 0.3 < high <= 10
    assert np.ceil(3 * high) + shift_px <= 40


def test_settings_out_of_the_bounds_begin_at_them() -> None:
    table = {"blend": {"linear": {"transmission_gain": (0.1, 2.0)}}}
    assert point_of(SynthesisConfig.model_validate(table))[:2].tolist() == [0, 1]
