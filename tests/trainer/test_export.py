"""Students for other programs: the same picture at every size, and a card that tells the truth."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seqsynth.errors import ConfigError, OutputError
from tests.trainer.methods.conftest import tiny
from trainer.checkpoint import (
    Checkpoint,
    current_versions,
    load_student,
    save_checkpoint,
)
from trainer.data.sources import ShardMark
from trainer.export import (
    TOLERANCE,
    PhotoNet,
    compare_onnx,
    export_onnx,
    export_student,
    model_card,
)
from trainer.methods.restorer import MethodNet
from trainer.nets import StudentNet
from trainer.recipe import load_recipe

TINY = {"width": 1 / 64, "context_blocks": 1, "d_layers": 1, "residual": False}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(5)
    config = load_recipe("small", overrides={"net": TINY, "vgg_weights": "/home/me/vgg.pth"})
    net = StudentNet(config.net)
    with torch.no_grad():  # a picture of many levels, which a net at its birth does not give
        net.decoder.colours.weight.mul_(30)
        nn.init.constant_(net.get_parameter("decoder.colours.bias"), 0.5)
    mark = ShardMark("own-shards", "synthetic", "0" * 64, {"blend": "linear"}, {"train": 12}, {})
    file = tmp_path_factory.mktemp("run") / "best.pt"
    weights = net.state_dict()
    scores = {"ssim": 0.8125, "ssim_identity": 0.75}
    save_checkpoint(
        Checkpoint("student", 77, config, (mark,), weights, scores, current_versions()), file
    )
    return file


@pytest.fixture(scope="module")
def onnx_file(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for module in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(module)
    file = tmp_path_factory.mktemp("onnx") / "student.onnx"
    export_onnx(load_student(checkpoint)[0], file)
    return file


@pytest.mark.parametrize("size", [(4, 4), (5, 7), (41, 55), (100, 36)])
@pytest.mark.parametrize("batch", [1, 3])
def test_onnx_gives_pytorchs_picture_at_any_size(
    size: tuple[int, int], batch: int, onnx_file: Path, checkpoint: Path
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    photo = torch.rand(batch, 3, *size, generator=torch.Generator().manual_seed(2))
    session = onnxruntime.InferenceSession(onnx_file, providers=["CPUExecutionProvider"])
    (found,) = session.run(["transmission"], {"blended": photo.numpy()})
    expected = load_student(checkpoint)[0](photo).transmission.clamp(0, 1).numpy()
    assert expected.std() > 0.002
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["rmnet", "veil"])
def test_an_exported_method_takes_odd_sides(name: str, tmp_path: Path) -> None:
    # ONNX divides negative numbers another way than Python: padding must not need them. Veil looks
    # at photos in a size that follows from theirs.
    for module in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(module)
    method, config = tiny(name)
    net = MethodNet(method.network(config), config).eval()
    if name == "veil":  # whose correction is zero at its birth
        nn.init.normal_(net.get_parameter("net.last.weight"))
    assert export_onnx(net, tmp_path / f"{name}.onnx") < 1e-4


def test_another_networks_file_is_found_out(onnx_file: Path, checkpoint: Path) -> None:
    net, _ = load_student(checkpoint)
    other = StudentNet(net.config).eval()  # of other weights
    differences = [found for _, found in compare_onnx(PhotoNet(other), onnx_file.read_bytes())]
    assert max(differences) > TOLERANCE


def test_safetensors_hold_the_weights_bit_by_bit(checkpoint: Path, tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    written = list(export_student(checkpoint, safetensors=tmp_path / "w.safetensors"))
    assert [line.partition(": ")[0] for line in written] == [
        str(tmp_path / "w.safetensors"),
        str(tmp_path / "README.md"),
    ]
    found = safetensors.load_file(tmp_path / "w.safetensors")
    expected = load_student(checkpoint)[0].state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert "own-shards (synthetic, linear): 12 train" in (tmp_path / "README.md").read_text()


def test_card_tells_scores_and_no_paths(checkpoint: Path) -> None:
    card = model_card(load_student(checkpoint)[1], {})
    assert "ssim: 0.8125" in card
    assert "trained for 77 steps" in card
    assert "/home/me" not in card


def test_file_that_is_there_is_kept(checkpoint: Path, tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(OutputError, match=r"README\.md is there already"):
        list(export_student(checkpoint, safetensors=tmp_path / "w.safetensors"))
    assert (tmp_path / "README.md").read_text() == "mine"
    assert not (tmp_path / "w.safetensors").exists()


def test_checkpoint_is_never_written_over_by_its_export(checkpoint: Path) -> None:
    before = checkpoint.read_bytes()
    with pytest.raises(OutputError, match="would be written over by its export"):
        list(export_student(checkpoint, safetensors=checkpoint, overwrite=True))
    assert checkpoint.read_bytes() == before


def test_nothing_to_export_is_one_sentence(checkpoint: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to export"):
        list(export_student(checkpoint))
