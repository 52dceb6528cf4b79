"""The scores of :mod:`seqsynth.metrics`, which need no torch, under the trainer's name."""

from seqsynth.metrics import (
    Picture,
    PictureError,
    Scores,
    lmse,
    ncc,
    psnr,
    psnr_pooled,
    score,
    ssim,
    ssim_gaussian,
    structure_psnr,
)

__all__ = [
    "Picture",
    "PictureError",
    "Scores",
    "lmse",
    "ncc",
    "psnr",
    "psnr_pooled",
    "score",
    "ssim",
    "ssim_gaussian",
    "structure_psnr",
]
