"""What a network costs, counted on the meta device: no memory is used and nothing is computed."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from trainer.methods import find_method
from trainer.methods.settings import MethodConfig
from trainer.nets import Discriminator, StudentNet, TeacherNet
from trainer.nets.config import NetConfig
from trainer.nets.vgg import Vgg19Features


@dataclass(frozen=True)
class Cost:
    """One network on one sample.

    Attributes
    ----------
    parameters : trained numbers
    macs : multiply-accumulate operations of a forward pass (2 FLOP each)
    saved_bytes : activations kept for the backward pass, in float32
    """

    parameters: int
    macs: int
    saved_bytes: int


def teacher_cost(config: NetConfig, height: int, width: int) -> Cost:
    """Count the teacher on one sequence of ``height`` x ``width`` views."""
    with torch.device("meta"):
        net = TeacherNet(config)
        views = torch.empty(1, config.views, 3, height, width)
    return _cost(net, lambda: net(views).transmission)


def distil_cost(config: NetConfig, height: int, width: int) -> Cost:
    """Count what the student's training runs of a teacher that labels nothing: no decoder."""
    with torch.device("meta"):
        net = TeacherNet(config)
        views = torch.empty(1, config.views, 3, height, width)
    return _cost(net, lambda: net.distil(views))


def student_cost(config: NetConfig, height: int, width: int) -> Cost:
    """Count the student on one photo of ``height`` x ``width``."""
    with torch.device("meta"):
        net = StudentNet(config)
        photo = torch.empty(1, 3, height, width)
    return _cost(net, lambda: net(photo).transmission)


def discriminator_cost(config: NetConfig, height: int, width: int) -> Cost:
    """Count the discriminator on the representation of one ``height`` x ``width`` photo."""
    with torch.device("meta"):
        net = Discriminator(config)
        cells = torch.empty(1, config.knowledge_channels, -(-height // 4), -(-width // 4))
    return _cost(net, lambda: net(cells))


def method_cost(config: MethodConfig, side: int) -> list[Cost]:
    """Count what trains with a method on one photo: its network, and its discriminator if any.

    In evaluation mode: one small photo has too few pixels for the statistics of a batch.
    """
    method = find_method(config.name)
    with torch.device("meta"):
        net, photo = method.network(config).eval(), torch.empty(1, 3, side, side)
    costs = [_cost(net, lambda: net(photo)["transmission"])]
    if not config.weights.model_dump().get("adversarial"):
        return costs
    with torch.device("meta"):
        adversary = method.adversary(config)
        if adversary is not None:
            judge = adversary.network
            layers = (layer for layer in judge.modules() if isinstance(layer, nn.Conv2d))
            pictures = torch.empty(1, next(layers).in_channels, side, side)
            costs.append(_cost(judge, lambda: judge(pictures)))
    return costs


def vgg19_cost(height: int, width: int) -> Cost:
    """Count phi of the perceptual loss on one image; its parameters are not trained."""
    with torch.device("meta"):
        net = Vgg19Features().requires_grad_(requires_grad=False)
        image = torch.empty(1, 3, height, width, requires_grad=True)
    return _cost(net, lambda: net(image))


def parameter_count(net: nn.Module) -> int:
    """Count the trained numbers of a network, shared ones once."""
    return sum(weight.numel() for weight in net.parameters() if weight.requires_grad)


def _cost(net: nn.Module, forward: Callable[[], Tensor]) -> Cost:
    """Run ``forward`` once and count."""
    saved = _SavedBytes(net)
    with FlopCounterMode(display=False) as counter, saved.counting():
        forward()
    return Cost(parameter_count(net), counter.get_total_flops() // 2, saved.total)


class _SavedBytes:
    """Sum of the storages kept for the backward pass, each once, weights not counted."""

    def __init__(self, net: nn.Module) -> None:
        # The storages are kept alive so that no address is given away twice.
        self._seen = {_key(weight): weight.untyped_storage() for weight in net.parameters()}
        self.total = 0

    def counting(self) -> saved_tensors_hooks:
        """Return the context in which saved tensors are counted."""
        return saved_tensors_hooks(self._pack, lambda tensor: tensor)

    def _pack(self, tensor: Tensor) -> Tensor:
        """Count a tensor that autograd keeps."""
        storage = tensor.untyped_storage()
        if _key(tensor) not in self._seen:
            self._seen[_key(tensor)] = storage
            self.total += storage.nbytes()
        return tensor


def _key(tensor: Tensor) -> int:
    """Return what identifies a tensor's storage, on the meta device too."""
    return int(tensor.untyped_storage()._cdata)
