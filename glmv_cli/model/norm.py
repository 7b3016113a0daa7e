"""Root-mean-square normalisation in one call."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class RMSNorm(nn.Module):
    """What the families' ``RMSNorm`` classes in transformers compute, ``[..., H]`` → ``[..., H]``.

    One operation instead of seven, of which each costs 5 µs, or 20 after weights have pushed others out of the caches.
    In 16 bit, on a GPU, it rounds once where they round twice.
    """

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.empty(width), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight, self.eps)
