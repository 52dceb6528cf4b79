"""Equations 1 to 10 of the paper, as means: no term depends on the size of crop or batch.

Each equation is a function from tensors to one number per sample, (B,). `teacher_losses`,
`student_losses` and `discriminator_losses` average them over the samples that have the truth they
need and return them by name, unweighted. All arithmetic here is float32, under autocast too.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from trainer.data.batch import Batch, Counts
from trainer.data.motion import valid_cells
from trainer.nets import (
    DecoupledViews,
    Discriminator,
    Flows,
    StudentOutput,
    TeacherOutput,
    warp_neighbours,
)
from trainer.nets.decouple import LayerFeatures
from trainer.nets.views import centre_of

Losses = dict[str, Tensor]
"""Scalar tensors by the names that the log uses."""

TERMS = (
    "objective",
    "reconstruction",
    "perceptual",
    "decoupling",
    "view_synthesis",
    "flow_supervision",
    "transfer",
    "labels",
    "adversarial",
    "discriminator",
    "gradient_norm",
    "discriminator_gradient_norm",
    "discriminator_real",
    "discriminator_fake",
    "knowledge_mean",
)
"""What a step of teacher or student measures; what a stage lacks stays empty in the log."""

Perceptual = Callable[[Tensor], Tensor]
"""Images (B, 3, H, W) in [0, 1] -> features, phi of equation 5."""

SMOOTHING = 1e-6
"""Added under square roots, which have no gradient at zero."""

FLAT = 1e-4
"""Added to a variance that is divided by: 2.6 levels of standard deviation."""


def layer_distance(image: Tensor, truth: Tensor) -> Tensor:
    """Return equation 1 per sample, the distance of two pictures and of their gradients.

        l(x, y) = mean |x - y| + mean |d_x x - d_x y| + mean |d_y x - d_y y|

    d_x and d_y are forward differences between neighbouring pixels; no pixel wraps around.

    Parameters
    ----------
    image, truth : x and y, (B, C, H, W) in [0, 1]; the image may leave that range

    Returns
    -------
    float32 (B,)
    """
    difference = image.float() - truth.float()
    right = difference[..., :, 1:] - difference[..., :, :-1]
    down = difference[..., 1:, :] - difference[..., :-1, :]
    return _mean_abs(difference) + _mean_abs(right) + _mean_abs(down)


def structure_distance(image: Tensor, truth: Tensor) -> Tensor:
    """Return equation 1 per sample after the best affine map of each channel of the image.

        l(a x + b, y)  with a, b that make mean (a x + b - y)^2 + FLAT (a - 1)^2 smallest

    Tone counts for nothing: a picture that is too bright or of a tint is at no distance. Where
    there is hardly anything to map, a stays near 1: a flat picture is told what it lacks.

    Parameters
    ----------
    image, truth : x and y, (B, C, H, W) in [0, 1]; the image may leave that range

    Returns
    -------
    float32 (B,)
    """
    own, wanted = (x.float() - x.float().mean((2, 3), keepdim=True) for x in (image, truth))
    shared, variance = ((own * x).mean((2, 3), keepdim=True) for x in (wanted, own))
    gain = (shared + FLAT) / (variance + FLAT)
    return layer_distance(gain * own, wanted)


def perceptual_distance(perceptual: Perceptual, image: Tensor, truth: Tensor) -> Tensor:
    """Return equation 5 per sample, the distance of two pictures in the eyes of VGG-19.

        L_P = mean |phi(T_hat) - phi(T)|

    Parameters
    ----------
    perceptual : phi, conv5_3 of VGG-19: (B, 3, H, W) -> (B, 512, H / 16, W / 16)
    image, truth : T_hat and T, (B, 3, H, W) in [0, 1]; no gradient reaches the truth

    Returns
    -------
    float32 (B,)
    """
    with torch.no_grad():
        wanted = perceptual(truth)
    return _mean_abs(perceptual(image).float() - wanted.float())


def view_synthesis(semantic: Tensor, fields: Tensor) -> Tensor:
    """Return one layer's terms of equation 3 per sample, summed over the neighbours k of view t.

        L_VS = sum_k mean ||Phi_t - warp(Phi_k, M^{t,k})||_2

    The norm is over channels, the mean over cells. Every cell counts: a mask that follows the
    predicted flow would reward leaving the frame.

    Parameters
    ----------
    semantic : (B, V, C, h, w), Phi of the layer in all views
    fields : (B, V - 1, 2, h, w), M^{t,k}: motion from the centre to each neighbour, in cells

    Returns
    -------
    float32 (B,)
    """
    warped = warp_neighbours(semantic, fields)
    difference = centre_of(semantic).float()[:, None] - warped
    return (difference.square().mean(2) + SMOOTHING).sqrt().mean((2, 3)).sum(1)


def flow_distance(fields: Tensor, motion: Tensor) -> Tensor:
    """Return the mean end-point error per sample, where the true motion stays in the frame.

        mean ||M_hat(p) - M(p)||_2  over pairs and the cells p whose p + M(p) is in the frame

    Beyond the paper, which has no direct supervision of motion (3.1.2).

    Parameters
    ----------
    fields : M_hat, (B, P, 2, h, w), predicted, in cells
    motion : M, (B, P, 2, h, w), true, in cells

    Returns
    -------
    float32 (B,), in cells; 0 where no cell stays
    """
    valid = valid_cells(motion)
    difference = fields.float() - motion
    distance = (difference.square().sum(2) + SMOOTHING).sqrt()
    return (distance * valid).sum((1, 2, 3)) / valid.sum((1, 2, 3)).clamp(min=1)


def transfer_distance(hallucinated: Tensor, knowledge: Tensor) -> Tensor:
    """Return equation 7 per sample, what a student's representation lacks of the teacher's.

        L_T = mean |f_s - f_t|

    Parameters
    ----------
    hallucinated : f_s, (B, C, h, w)
    knowledge : f_t, likewise; no gradient reaches it

    Returns
    -------
    float32 (B,)
    """
    return _mean_abs(hallucinated.float() - knowledge.detach().float())


def squared_distance(logits: Tensor, label: float) -> Tensor:
    """Return one expectation of equations 8 and 9 per sample.

        mean (D(x) - label)^2

    Parameters
    ----------
    logits : D(x), (B, 1, h, w), one for each patch of the representation x
    label : 1 for real, 0 for hallucinated

    Returns
    -------
    float32 (B,)
    """
    return (logits.float() - label).square().flatten(1).mean(1)


def teacher_losses(
    output: TeacherOutput, batch: Batch, counts: Counts, perceptual: Perceptual | None = None
) -> Losses:
    """Return the terms of equation 6, and `flow_supervision`, by name, unweighted.

        alpha_t L_R + beta_t L_P + gamma_t L_FD + zeta_t L_VS

        L_R  = l(T_hat, T)                                equation 4
        L_FD = sum_k l(T_hat_k, T_k) + l(R_hat_k, R_k)    equation 2, at half size, over all views k

    with l of equation 1 (`layer_distance`), L_P of equation 5 (`perceptual_distance`) and L_VS of
    equation 3 (`view_synthesis`) over both layers. A term that the network has no part for (an
    ablation, ``perceptual`` None) is absent.

    Parameters
    ----------
    output : of the teacher on ``batch.blended``
    batch : B sequences on the device, images float32 in [0, 1]
    counts : the samples each mean is over, of all processes
    perceptual : phi, or None

    Returns
    -------
    scalars
    """
    losses = _image_losses(output.transmission, batch, counts, perceptual)
    layers, flows = output.layers, output.flows
    if layers is not None and layers.reflection is not None:
        losses["decoupling"] = _decoupling(
            layers.transmission, batch.transmission, batch.transmission_known, counts.transmission
        ) + _decoupling(
            layers.reflection, batch.reflection, batch.reflection_known, counts.reflection
        )
    if layers is not None and flows is not None:
        synthesis = _synthesis(layers, flows)
        losses["view_synthesis"] = _mean(synthesis, batch.sequence, counts.sequence)
        supervision = _supervision(flows, batch)
        losses["flow_supervision"] = _mean(supervision, batch.motion_known, counts.motion)
    return losses


def student_losses(
    output: StudentOutput,
    batch: Batch,
    counts: Counts,
    perceptual: Perceptual | None = None,
    *,
    knowledge: Tensor | None = None,
    discriminator: Discriminator | None = None,
) -> Losses:
    """Return the student's terms of equation 10 by name, unweighted; L_D is not among them.

        alpha_s L_R + beta_s L_P + gamma_s L_G + zeta_s L_T

        L_G = mean (D(f_s) - 1)^2    equation 8

    with L_R of equation 4 and L_P of equation 5 as for the teacher and L_T of equation 7
    (`transfer_distance`).

    Parameters
    ----------
    output : of the student on ``batch.centre_blended``
    batch, counts, perceptual : as in `teacher_losses`
    knowledge : f_t for the whole batch; None without knowledge transfer. Single photos have none:
        whatever stands in their place is ignored.
    discriminator : judges f_s; its own weights get no gradient from here
    """
    losses = _image_losses(output.transmission, batch, counts, perceptual)
    hallucinated = output.hallucinated
    if hallucinated is None or knowledge is None:
        return losses
    transfer = transfer_distance(hallucinated, knowledge)
    losses["transfer"] = _mean(transfer, batch.sequence, counts.sequence)
    if discriminator is not None:
        doubt = squared_distance(discriminator.opinion(hallucinated), 1.0)
        losses["adversarial"] = _mean(doubt, batch.sequence, counts.sequence)
    return losses


def label_losses(output: StudentOutput, batch: Batch, counts: Counts, labels: Tensor) -> Losses:
    """Return by name, unweighted, what the teacher's pictures teach where no truth is.

        mean l'(T_hat_s, T_hat_t)    l' of `structure_distance`, over the sequences without a truth

    Beyond the paper.

    Parameters
    ----------
    labels : T_hat_t, (B, 3, H, W); no gradient reaches it
    """
    distance = structure_distance(output.transmission, labels.detach())
    return {"labels": _mean(distance, batch.unlabelled, counts.unlabelled)}


def discriminator_losses(
    discriminator: Callable[[Tensor], Tensor],
    hallucinated: Tensor,
    knowledge: Tensor,
    batch: Batch,
    counts: Counts,
) -> Losses:
    """Return equation 9 by name; neither student nor teacher is moved by it.

        L_D = mean D(f_s)^2 + mean (D(f_t) - 1)^2

    Parameters
    ----------
    discriminator : D, (B, C, h, w) -> (B, 1, h', w')
    hallucinated, knowledge : f_s and f_t, (B, C, h, w)
    batch, counts : only samples with real neighbours count
    """
    fake = squared_distance(discriminator(hallucinated.detach()), 0.0)
    real = squared_distance(discriminator(knowledge.detach()), 1.0)
    return {"discriminator": _mean(fake + real, batch.sequence, counts.sequence)}


def weighted_sum(losses: Losses, weights: Mapping[str, float]) -> Tensor:
    """Return the objective: each term times its weight.

    A term of weight zero stays in the graph: under DDP every weight must receive a gradient.

    Raises
    ------
    KeyError
        A term has no weight.
    """
    terms = [weights[name] * loss for name, loss in losses.items()]
    return torch.stack(terms).sum()


def half_size(images: Tensor) -> Tensor:
    """Return the mean of each 2x2 block of (N, C, H, W), what the decouple net is to draw."""
    return functional.avg_pool2d(images, 2)


def _image_losses(
    image: Tensor, batch: Batch, counts: Counts, perceptual: Perceptual | None
) -> Losses:
    """Return equations 4 and 5, which teacher and student share, of T_hat (B, 3, H, W)."""
    truth = batch.centre_transmission
    known, number = batch.transmission_known[:, batch.centre], counts.transmission[batch.centre]
    losses = {"reconstruction": _mean(layer_distance(image, truth), known, number)}
    if perceptual is not None:
        distance = perceptual_distance(perceptual, image, truth)
        losses["perceptual"] = _mean(distance, known, number)
    return losses


def _decoupling(layer: LayerFeatures, truth: Tensor, known: Tensor, number: Tensor) -> Tensor:
    """Return one layer's terms of equation 2: each view's mean over the samples that know it."""
    if layer.image is None:
        raise TypeError("the views were not decoupled: there is no picture of a layer to compare")
    wanted = half_size(truth.flatten(0, 1))
    distance = layer_distance(layer.image.flatten(0, 1), wanted)
    return _mean(distance.reshape(known.shape), known, number).sum()


def _synthesis(layers: DecoupledViews, flows: Flows) -> Tensor:
    """Return equation 3 per sample, over the layers there are."""
    total = view_synthesis(layers.transmission.semantic, flows.transmission)
    if layers.reflection is not None and flows.reflection is not None:
        total = total + view_synthesis(layers.reflection.semantic, flows.reflection)
    return total


def _supervision(flows: Flows, batch: Batch) -> Tensor:
    """Return the distance of both layers' flows from the truth, per sample."""
    total = flow_distance(flows.transmission, batch.transmission_motion)
    if flows.reflection is not None:
        total = total + flow_distance(flows.reflection, batch.reflection_motion)
    return total


def _mean(values: Tensor, known: Tensor, number: Tensor) -> Tensor:
    """Return the sum over the known samples divided by ``number``, or zero where that is zero."""
    return (values * known).sum(0) / torch.where(number > 0, number, torch.ones_like(number))


def _mean_abs(difference: Tensor) -> Tensor:
    """Return the mean absolute value of each sample."""
    return difference.abs().flatten(1).mean(1)
