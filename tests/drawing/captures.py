"""Captures drawn from a seed with every truth known: warps, gain, reflection, moving object.

One scene is what a camera would bring home for one sequence of paper 4.1: views of a textured
plane through a sheet of glass, taken by a slowly moving camera, and the transmission photo of the
centre view with the glass removed. In linear light a view is ``gain * T + R``; T and R move by
homographies of their own, then come defocus, Poisson-Gaussian noise, the sRGB curve and a JPEG
round trip. Tests, documentation and benchmarks draw from here; nothing is read from
disk but the public-domain photos inside scikit-image, which serve as textures beside drawn ones.
"""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_tools.photos.working_view import Image, Warp
from tests.drawing.textures import Texture, blurred, draw_photo_name, leaves, photo_texture

MARGIN = 0.12
"""Texture kept around the picture on every side, as a share of its width."""


@dataclass(frozen=True)
class SceneRecipe:
    """What a scene is drawn with; lengths in pixels of a picture 880 wide, scaled to ``size``.

    Attributes
    ----------
    size : (H, W)
    views : how many views; the centre is ``views // 2``
    reflection_ratio : mean of R over mean of gain * T in linear light; 0 for no reflection
    reflection_blur : range of the Gaussian sigma of R; (0, 0) for a sharp reflection
    reflection_step : range of R's motion against T from one view to the next
    camera_step : range of the camera's motion from one view to the next
    misalignment : range of the transmission photo's shift against the centre view
    gain : range of the factor of T in the views
    light : mean of T in linear light, 0 to 1; about .2 is daylight, .015 a dark room
    noise : (shot, read): variance ``shot * x + read ** 2`` in linear light
    texture : "leaves" (drawn), "photo" or "any" (either, by the seed)
    contrast : 1, or less for a washed-out scene blurred by 3 px as well
    defocus : range of the Gaussian sigma of a view's own blur
    quality : of the JPEG round trip; 0 for none
    own_mirror : the reflection shows the same picture as the scene, the worst to tell apart
    """

    size: tuple[int, int] = (580, 880)
    views: int = 3
    reflection_ratio: float = 0.3
    reflection_blur: tuple[float, float] = (2.0, 5.0)
    reflection_step: tuple[float, float] = (8.0, 40.0)
    camera_step: tuple[float, float] = (4.0, 20.0)
    misalignment: tuple[float, float] = (0.0, 5.0)
    gain: tuple[float, float] = (0.8, 1.1)
    light: float = 0.2
    noise: tuple[float, float] = (2e-4, 2e-3)
    texture: Literal["leaves", "photo", "any"] = "any"
    contrast: float = 1.0
    defocus: tuple[float, float] = (0.0, 0.7)
    quality: int = 90
    own_mirror: bool = False


@dataclass(frozen=True)
class DrawnScene:
    """The photos of one scene and the truth about them.

    Attributes
    ----------
    views : uint8 (H, W, 3) each, in shooting order
    transmission : uint8 (H, W, 3), of the centre view
    warps : centre pixel -> pixel of view k, for T (identity at the centre)
    transmission_warp : centre pixel -> pixel of the transmission photo
    reflection_steps : float64 (V, 2), motion (x, y) of R against T from the centre to view k
    gain : factor of T in every view
    """

    views: tuple[Image, ...]
    transmission: Image
    warps: tuple[Warp, ...]
    transmission_warp: Warp
    reflection_steps: NDArray[np.float64]
    gain: float

    @property
    def centre(self) -> int:
        """Index of the view that the transmission photo belongs to."""
        return len(self.views) // 2


def draw_scene(seed: int, recipe: SceneRecipe | None = None) -> DrawnScene:
    """Draw the scene of a seed; the same seed and recipe give the same pictures."""
    recipe = recipe or SceneRecipe()
    rng = np.random.default_rng(seed)
    scale = recipe.size[1] / 880
    transmitted, photo = _texture(recipe, rng, None)
    scene = _lit(transmitted, recipe.light)
    # Not the same photo twice: its skies would lie in each other and pass for a brighter one.
    mirrored, _ = _texture(replace(recipe, contrast=1.0), rng, photo)
    if recipe.own_mirror:
        mirrored = transmitted
    gain = rng.uniform(*recipe.gain)
    warps = _camera_path(recipe, rng, scale)
    steps = _reflection_path(recipe, rng, scale)
    reflection = _reflection(mirrored, recipe, rng, scale, gain * recipe.light)
    views = []
    for warp, step in zip(warps, steps, strict=True):
        own_blur = rng.uniform(*recipe.defocus) * scale
        light = gain * _render(scene, warp, recipe.size)
        light += _render(reflection, _translation(*step) @ warp, recipe.size)
        views.append(_photograph(blurred(light, own_blur), recipe, rng))
    shift = _misalignment(recipe, rng, scale)
    transmission = _photograph(_render(scene, shift, recipe.size), recipe, rng)
    return DrawnScene(tuple(views), transmission, tuple(warps), shift, steps, gain)


def paste_object(
    image: Image, left: int, top: int, side: int, level: int, *, seed: int = 0
) -> Image:
    """Return the picture with a textured square of mean ``level``, as of something passing by."""
    rng = np.random.default_rng(seed)
    patch = rng.normal(level, 0.2 * level + 1, (side, side, 3))
    out = image.copy()
    out[top : top + side, left : left + side] = np.clip(patch, 0, 255).astype(np.uint8)
    return out


def to_linear(image: Image) -> Texture:
    """Return sRGB 0-255 as linear light 0-1, by the formula of IEC 61966-2-1."""
    x = image.astype(np.float64) / 255
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear, np.float32)


def to_srgb(light: Texture) -> Image:
    """Return linear light as sRGB uint8, clipped to what a camera can record."""
    x = np.clip(light, 0, 1)
    coded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.power(x, 1 / 2.4) - 0.055)
    return np.asarray(np.rint(coded * 255), np.uint8)


def mean_error_px(estimate: Warp, truth: Warp, size: tuple[int, int]) -> float:
    """Return the mean distance between two warps over the frame, in pixels."""
    points = _grid(size)
    distance = _project(estimate, points) - _project(truth, points)
    return float(np.hypot(distance[:, 0], distance[:, 1]).mean())


def _texture(
    recipe: SceneRecipe, rng: np.random.Generator, avoid: str | None
) -> tuple[Texture, str | None]:
    """Return an sRGB-coded texture 0-1 with a margin on every side, and its photo's name."""
    margin = _margin(recipe.size)
    size = (recipe.size[0] + 2 * margin, recipe.size[1] + 2 * margin)
    by_photo = recipe.texture == "photo" or (recipe.texture == "any" and rng.random() < 0.4)
    name = draw_photo_name(rng, avoid) if by_photo else None
    picture = leaves(size, rng) if name is None else photo_texture(name, size, rng)
    if recipe.contrast < 1:
        picture = blurred(picture, 3 * recipe.size[1] / 880)
        picture = 0.5 + recipe.contrast * (picture - picture.mean())
    return np.asarray(np.clip(picture, 0.02, 0.98), np.float32), name


def _lit(coded: Texture, light: float) -> Texture:
    """Return the texture in linear light, its mean brought to ``light``."""
    linear = to_linear(np.rint(coded * 255).astype(np.uint8))
    return np.asarray(linear * np.float32(light / linear.mean()), np.float32)


def _reflection(
    coded: Texture, recipe: SceneRecipe, rng: np.random.Generator, scale: float, transmitted: float
) -> Texture:
    sigma = rng.uniform(*recipe.reflection_blur) * scale
    if recipe.reflection_ratio == 0:
        return np.zeros_like(coded)
    linear = blurred(_lit(coded, 1.0), sigma)
    # Reflections are patchy: what is dark behind the camera does not show.
    linear = np.maximum(linear - np.float32(np.quantile(linear, 0.3)), 0)
    target = recipe.reflection_ratio * transmitted
    return np.asarray(linear * np.float32(target / linear.mean()), np.float32)


def _camera_path(recipe: SceneRecipe, rng: np.random.Generator, scale: float) -> list[Warp]:
    heading = rng.uniform(0, 2 * np.pi)
    steps = np.arange(recipe.views) - recipe.views // 2
    path = []
    for step in steps:
        length = abs(step) * rng.uniform(*recipe.camera_step) * scale
        angle = heading + rng.normal(0, 0.2) + (np.pi if step < 0 else 0)
        turn = np.deg2rad(rng.uniform(-0.3, 0.3)) * (step != 0)
        tilt = rng.uniform(-1e-5, 1e-5, 2) / scale * (step != 0)
        shift = (length * np.cos(angle), length * np.sin(angle))
        path.append(_moved(recipe.size, shift, turn, 1.0, tilt))
    return path


def _reflection_path(
    recipe: SceneRecipe, rng: np.random.Generator, scale: float
) -> NDArray[np.float64]:
    heading = rng.uniform(0, 2 * np.pi)
    length = rng.uniform(*recipe.reflection_step) * scale
    steps = (np.arange(recipe.views) - recipe.views // 2)[:, None]
    return np.asarray(steps * length * np.array([[np.cos(heading), np.sin(heading)]]))


def _misalignment(recipe: SceneRecipe, rng: np.random.Generator, scale: float) -> Warp:
    length = rng.uniform(*recipe.misalignment) * scale
    angle = rng.uniform(0, 2 * np.pi)
    loose = float(recipe.misalignment[1] > 0)
    turn = np.deg2rad(rng.uniform(-0.2, 0.2)) * loose
    zoom = 1 + rng.uniform(-5e-4, 5e-4) * loose
    shift = (length * np.cos(angle), length * np.sin(angle))
    return _moved(recipe.size, shift, turn, zoom, np.zeros(2))


def _moved(
    size: tuple[int, int],
    shift: tuple[float, float],
    turn: float,
    zoom: float,
    tilt: NDArray[np.float64],
) -> Warp:
    """Return the warp that turns, zooms and tilts about the picture's centre, then shifts."""
    middle = ((size[1] - 1) / 2, (size[0] - 1) / 2)
    turned = np.eye(3)
    turned[:2, :2] = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    turned[2, :2] = tilt
    return (
        _translation(*shift) @ _translation(*middle) @ turned @ _translation(-middle[0], -middle[1])
    )


def _render(texture: Texture, warp: Warp, size: tuple[int, int]) -> Texture:
    """Return what a camera sees whose pixel ``warp @ p`` shows the plane's point ``p``."""
    margin = _margin(size)
    onto = warp @ _translation(-margin, -margin)
    shown = cv2.warpPerspective(
        texture, onto, size[::-1], flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(shown, np.float32)


def _photograph(light: Texture, recipe: SceneRecipe, rng: np.random.Generator) -> Image:
    shot, read = recipe.noise
    spread = np.sqrt(shot * np.clip(light, 0, 1) + read**2)
    noisy = light + spread * rng.standard_normal(light.shape, np.float32)
    image = to_srgb(noisy)
    if recipe.quality == 0:
        return image
    _, packed = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, recipe.quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR_RGB), np.uint8)


def _margin(size: tuple[int, int]) -> int:
    return round(MARGIN * size[1])


def _translation(x: float, y: float) -> Warp:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def _grid(size: tuple[int, int]) -> NDArray[np.float64]:
    columns, rows = np.meshgrid(np.linspace(0, size[1] - 1, 21), np.linspace(0, size[0] - 1, 21))
    return np.stack([columns.ravel(), rows.ravel()], axis=1)


def _project(warp: Warp, points: NDArray[np.float64]) -> NDArray[np.float64]:
    mapped = np.c_[points, np.ones(len(points))] @ warp.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])
