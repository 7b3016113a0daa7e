"""Root-mean-square normalisation (arXiv:1910.07467)."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from glmv_cli.kernels import simd

_MOST_ELEMENTS = 1 << 16
"""Up to so many, one thread is faster than torch's."""


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    """``x [..., H]`` over the root of the mean of its squares, times ``weight [H]``.

    torch makes six operations of it, which for one token, after weights have pushed their code and data out of the
    caches, take 150 µs.
    """
    functions = simd.functions()
    if functions is None or x.numel() > _MOST_ELEMENTS or not simd.takes(x, weight):
        return F.rms_norm(x, weight.shape, weight, eps)
    out = torch.empty_like(x)
    width = len(weight)
    functions.library.glmv_norm(
        *(functions.set, x.data_ptr(), x.numel() // width, width, weight.data_ptr(), eps, out.data_ptr())
    )
    return out
