"""Modules whose weights stay in 16 bit, as they lie in the file, and are cast where they are used.

What is cast for each call is paid for by the size of the call: the vision tower sees hundreds of patches at a time.
On a device that computes in the type of the weights, nothing is cast.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

_CAST_ELEMENTS = 1 << 21
"""How much of a weight is cast at a time: 8 MiB in float32."""


def _empty(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(*shape), requires_grad=False)


class Linear16(nn.Module):
    """``nn.Linear``: ``[..., in_features]`` → ``[..., out_features]``, in the type of its input."""

    def __init__(self, in_features: int, out_features: int, bias: bool) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = _empty(out_features, in_features)
        self.bias = _empty(out_features) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.weight.dtype == x.dtype:
            return F.linear(x, self.weight, self.bias)
        rows = max(1, _CAST_ELEMENTS // self.in_features)
        parts = [F.linear(x, block.to(x.dtype)) for block in self.weight.split(rows)]
        out = torch.cat(parts, dim=-1) if len(parts) > 1 else parts[0]
        return out if self.bias is None else out.add_(self.bias)


class Conv16(nn.Module):
    """``nn.Conv2d`` without padding: ``[N, C, H, W]`` → ``[N, out, H', W']``, in the type of its input."""

    def __init__(self, like: nn.Conv2d) -> None:
        super().__init__()
        self.stride = like.stride
        self.weight = _empty(*like.weight.shape)
        self.bias = None if like.bias is None else _empty(*like.bias.shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x, self.weight.to(x.dtype), self.bias, stride=self.stride)


class Embedding16(nn.Module):
    """``nn.Embedding``: only the rows that are looked up are cast, to ``dtype``."""

    def __init__(self, rows: int, columns: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.weight = _empty(rows, columns)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return F.embedding(ids, self.weight).to(self.dtype)
