"""Published files, drawn with the names and shapes of METHODS: read, checked, refused by name."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.trainer.methods.conftest import tiny
from trainer.errors import WeightsError
from trainer.methods import weights as reading

WIDTH = 1 / 32
"""Of the drawn files: the names are the published ones, the shapes shrink with the width."""


def draw(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.rand(shape, generator=generator) for name, shape in shapes.items()}


def conv(name: str, outputs: int, inputs: int, kernel: int, *, bias: bool = True) -> dict[str, Any]:
    shapes: dict[str, tuple[int, ...]] = {f"{name}.weight": (outputs, inputs, kernel, kernel)}
    return shapes | ({f"{name}.bias": (outputs,)} if bias else {})


def turned(name: str, inputs: int, outputs: int, *, bias: bool = True) -> dict[str, Any]:
    shapes: dict[str, tuple[int, ...]] = {f"{name}.weight": (inputs, outputs, 4, 4)}
    return shapes | ({f"{name}.bias": (outputs,)} if bias else {})


def batch_norm(name: str, channels: int) -> dict[str, Any]:
    leaves = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{leaf}": (channels,) for leaf in leaves}


def errnet_shapes(c: int, inputs: int) -> dict[str, Any]:
    shapes = conv("conv1.conv2d", c, inputs, 1)
    shapes |= conv("conv2.conv2d", c, c, 3) | conv("conv3.conv2d", c, c, 3)
    for block in range(13):
        name = f"res_module.{block}"
        shapes |= conv(f"{name}.conv1.conv2d", c, c, 3) | conv(f"{name}.conv2.conv2d", c, c, 3)
        for layer, (outputs, before) in {
            "0": (max(1, c // 8), c),
            "2": (c, max(1, c // 8)),
        }.items():
            shapes[f"{name}.se_layer.fc.{layer}.weight"] = (outputs, before)
            shapes[f"{name}.se_layer.fc.{layer}.bias"] = (outputs,)
    shapes |= turned("deconv1.conv2d", c, c) | conv("deconv2.conv2d", c, c, 3)
    shapes |= conv("deconv3.conv2d", 3, c, 1)
    for level in range(4):
        shapes |= conv(f"pyramid_module.stages.{level}.1", c // 4, c, 1, bias=False)
    return shapes | conv("pyramid_module.bottleneck", c, 2 * c, 1)


def rmnet_shapes(width: float) -> dict[str, Any]:
    widths = [round(count * width) for count in (64, 128, 256, 512, 512, 512)]
    shapes = conv("model_d_0.0.model.0", widths[0], 3, 4)
    for level, name in enumerate(("1", "2", "3", "4", "inner"), start=1):
        shapes |= conv(f"model_d_{name}.0.model.1", widths[level], widths[level - 1], 4)
    for head in ("back", "refl", "W"):
        shapes |= turned(f"model_u_inner_{head}.0.model.1", widths[5], widths[4])
        for level in (4, 3, 2, 1):
            shapes |= turned(
                f"model_u_{level}_{head}.0.model.1", 2 * widths[level], widths[level - 1]
            )
        shapes |= turned(f"model_u_0_{head}.0.model.1", 2 * widths[0], 3)
    return shapes


def bdn_shapes(width: float) -> dict[str, Any]:
    shapes: dict[str, Any] = {}
    for number, (inputs, levels) in enumerate(((3, 7), (6, 5), (6, 5)), start=1):
        widths = [round(c * width) for c in (64, 128, 256, 512, 512, 512, 512)][:levels]
        block = f"model{number}.model.model"
        shapes |= conv(f"{block}.0", widths[0], inputs, 4) | turned(f"{block}.3", 2 * widths[0], 3)
        block += ".1.model"
        for level in range(1, levels - 1):
            shapes |= conv(f"{block}.1", widths[level], widths[level - 1], 4)
            shapes |= batch_norm(f"{block}.2", widths[level])
            shapes |= turned(f"{block}.5", 2 * widths[level], widths[level - 1])
            shapes |= batch_norm(f"{block}.6", widths[level - 1])
            block += ".3.model"
        shapes |= conv(f"{block}.1", widths[-1], widths[-2], 4)
        shapes |= turned(f"{block}.3", widths[-1], widths[-2])
        shapes |= batch_norm(f"{block}.4", widths[-2])
    return shapes


def ibcln_shapes(width: float) -> dict[str, Any]:
    a, b, c, d = (round(count * width) for count in (64, 128, 256, 32))
    shapes = conv("conv1.0", a, 9, 5) | conv("conv2.0", b, a, 3) | conv("conv3.0", b, b, 3)
    shapes |= conv("conv4.0", c, b, 3)
    for name in ("conv5", "conv6", "conv7", "conv8", *(f"diconv{n}" for n in range(1, 5))):
        shapes |= conv(f"{name}.0", c, c, 3)
    for gate in "ifgo":
        shapes |= conv(f"conv_{gate}.0", c, 2 * c, 3)
    shapes |= turned("deconv1.0", c, b) | conv("conv9.0", b, b, 3)
    shapes |= turned("deconv2.0", b, a) | conv("conv10.0", d, a, 3)
    shapes |= conv("outframe1.0", 3, c, 3) | conv("outframe2.0", 3, b, 3)
    return shapes | conv("output.0", 3, d, 3)


def unit(name: str, inputs: int, outputs: int, kernel: int) -> dict[str, Any]:
    """CoRRN's convolution and its norm."""
    kernels = conv(f"{name}.conv", outputs, inputs, kernel, bias=False)
    return kernels | batch_norm(f"{name}.bn", outputs)


def doubling(name: str, inputs: int, outputs: int, leaf: str = "conv") -> dict[str, Any]:
    """CoRRN's deconvolution and its norm."""
    kernels = turned(f"{name}.{leaf}", inputs, outputs, bias=False)
    return kernels | batch_norm(f"{name}.bn", outputs)


CORRN_UNITS = {
    "conv6R": (512, 256, 3),
    "featureExtractionA.path1.0": (256, 96, 1),
    "featureExtractionA.path1.1": (96, 192, 7),
    "featureExtractionA.path2": (256, 192, 3),
    "featureExtractionA.path3.0": (256, 256, 1),
    "featureExtractionA.path3.1": (256, 256, 3),
    "featureExtractionA.path3.2": (256, 192, 3),
    "featureExtractionB.path1.1": (128, 192, 7),
    "featureExtractionB.path2.1": (128, 192, 3),
    "featureExtractionB.path3.1": (128, 128, 3),
    "featureExtractionB.path4.1": (128, 128, 3),
    "featureExtractionB.path4.2": (128, 128, 3),
    "conv6_1": (512, 1024, 7),
    "conv6_2": (1024, 512, 1),
    "deconv5_1": (512, 256, 3),
    "deconv5_2": (256, 256, 5),
    "featureEnhance5": (256, 128, 7),
    "featureEnhance4": (128, 64, 7),
    "featureEnhance3": (64, 32, 7),
    "featureEnhance2": (32, 16, 7),
}
"""Inputs, outputs and kernel of CoRRN's units whose inputs are one map."""


def corrn_shapes(width: float) -> dict[str, Any]:
    def c(count: int) -> int:
        return max(1, round(count * width))

    shapes: dict[str, Any] = {}
    for name, (inputs, outputs, kernel) in CORRN_UNITS.items():
        shapes |= unit(name, c(inputs), c(outputs), kernel)
    widths = [3, *map(c, (64, 64, 128, 128, *[256] * 3, *[512] * 6))]
    places = [(1, 2), (2, 2), (3, 3), (4, 3), (5, 3)]
    named = [(stage, number) for stage, count in places for number in range(count)]
    for (stage, number), inputs, outputs in zip(named, widths[:-1], widths[1:], strict=True):
        shapes |= conv(f"convs{stage}R.{3 * number}", outputs, inputs, 3)
        shapes |= batch_norm(f"convs{stage}R.{3 * number + 1}", outputs)
    middle = 3 * c(128) + c(256) + c(64)
    for path in (1, 2, 3, 4):
        shapes |= unit(f"featureExtractionB.path{path}.0", middle, c(128), 1)
    ups = (
        (3 * c(192), c(256)),
        (3 * c(256) + c(512) + c(128), c(128)),
        (2 * c(192) + 2 * c(128), c(64)),
        (3 * c(64) + c(128) + c(32), c(32)),
        (3 * c(32) + c(64) + c(16), c(16)),
    )
    for level, (inputs, outputs) in enumerate(ups):
        shapes |= doubling(f"deconv{level}R.0", inputs, outputs, "transconv")
    shapes |= unit("output.0", 3 * c(16) + 1, c(16), 3) | unit("output.1", c(16), 3, 3)
    for level, below, beside, to in ((4, 256, 512, 128), (3, 128, 256, 64), (2, 64, 128, 32)):
        shapes |= unit(f"deconv{level}_1", c(below) + c(beside), c(to), 3)
        shapes |= doubling(f"deconv{level}_2", c(to), c(to))
    shapes |= doubling("deconv1", c(32) + c(64), c(64))
    return shapes | conv("pred1_contour", 1, c(64), 5)


def read(name: str, file: Path, **changes: Any) -> tuple[torch.nn.Module, dict[str, Tensor]]:
    """Read a drawn file into the network it fits; VGG's weights stay the network's own."""
    method, config = tiny(name, width=WIDTH, **changes)
    net = method.network(config).eval()
    state = method.published.read(file, config)
    missing, unexpected = net.load_state_dict(state, strict=False)
    assert all(key.startswith(reading.VGG) for key in missing)
    assert not unexpected
    return net, state


@pytest.mark.parametrize(
    ("name", "shapes", "wrap"),
    [
        ("rmnet", rmnet_shapes(WIDTH), None),
        ("bdn", bdn_shapes(WIDTH), None),
        ("errnet", errnet_shapes(8, 3), "icnn"),
        ("corrn", corrn_shapes(WIDTH), "state_dict"),
    ],
)
def test_every_drawn_tensor_finds_its_place(name, shapes, wrap, tmp_path):
    drawn = draw(shapes)
    torch.save({wrap: drawn, "epoch": 60} if wrap else drawn, tmp_path / "file.pth")
    changes = {"hypercolumn": False} if name == "errnet" else {}
    _, state = read(name, tmp_path / "file.pth", **changes)
    taken = [tensor for key, tensor in state.items() if not key.endswith(reading.COUNTERS)]
    assert len(taken) == len(drawn)
    # Drawn numbers occur once: the same sums mean the same tensors.
    np.testing.assert_allclose(
        sorted(float(t.double().sum()) for t in taken),
        sorted(float(t.double().sum()) for t in drawn.values()),
    )


def test_the_drawn_names_and_shapes_are_the_published_ones():
    counts = {
        "rmnet": (rmnet_shapes(1), 65_432_841),
        "bdn": (bdn_shapes(1), 75_162_633),
        "errnet": (errnet_shapes(256, 1475), 18_953_379),
        "corrn": (corrn_shapes(1), 59_512_039),
        "ibcln": (ibcln_shapes(1), 21_608_338 // 2),
    }
    for name, (shapes, count) in counts.items():
        trained = [shape for key, shape in shapes.items() if "running" not in key]
        assert sum(int(np.prod(shape)) for shape in trained) == count, name


def test_ibclns_second_file_lies_beside_the_first(tmp_path):
    first, second = draw(ibcln_shapes(WIDTH), 1), draw(ibcln_shapes(WIDTH), 2)
    torch.save(first, tmp_path / "final_net_G_T.pth")
    torch.save(second, tmp_path / "final_net_G_R.pth")
    net, _ = read("ibcln", tmp_path / "final_net_G_T.pth")
    torch.testing.assert_close(net.transmission.cell.gates[2].weight, first["conv_g.0.weight"])
    torch.testing.assert_close(net.reflection.last.weight, second["output.0.weight"])
    with pytest.raises(WeightsError, match="IBCLN has two files"):
        read("ibcln", tmp_path / "final_net_G_R.pth")


def test_errnets_pyramid_reads_its_columns_in_the_authors_order(tmp_path):
    drawn = draw(errnet_shapes(8, 3))
    torch.save({"icnn": drawn}, tmp_path / "file.pt")
    net, _ = read("errnet", tmp_path / "file.pt", hypercolumn=False)
    maps = torch.rand(1, 8, 64, 64)
    # The authors' forward pass: four pooled maps, then the features.
    levels = []
    for level, scale in enumerate((4, 8, 16, 32)):
        pooled = torch.nn.functional.avg_pool2d(maps, scale)
        weight = drawn[f"pyramid_module.stages.{level}.1.weight"]
        reduced = torch.nn.functional.leaky_relu(torch.nn.functional.conv2d(pooled, weight), 0.2)
        levels.append(torch.nn.functional.interpolate(reduced, (64, 64)))
    joined = torch.nn.functional.conv2d(
        torch.cat((*levels, maps), 1),
        drawn["pyramid_module.bottleneck.weight"],
        drawn["pyramid_module.bottleneck.bias"],
    )
    wanted = torch.nn.functional.leaky_relu(joined, 0.2)
    torch.testing.assert_close(net.pyramid(maps), wanted)


def test_bdns_nested_blocks_are_unrolled(tmp_path):
    drawn = draw(bdn_shapes(WIDTH))
    torch.save(drawn, tmp_path / "model.pth")
    net, _ = read("bdn", tmp_path / "model.pth")
    torch.testing.assert_close(
        net.first.down.levels[2][1].weight, drawn["model1.model.model.1.model.3.model.1.weight"]
    )
    torch.testing.assert_close(net.first.up.last.weight, drawn["model1.model.model.3.weight"])


def test_rmnets_decoders_are_told_apart(tmp_path):
    drawn = draw(rmnet_shapes(WIDTH))
    torch.save(drawn, tmp_path / "130_net_G.pth")
    net, _ = read("rmnet", tmp_path / "130_net_G.pth")
    for part, head in (("transmission", "back"), ("reflection", "refl"), ("mask", "W")):
        found = getattr(net, part).levels[0][1].weight
        torch.testing.assert_close(found, drawn[f"model_u_inner_{head}.0.model.1.weight"])


def zhang_arrays(width: int, inputs: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    arrays: dict[str, np.ndarray] = {}
    before = inputs
    for number in (0, 1, 2, 3, 4, 5, 6, 7, 9):
        kernel = 3 if number else 1
        arrays[f"g_conv{number}/weights"] = rng.random((kernel, kernel, before, width))
        arrays[f"g_conv{number}/BatchNorm/beta"] = rng.random(width)
        arrays[f"g_conv{number}/w0"] = rng.random(())
        arrays[f"g_conv{number}/w1"] = rng.random(())
        before = width
    arrays["g_conv_last/weights"] = rng.random((1, 1, width, 6))
    arrays["g_conv_last/biases"] = rng.random(6)
    arrays["discriminator/layer_1/conv/filter"] = rng.random((4, 4, 6, 64))
    arrays["g_conv0/weights/Adam"] = rng.random((1, 1, inputs, width))
    return arrays


def test_zhangs_kernels_are_turned_into_torchs_order(tmp_path):
    arrays = zhang_arrays(2, 3)
    np.savez(tmp_path / "zhang.npz", **{f"{name}:0": array for name, array in arrays.items()})
    net, _ = read("zhang", tmp_path / "zhang.npz", hypercolumn=False)
    kernel = arrays["g_conv5/weights"]
    found = net.layers[5][0].weight.detach().numpy()
    np.testing.assert_allclose(found[1, 0, 2, 1], kernel[2, 1, 0, 1], rtol=1e-6)
    np.testing.assert_allclose(net.layers[8][1].keep.item(), arrays["g_conv9/w0"], rtol=1e-6)


def test_arrays_with_pickles_are_refused(tmp_path):
    np.savez(tmp_path / "bad.npz", **{"g_conv0/weights": np.array([print], dtype=object)})
    with pytest.raises(WeightsError, match="no NumPy archive"):
        read("zhang", tmp_path / "bad.npz", hypercolumn=False)


class Torch7Writer:
    """Writes what Torch7 would: numbers, strings, tables, objects and float tensors."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.count = 0

    def _int(self, value: int) -> None:
        self.parts.append(np.int32(value).tobytes())

    def _text(self, value: str) -> None:
        self._int(len(value))
        self.parts.append(value.encode())

    def _next(self, kind: int) -> None:
        self._int(kind)
        self.count += 1
        self._int(self.count)

    def write(self, value: Any) -> None:
        if isinstance(value, int):
            self._int(1)
            self.parts.append(np.float64(value).tobytes())
        elif isinstance(value, str):
            self._int(2)
            self._text(value)
        elif isinstance(value, np.ndarray):
            self._object("torch.FloatTensor")
            self._int(value.ndim)
            for side in value.shape:
                self.parts.append(np.int64(side).tobytes())
            for stride in value.strides:
                self.parts.append(np.int64(stride // 4).tobytes())
            self.parts.append(np.int64(1).tobytes())
            self._object("torch.FloatStorage")
            self.parts.append(np.int64(value.size).tobytes() + value.tobytes())
        elif isinstance(value, tuple):
            name, fields = value
            self._object(name)
            self.write(fields)
        else:
            items = dict(enumerate(value, start=1)) if isinstance(value, list) else value
            self._next(3)
            self._int(len(items))
            for key, one in items.items():
                self.write(key)
                self.write(one)

    def _object(self, name: str) -> None:
        self._next(4)
        self._text("V 1")
        self._text(name)


def ceilnet_graph(net: torch.nn.Module) -> tuple[Any, dict[str, np.ndarray]]:
    """Draw the authors' graph for a network: nested containers, flat kernels."""
    rng = np.random.default_rng(4)
    drawn: dict[str, np.ndarray] = {}
    layers = []
    for name, part in net.named_modules():
        if not isinstance(getattr(part, "weight", None), torch.nn.Parameter):
            continue
        for leaf in ("weight", "bias"):
            shape = getattr(part, leaf).shape
            drawn[f"{name}.{leaf}"] = rng.random(shape).astype(np.float32)
        weight = drawn[f"{name}.weight"]
        flat = weight.reshape(len(weight), -1) if weight.ndim > 1 else weight
        layers.append(("nn.Layer", {"weight": flat, "bias": drawn[f"{name}.bias"]}))
    half = len(layers) // 2
    graph = (
        "nn.Sequential",
        {
            "modules": [
                ("nn.Sequential", {"modules": [*layers[:half], ("nn.ReLU", {"inplace": 1})]}),
                ("nn.ConcatTable", {"modules": layers[half:]}),
            ]
        },
    )
    return graph, drawn


def test_ceilnets_graph_is_walked_in_order(tmp_path):
    method, config = tiny("ceilnet", width=WIDTH)
    graph, drawn = ceilnet_graph(method.network(config))
    writer = Torch7Writer()
    writer.write(graph)
    (tmp_path / "net.net").write_bytes(b"".join(writer.parts))
    net, state = read("ceilnet", tmp_path / "net.net")
    assert state.keys() == drawn.keys()
    for name, wanted in drawn.items():
        np.testing.assert_array_equal(net.get_parameter(name).detach().numpy(), wanted)
    with pytest.raises(WeightsError, match="another net"):
        reading.read_torch7(tmp_path / "net.net", net.edges)


def test_a_torn_torch7_file_is_one_line(tmp_path):
    (tmp_path / "torn.net").write_bytes(b"\x04\x00\x00\x00\x01")
    with pytest.raises(WeightsError, match="torn or no Torch7 file") as caught:
        read("ceilnet", tmp_path / "torn.net")
    assert "\n" not in str(caught.value)


def test_what_does_not_fit_is_named(tmp_path):
    drawn = draw(rmnet_shapes(WIDTH))
    del drawn["model_d_3.0.model.1.bias"]
    drawn["model_u_0_W.0.model.1.weight"] = torch.rand(4, 3, 2, 2)
    drawn["model_d_9.0.weight"] = torch.rand(1)
    torch.save(drawn, tmp_path / "file.pth")
    with pytest.raises(WeightsError) as caught:
        read("rmnet", tmp_path / "file.pth")
    for fault in (
        "model_d_3.0.model.1.bias is missing",
        "model_u_0_W.0.model.1.weight is 4x3x2x2, wanted 4x3x4x4",
        "model_d_9.0.weight is not known",
    ):
        assert fault in str(caught.value)


class Evil:
    def __reduce__(self) -> Any:
        return (print, ("run from a file",))


def test_nothing_in_a_file_is_run(tmp_path, capsys):
    with (tmp_path / "evil.pth").open("wb") as sink:
        pickle.dump({"icnn": Evil()}, sink, protocol=2)
    with pytest.raises(WeightsError, match="torn or no PyTorch file"):
        read("errnet", tmp_path / "evil.pth")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["rmnet", "zhang", "ceilnet"])
def test_a_file_that_is_not_there_is_one_line(name, tmp_path):
    with pytest.raises(WeightsError, match="does not exist"):
        read(name, tmp_path / "nowhere")


def test_a_checkpoint_without_its_part_says_what_it_holds(tmp_path):
    torch.save({"model": {}, "epoch": 3}, tmp_path / "other.pt")
    with pytest.raises(WeightsError, match="holds no 'icnn'; it has model, epoch"):
        read("errnet", tmp_path / "other.pt")
