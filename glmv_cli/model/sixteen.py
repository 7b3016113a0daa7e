"""Modules whose weights stay in 16 bit, as they lie in the file, and are cast where they are used.

What is cast for each call is paid for by the size of the call: the vision tower sees hundreds of patches at a time.
In the type of the weights, nothing is cast: on a device that computes in it, or where :mod:`precision` says so.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from glmv_cli.model.norm import RMSNorm

_CAST_ELEMENTS = 1 << 21
"""How much of a weight is cast at a time: 8 MiB in float32."""


def _empty(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(*shape), requires_grad=False)


def _product(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """``x @ weight.T + bias`` in the type of ``x``: ``[..., K]`` → ``[..., N]``."""
    if weight.dtype == x.dtype and (bias is None or bias.dtype == x.dtype):
        return F.linear(x, weight, bias)
    blocks = (weight,) if weight.dtype == x.dtype else weight.split(max(1, _CAST_ELEMENTS // weight.shape[1]))
    parts = [F.linear(x, block.to(x.dtype)) for block in blocks]
    out = torch.cat(parts, dim=-1) if len(parts) > 1 else parts[0]
    return out if bias is None else out.add_(bias)


def _rounded(x: torch.Tensor, products: torch.dtype) -> torch.Tensor:
    return x.to(products) if x.dtype == torch.float32 else x


class Linear16(nn.Module):
    """``nn.Linear``: ``[..., in_features]`` → ``[..., out_features]``, in the type of its input.

    ``products``: what the input is rounded to before it is multiplied, if it is float32.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool, products: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.products = products
        self.weight = _empty(out_features, in_features)
        self.bias = _empty(out_features) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _product(_rounded(x, self.products), self.weight, self.bias).to(x.dtype)


class Conv16(nn.Module):
    """A convolution over inputs as large as its kernel, which is a product: ``[N, C, *kernel]`` → ``[N, out]``.

    torch's convolutions do not notice that, and take many times as long. ``products``: as in :class:`Linear16`.
    """

    def __init__(self, like: nn.Conv2d | nn.Conv3d, products: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.products = products
        self.weight = _empty(*like.weight.shape)
        self.bias = None if like.bias is None else _empty(*like.bias.shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert x.shape[1:] == self.weight.shape[1:], "the kernel would have to move"
        rows = _rounded(x.flatten(1), self.products)  # [N, C · kernel]
        return _product(rows, self.weight.flatten(1), self.bias).to(x.dtype)


class RoundingNorm(RMSNorm):
    """Its result is rounded to ``dtype``: what follows computes in that, and what that is added to loses nothing."""

    def __init__(self, width: int, eps: float, dtype: torch.dtype) -> None:
        super().__init__(width, eps)
        self.dtype = dtype

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x).to(self.dtype)


class Embedding16(nn.Module):
    """``nn.Embedding``: only the rows that are looked up are cast, to ``dtype``."""

    def __init__(self, rows: int, columns: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.weight = _empty(rows, columns)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return F.embedding(ids, self.weight).to(self.dtype)
