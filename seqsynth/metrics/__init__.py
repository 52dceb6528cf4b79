"""Score a restored picture against the truth, as the field does and as it should be done.

`psnr`, `ssim`, `lmse` and `ncc` are the definitions behind published tables (paper 5.1, ERRNet's
evaluation); `psnr_pooled`, `ssim_gaussian` and `structure_psnr` are the sane variants and carry
their own names. `score` computes all seven and shares the work between them; `stretch_black_level`
is what every score should be held against. Pictures are
(H, W, 3) on 0 to 255, any integer or floating type, both of one size; everything is computed in
float64. docs/metrics.md states the formulas and the value of every degenerate case.
"""

from seqsynth.metrics.black_level import stretch_black_level
from seqsynth.metrics.pictures import Picture, PictureError, check_picture
from seqsynth.metrics.scores import (
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
    "check_picture",
    "lmse",
    "ncc",
    "psnr",
    "psnr_pooled",
    "score",
    "ssim",
    "ssim_gaussian",
    "stretch_black_level",
    "structure_psnr",
]
