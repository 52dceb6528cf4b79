import hashlib
from pathlib import Path

import pytest
import torch

from trainer.errors import WeightsError
from trainer.training import perceptual as module
from trainer.training.perceptual import (
    Vgg19Features,
    download,
    load_vgg19,
    load_weights,
    random_vgg19,
    vgg19_file,
)

NARROW = 1 / 32


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def narrow_file(tmp_path: Path) -> Path:
    """Weights of a narrow VGG-19 in torchvision's form, layers we do not use included."""
    state = {f"features.{k}": v for k, v in random_vgg19(NARROW, 1).features.state_dict().items()}
    state |= {"features.34.weight": torch.zeros(16, 16, 3, 3), "classifier.0.bias": torch.zeros(4)}
    torch.save(state, tmp_path / "vgg.pth")
    return tmp_path / "vgg.pth"


def test_weights_are_frozen_and_images_still_get_a_gradient() -> None:
    net, images = random_vgg19(NARROW, 0), torch.rand(1, 3, 16, 16, requires_grad=True)
    net(images).abs().sum().backward()
    assert images.grad.abs().sum() > 0
    assert not any(weight.requires_grad for weight in net.parameters())
    assert not net.training


def test_weights_of_a_file_are_used(narrow_file: Path) -> None:
    net = Vgg19Features(width=NARROW)
    load_weights(net, narrow_file, sha256=sha256(narrow_file)[:8])
    images = torch.rand(1, 3, 32, 32)
    assert torch.equal(net(images), random_vgg19(NARROW, 1)(images))


def test_another_file_is_refused_by_its_digest(narrow_file: Path) -> None:
    with pytest.raises(WeightsError, match=r"sha256 begins with \w{8}, wanted dcbb9e9d"):
        load_vgg19(narrow_file)


def test_another_shape_is_refused_by_layer(narrow_file: Path) -> None:
    message = r"features\.0\.weight is \(2, 3, 3, 3\), wanted \(64, 3, 3, 3\)"
    with pytest.raises(WeightsError, match=message):
        load_vgg19(narrow_file, sha256=sha256(narrow_file)[:8])


def test_a_missing_layer_is_refused_by_name(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "empty.pth")
    file = tmp_path / "empty.pth"
    with pytest.raises(WeightsError, match=r"features\.0\.weight is missing"):
        load_weights(Vgg19Features(width=NARROW), file, sha256=sha256(file)[:8])


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 torn"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "junk.pth"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match="does not hold torch weights"):
        load_weights(Vgg19Features(width=NARROW), file, sha256=sha256(file)[:8])


def test_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="does not exist"):
        vgg19_file(tmp_path / "none.pth")


def test_download_is_checked_reported_and_whole(tmp_path: Path, narrow_file: Path) -> None:
    seen: list[tuple[int, int]] = []
    target = tmp_path / "cache" / "weights.pth"
    download(
        narrow_file.as_uri(),
        target,
        sha256=sha256(narrow_file)[:8],
        progress=lambda done, total: seen.append((done, total)),
    )
    size = narrow_file.stat().st_size
    assert target.read_bytes() == narrow_file.read_bytes()
    assert seen[-1] == (size, size)
    assert list(target.parent.iterdir()) == [target]


def test_a_wrong_download_leaves_nothing_behind(tmp_path: Path, narrow_file: Path) -> None:
    target = tmp_path / "cache" / "weights.pth"
    with pytest.raises(WeightsError, match="what came has sha256"):
        download(narrow_file.as_uri(), target, sha256="00000000")
    assert list(target.parent.iterdir()) == []


def test_offline_and_without_a_file_the_three_ways_out_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(module, "VGG19_URL", (tmp_path / "nowhere.pth").as_uri())
    with pytest.raises(WeightsError) as refusal:
        vgg19_file()
    text = str(refusal.value)
    assert "--vgg-weights FILE" in text
    assert str(tmp_path / "hub" / "checkpoints" / "vgg19-dcbb9e9d.pth") in text
    assert "--perceptual none" in text


def test_a_cached_file_is_found_without_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(module, "VGG19_URL", "file:///nowhere")
    cached = tmp_path / "hub" / "checkpoints" / "vgg19-dcbb9e9d.pth"
    cached.parent.mkdir(parents=True)
    cached.touch()
    assert vgg19_file() == cached
