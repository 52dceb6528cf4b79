"""The teacher: a multi-view sequence -> the transmission of its centre (paper 3.1)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seqsynth.errors import SourceError
from trainer.nets.config import PAPER, NetConfig
from trainer.nets.decoder import Decoder
from trainer.nets.decouple import DecoupledViews
from trainer.nets.encoder import Encoder
from trainer.nets.flow import Flows
from trainer.nets.knowledge import FusedViews, Knowledge, MultiViewKnowledge
from trainer.nets.layers import pad_to_stride, run
from trainer.nets.views import centre_of


@dataclass(frozen=True, eq=False)
class TeacherOutput:
    """What the teacher says of a batch of sequences; h = ceil(H / 4).

    Attributes
    ----------
    transmission : (B, 3, H, W), the centre without its reflection, not clamped
    knowledge : (B, 128, h, w), the representation f_t
    layers : per view, features and pictures at half size; None without MKL
    flows : per pair, in cells of 4 px; None without MKL or flow nets
    """

    transmission: Tensor
    knowledge: Tensor
    layers: DecoupledViews | None
    flows: Flows | None


class TeacherNet(nn.Module):
    """Encoder, multi-view knowledge, decoder."""

    def __init__(self, config: NetConfig = PAPER) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.knowledge = MultiViewKnowledge(config) if config.mkl else FusedViews(config)
        self.decoder = Decoder(config, config.knowledge_channels)

    def forward(self, blended: Tensor) -> TeacherOutput:
        """Separate the centre of each sequence.

        Parameters
        ----------
        blended : float (B, V, 3, H, W) in [0, 1], views in shooting order; any H, W from 4 px

        Raises
        ------
        SourceError
            The sequences have another number of views than the network, or are too small.
        """
        knowledge = self._know(blended)
        height, width = blended.shape[-2:]
        transmission = self.draw(knowledge.representation, centre_of(blended))
        layers = knowledge.layers and knowledge.layers.cropped(height // 2, width // 2)
        return TeacherOutput(transmission, knowledge.representation, layers, knowledge.flows)

    def distil(self, blended: Tensor) -> Tensor:
        """Return f_t (B, 128, h, w) alone: what the student is taught; the decoder does not run."""
        return self._know(blended).representation

    def draw(self, knowledge: Tensor, centre: Tensor) -> Tensor:
        """Return the transmission (B, 3, H, W) that f_t (B, 128, h, w) tells of the centre view."""
        height, width = centre.shape[-2:]
        transmission: Tensor = self.decoder(knowledge)[..., :height, :width]
        return transmission + centre if self.config.residual else transmission

    def _know(self, blended: Tensor) -> Knowledge:
        """Run encoder and MKL module, all views in one call."""
        views = self.config.views
        if blended.shape[1] != views:
            raise SourceError(
                f"sequences of {blended.shape[1]} views, but the teacher is built for {views}: "
                f"set views = {blended.shape[1]}, or use other shards"
            )
        images = pad_to_stride(blended.flatten(0, 1))
        features = run(self.encoder, images, recompute=self.config.recompute)
        knowledge: Knowledge = self.knowledge(torch.unflatten(features, 0, blended.shape[:2]))
        return knowledge
