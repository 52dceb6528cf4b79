"""The authors' weights become a checkpoint that says where it comes from."""

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from seqsynth.errors import ConfigError, OutputError
from tests.trainer.methods.test_weights import WIDTH, draw, errnet_shapes, rmnet_shapes
from trainer.checkpoint import load_checkpoint, load_restorer
from trainer.cli.import_weights import command
from trainer.errors import WeightsError
from trainer.restoring.running import restore_photos
from trainer.training.perceptual import random_vgg19
from trainer.training.published_weights import import_weights

NARROW = {"method": {"width": WIDTH}}


@pytest.fixture
def rmnet_file(tmp_path: Path) -> Path:
    state = {name: 0.1 * (one - 0.5) for name, one in draw(rmnet_shapes(WIDTH)).items()}
    torch.save(state, tmp_path / "130_net_G.pth")
    return tmp_path / "130_net_G.pth"


def test_a_checkpoint_records_origin_and_licence(rmnet_file, tmp_path):
    line = import_weights("rmnet", rmnet_file, tmp_path / "rmnet.pt", settings=NARROW)
    assert "licence: MIT" in line
    checkpoint = load_checkpoint(tmp_path / "rmnet.pt")
    assert checkpoint.origin["licence"] == "MIT"
    assert checkpoint.origin["file"] == "130_net_G.pth"
    assert "Beyond-Linearity" in checkpoint.origin["origin"]
    assert checkpoint.step == 0


def test_the_checkpoint_restores_photos(rmnet_file, tmp_path):
    import_weights("rmnet", rmnet_file, tmp_path / "rmnet.pt", settings=NARROW)
    photo = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)).save(photo)
    (outcome,) = restore_photos([photo], tmp_path / "rmnet.pt", tmp_path / "out")
    assert outcome.fault == ""
    net, _ = load_restorer(tmp_path / "rmnet.pt")
    blended = torch.from_numpy(np.asarray(Image.open(photo)) / 255).float().permute(2, 0, 1)[None]
    wanted = (net(blended).transmission[0].clamp(0, 1) * 255).permute(1, 2, 0).numpy()
    found = np.asarray(Image.open(tmp_path / "out/photo.png"))
    np.testing.assert_allclose(found, wanted, atol=0.6)


def test_a_network_that_reads_vgg_is_filled_with_it(tmp_path, monkeypatch):
    narrow = 1 / 64
    inputs = 3 + sum(max(1, round(count * narrow)) for count in (64, 128, 256, 512, 512))
    torch.save({"icnn": draw(errnet_shapes(8, inputs))}, tmp_path / "errnet.pt")
    vgg = random_vgg19(narrow, 1)
    torch.save({f"features.{k}": v for k, v in vgg.features.state_dict().items()}, tmp_path / "vgg")
    monkeypatch.setattr("trainer.training.published_weights.VGG19_SHA256", "")
    settings = {"method": {"width": WIDTH, "vgg_width": narrow}}
    import_weights(
        "errnet",
        tmp_path / "errnet.pt",
        tmp_path / "out.pt",
        settings=settings,
        vgg_weights=tmp_path / "vgg",
    )
    weights = load_checkpoint(tmp_path / "out.pt").weights
    torch.testing.assert_close(
        weights["taps.vgg.features.0.weight"], vgg.features[0].weight.detach()
    )


def test_zhang_needs_caffes_vgg_by_name(tmp_path):
    from tests.trainer.methods.test_weights import zhang_arrays

    np.savez(tmp_path / "zhang.npz", **zhang_arrays(2, 1475))
    with pytest.raises(WeightsError, match=r"Caffe's VGG-19: name it with --vgg-weights"):
        import_weights("zhang", tmp_path / "zhang.npz", tmp_path / "out.pt", settings=NARROW)


def test_what_is_there_is_not_replaced_untold(rmnet_file, tmp_path):
    (tmp_path / "out.pt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="--overwrite replaces it"):
        import_weights("rmnet", rmnet_file, tmp_path / "out.pt", settings=NARROW)
    import_weights("rmnet", rmnet_file, tmp_path / "out.pt", settings=NARROW, overwrite=True)


def test_wrong_weights_leave_nothing(rmnet_file, tmp_path):
    with pytest.raises(WeightsError, match="does not fit"):
        import_weights("rmnet", rmnet_file, tmp_path / "out.pt")
    assert not (tmp_path / "out.pt").exists()


def test_an_unknown_method_lists_the_known(rmnet_file, tmp_path):
    with pytest.raises(ConfigError, match="known are student, ceilnet"):
        import_weights("rmnett", rmnet_file, tmp_path / "out.pt")


def test_the_command_says_what_was_imported(rmnet_file, tmp_path):
    result = CliRunner().invoke(
        command,
        [
            "rmnet",
            str(rmnet_file),
            "--out",
            str(tmp_path / "o.pt"),
            "--set",
            f"method.width={WIDTH}",
        ],
    )
    assert result.exit_code == 0, result.output
    assert "RmNet" in result.output
