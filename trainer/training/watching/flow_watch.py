"""What to watch while networks learn, and when to warn that they cheat, collapse or diverge."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from trainer.data.batch import Batch
from trainer.data.motion import FlowTally
from trainer.nets import Flows, TeacherOutput
from trainer.nets.config import STRIDE
from trainer.nets.decouple import DecoupledViews
from trainer.training.losses import view_synthesis
from trainer.training.watching.csv_log import Columns
from trainer.training.watching.life_watch import describe_flat, is_flat

COLLAPSED = 1e-2
"""Standard deviation of features below which they say nothing any more."""

LAYERS = ("transmission", "reflection")


@dataclass
class MeanTally:
    """Means by name over many batches, each weighted by its samples."""

    _sums: dict[str, Tensor] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, mean: Tensor, samples: int) -> None:
        """Add the mean over ``samples`` samples."""
        self._sums[name] = self._sums.get(name, torch.zeros_like(mean)) + mean * samples
        self._counts[name] = self._counts.get(name, 0) + samples

    def means(self) -> Columns:
        """Return the means."""
        return {name: float(total) / self._counts[name] for name, total in self._sums.items()}


class KnowledgeWatch:
    """The inner life of a teacher over the held-out sequences."""

    def __init__(self) -> None:
        self._means = MeanTally()
        self._flows = {layer: FlowTally() for layer in LAYERS}
        self._peak: Tensor | None = None

    def add(self, output: TeacherOutput, batch: Batch) -> None:
        """Look at one batch."""
        knowledge = output.knowledge.float()
        self._means.add("knowledge_mean", knowledge.abs().mean(), len(knowledge))
        peak = knowledge.abs().amax((0, 2, 3))
        self._peak = peak if self._peak is None else torch.maximum(self._peak, peak)
        if output.layers is None:
            return
        for layer in LAYERS:
            features = getattr(output.layers, layer)
            if features is not None:
                spread = features.semantic.float().std()
                self._means.add(f"semantic_std_{layer}", spread, len(knowledge))
        if output.flows is not None:
            self._watch_flows(output.layers, output.flows, batch)

    def _watch_flows(self, layers: DecoupledViews, flows: Flows, batch: Batch) -> None:
        """Compare the motion of each layer with the truth, where it is known."""
        known = batch.motion_known
        for layer in LAYERS:
            features, fields = getattr(layers, layer), getattr(flows, layer)
            if features is None or fields is None:
                continue
            motion = getattr(batch, f"{layer}_motion")
            self._flows[layer].add(fields, motion, known)
            samples = len(fields)
            length = fields.float().norm(dim=2)
            self._means.add(f"flow_px_{layer}", length.mean() * STRIDE, samples)
            self._means.add(f"flow_outside_{layer}", outside(fields).float().mean(), samples)
            for name, other in (("predicted", fields), ("zero", torch.zeros_like(fields))):
                synthesis = view_synthesis(features.semantic, other)
                self._means.add(f"synthesis_{name}_{layer}", synthesis.mean(), samples)
            if number := int(known.sum()):
                synthesis = view_synthesis(features.semantic[known], motion[known])
                self._means.add(f"synthesis_true_{layer}", synthesis.mean(), number)

    def measures(self) -> Columns:
        """Return everything seen, by name; what a network lacks is absent."""
        measures = self._means.means()
        if self._peak is not None:
            measures["dead_channels"] = float((self._peak == 0).float().mean())
        for layer, tally in self._flows.items():
            if f"flow_px_{layer}" in measures:
                errors = tally.errors()
                measures[f"epe_{layer}"] = errors.predicted_px
                measures[f"epe_zero_{layer}"] = errors.zero_px
                measures[f"epe_constant_{layer}"] = errors.constant_px
        return measures


class TransferWatch:
    """How well a student hallucinates the teacher's knowledge."""

    def __init__(self) -> None:
        self._means = MeanTally()
        self._peak: Tensor | None = None

    def add(self, hallucinated: Tensor, knowledge: Tensor, sequence: Tensor) -> None:
        """Look at one batch; ``sequence`` (B,) says which samples have real neighbours."""
        if not bool(sequence.any()):
            return
        fake, real = hallucinated[sequence].float(), knowledge[sequence].float()
        self._means.add("transfer", (fake - real).abs().mean(), len(fake))
        self._means.add("knowledge_mean", real.abs().mean(), len(fake))
        peak = fake.abs().amax((0, 2, 3))
        self._peak = peak if self._peak is None else torch.maximum(self._peak, peak)

    def measures(self) -> Columns:
        """Return the transfer loss, also as a share of what predicting zero would cost."""
        measures = self._means.means()
        if self._peak is not None:
            # A dead teacher knows nothing: any guess is infinitely far off.
            nothing = max(measures["knowledge_mean"], 1e-12)
            measures["transfer_ratio"] = measures["transfer"] / nothing
            measures["dead_channels"] = float((self._peak == 0).float().mean())
        return measures


def outside(fields: Tensor) -> Tensor:
    """Say which cells' motion (B, P, 2, h, w) ends outside the frame: bool (B, P, h, w)."""
    height, width = fields.shape[-2:]
    columns = torch.arange(width, device=fields.device) + fields[:, :, 0]
    rows = torch.arange(height, device=fields.device)[:, None] + fields[:, :, 1]
    return (columns < 0) | (columns > width - 1) | (rows < 0) | (rows > height - 1)


def warnings_of(measures: Mapping[str, float]) -> list[str]:
    """Return a sentence for every sign of trouble in a validation."""
    found = []
    for layer in LAYERS:
        if measures.get(f"semantic_std_{layer}", 1.0) < COLLAPSED:
            found.append(
                f"the {layer} features have collapsed (standard deviation "
                f"{measures[f'semantic_std_{layer}']:.1e}): lower weights.view_synthesis or the "
                "learning rate"
            )
        if _cheats(measures, layer):
            found.append(
                f"the {layer} flow matches features better than the true motion does, yet is "
                "further from it than no motion: its loss falls without learning motion"
            )
    if measures.get("transfer_ratio", 0.0) > 1:
        found.append(
            f"L_T is {measures['transfer_ratio']:.2f} of mean |f_t|: the student would be nearer "
            "by predicting zero; lower weights.adversarial or raise gamma_start_epoch"
        )
    if measures.get("dead_channels", 0.0) > 0.5:
        found.append(
            f"{measures['dead_channels']:.0%} of the representation's channels are dead: lower the "
            "learning rate or set leaky_slope"
        )
    if is_flat(measures):
        found.append(f"{describe_flat(measures)}: so far the network has learnt tone at most")
    if measures.get("dead_everywhere", 0.0) > 0.5:
        found.append(
            f"{measures['dead_everywhere']:.0%} of the network's channels are dead: lower the "
            "learning rate or set leaky_slope"
        )
    return found


def _cheats(measures: Mapping[str, float], layer: str) -> bool:
    """Whether view synthesis is won by features that repeat instead of by motion."""
    if f"epe_{layer}" not in measures or f"synthesis_true_{layer}" not in measures:
        return False
    better = measures[f"synthesis_predicted_{layer}"] < measures[f"synthesis_true_{layer}"]
    return better and measures[f"epe_{layer}"] > measures[f"epe_zero_{layer}"]


class JudgeWatch:
    """Notices when the discriminator has won: then it teaches the student nothing."""

    GAP = 0.9
    PATIENCE = 1000
    """Steps over which the gap must hold."""

    def __init__(self) -> None:
        self._steps = 0

    def add(self, measures: Mapping[str, float]) -> str | None:
        """Look at one step; return a sentence once, when the gap has held long enough."""
        if "discriminator_real" not in measures:
            return None
        gap = measures["discriminator_real"] - measures["discriminator_fake"]
        self._steps = self._steps + 1 if gap > self.GAP else 0
        if self._steps != self.PATIENCE:
            return None
        return (
            f"the discriminator has told real from fake for {self.PATIENCE} steps (D(real) - "
            f"D(fake) = {gap:.2f}): lower weights.adversarial"
        )
