"""The blend of IBCLN (Li et al. 2020): Zhang et al.'s, with a reflection further out of focus.

``I = 255 (g (T / 255)^2.2 + (R / 255)^2.2)^(1 / 2.2)``, rounded as floor(x + 1/2) and clipped to
[0, 255], with g the parameter ``transmission_gain``. T and R are those of
:mod:`seqsynth.synthesis.blends.zhang`: T without the gain, R as it reaches the camera.
"""

from seqsynth.blend_settings import IbclnSettings
from seqsynth.seeds import Draws
from seqsynth.synthesis.blends import zhang
from seqsynth.synthesis.blends.levels import LevelTable
from seqsynth.synthesis.layers import BlendedViews, LayerPair

SETTINGS = IbclnSettings()


def blend(
    pair: LayerPair, strength: float, draws: Draws, settings: IbclnSettings = SETTINGS
) -> BlendedViews:
    """Blend a pair of layers as IBCLN does.

    Parameters
    ----------
    strength : factor in [0, 1] on R's linear light, before its overflow is judged
    settings : ranges that the glass is drawn from
    """
    return zhang.blend(pair, strength, draws, settings)


def tabulate(parameters: dict[str, float]) -> LevelTable:
    """Return I for every level of T and R, from the parameters of a blend."""
    return zhang.tabulate(parameters)
