"""The veil's statistics, black level and errors against numbers worked elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from seqsynth.metrics import stretch_black_level, structure_psnr
from tests.trainer.methods.conftest import DrawPair, draw_images
from trainer.methods import find_method, veil
from trainer.methods.method import Lesson


def drawn(count: int = 1, side: int = 200) -> Tensor:
    return draw_images(count, side, torch.Generator().manual_seed(1))


def speaking() -> veil.VeilNet:
    """Return a network whose correction is not zero."""
    net = veil.VeilNet(veil.VeilConfig()).eval()
    torch.nn.init.normal_(net.last.weight)
    return net


def test_a_cell_is_told_by_its_pixels_alone() -> None:
    photo = torch.full((1, 3, 64, 64), 0.5)
    cell = photo[0, :, 8:16, 16:24]
    cell[0] = 0.1
    cell[0, 3, 4] = 0.9
    found = veil.cell_statistics(photo)[0]
    red = cell[0].numpy()
    grey = cell.mean(0).numpy()
    across, down = np.abs(np.diff(grey, axis=1)), np.abs(np.diff(grey, axis=0))
    # To the right and below lie cells of 0.5.
    border = np.abs(0.5 - grey[:, -1]).sum() + np.abs(0.5 - grey[-1]).sum()
    wanted = [
        *(red.mean(), 0.5, 0.5, 0.1, 0.5, 0.5, 0.9, 0.5, 0.5),
        *(grey.std(), (across.sum() + down.sum() + border) / 64, across.max()),
        np.abs(red - 0.5).mean(),
    ]
    assert found[:, 1, 2].tolist() == pytest.approx(wanted, abs=1e-4)
    assert found[:, 7, 7].tolist() == pytest.approx([0.5] * 9 + [0] * 4, abs=1e-6)


def test_an_untrained_network_is_the_stretch() -> None:
    net = veil.VeilNet(veil.VeilConfig()).eval()
    photo = 0.1 + 0.8 * drawn()
    wanted = stretch_black_level(255 * photo[0].permute(1, 2, 0).numpy())
    found = net(photo)["transmission"][0].permute(1, 2, 0)
    assert 255 * found.detach().numpy() == pytest.approx(wanted, abs=0.1)


def test_the_correction_is_of_the_scene_not_of_its_pixels() -> None:
    net, photo = speaking(), drawn()
    large = photo.repeat_interleave(3, 2).repeat_interleave(3, 3)
    with torch.no_grad():
        small, enlarged = (net(x)["transmission"] for x in (photo, large))
    assert small.std() > 0.01
    pooled = torch.nn.functional.avg_pool2d(enlarged, 3)
    assert (pooled - small).abs().mean() < 0.05 * small.std()


def test_the_correction_is_smooth() -> None:
    net, photo = speaking(), drawn()
    with torch.no_grad():
        change = net(photo)["transmission"] - veil.VeilNet(veil.VeilConfig())(photo)["transmission"]
    # A straight line from one cell to the next, however restless the photo.
    assert change.diff(dim=3).abs().max() < 2 * change.abs().max() / veil.CELL


def test_structural_error_is_what_structure_psnr_measures() -> None:
    image, truth = drawn(2, 40).split(1)
    found = veil.structural_error(image, truth).item()
    wanted = structure_psnr(*(255 * x[0].permute(1, 2, 0).numpy() for x in (image, truth)))
    assert -10 * np.log10(found) == pytest.approx(wanted, abs=1e-3)


def test_structural_error_is_blind_to_tone() -> None:
    truth = drawn(side=40)
    gains = torch.tensor([0.5, 0.8, 1.3])[:, None, None]
    assert veil.structural_error(gains * truth + 0.1, truth).item() < 1e-8
    assert veil.structural_error(truth.mean().expand_as(truth), truth).item() == pytest.approx(
        truth.var((2, 3), correction=0).mean().item(), rel=1e-4
    )


def test_the_term_is_a_share_of_what_is_wrong_with_the_photo(draw_pair: DrawPair) -> None:
    pair = draw_pair()
    method = find_method("veil")
    shares = []
    for picture in (pair.blended, 0.7 * pair.transmission + 0.1):
        terms = method.losses({"transmission": picture}, pair, Lesson(method.settings()))
        shares.append(terms["structure"].values)
    floor = 9 / 255**2
    wanted = floor / (veil.structural_error(pair.blended, pair.transmission) + floor)
    assert shares[0].tolist() == pytest.approx([1.0, 1.0])
    assert shares[1].tolist() == pytest.approx(wanted.tolist(), rel=1e-2)


def test_what_is_unknown_teaches_nothing(draw_pair: DrawPair) -> None:
    method, pair = find_method("veil"), draw_pair()
    unknown = replace(pair, transmission_known=torch.tensor([True, False]))
    terms = method.losses({"transmission": pair.blended}, unknown, Lesson(method.settings()))
    assert terms["structure"].known.tolist() == [True, False]


def test_the_mean_of_the_photo_is_left_to_the_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(veil, "black_level", lambda photos: torch.zeros(len(photos)))
    photo = drawn(2)
    with torch.no_grad():
        found = speaking()(photo)["transmission"]
    assert (found - photo).std() > 0.01
    assert (found.mean((2, 3)) - photo.mean((2, 3))).abs().max() < 1e-3


@pytest.mark.parametrize("size", [(97, 130), (33, 47), (8, 8), (300, 200)])
def test_photos_come_back_at_their_size(size: tuple[int, int]) -> None:
    with torch.no_grad():
        picture = speaking()(torch.rand(1, 3, *size))["transmission"]
    assert picture.shape == (1, 3, *size)
    assert bool(picture.isfinite().all())


def test_two_photos_are_learnt(draw_pair: DrawPair) -> None:
    method = find_method("veil")
    config = method.settings(learning_rate=5e-3, dropout=0.0)
    net, pair = method.network(config), draw_pair()
    solver = torch.optim.Adam(net.parameters(), config.learning_rate)
    for _ in range(60):
        terms = method.losses(net(pair.blended), pair, Lesson(config))
        loss = sum(term.values.mean() for term in terms.values())
        solver.zero_grad()
        loss.backward()
        solver.step()
    structure = method.losses(net(pair.blended), pair, Lesson(config))["structure"]
    assert structure.values.max() < 0.7
