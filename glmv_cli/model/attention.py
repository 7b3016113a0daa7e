"""Attention of the language models: projections in one call, rotary positions, grouped heads without copies."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from transformers import Cache

from glmv_cli.kernels.linears import linears
from glmv_cli.kernels.rotary import rotate
from glmv_cli.model.modules import Linear4bit

_MANY = 64
"""Tokens for which rounding pays, as keys and values are rounded anew for each part of a prompt."""


class Attention4bit(nn.Module):
    """What the families' ``Attention`` classes in transformers compute, with packed projections.

    Takes the place of one of them, and its parts. ``width`` of a head; ``layer``: which it is; ``pairs``: how rotary
    positions are laid out. B: batch, n: tokens, H: hidden width, D: ``width``.
    """

    q_norm: nn.Module
    k_norm: nn.Module
    o_proj: nn.Module

    products = torch.float32
    """For :func:`grouped_attention`."""

    def __init__(self, like: nn.Module, width: int, layer: int, pairs: bool) -> None:
        super().__init__()
        self.width, self.layer, self.pairs = width, layer, pairs
        for name, part in like.named_children():
            self.add_module(name, part)

    def forward(
        self,
        hidden_states: torch.Tensor,
        position_embeddings: tuple[torch.Tensor, torch.Tensor],
        attention_mask: torch.Tensor | None,
        past_key_values: Cache | None = None,
        **kwargs: Any,
    ) -> tuple[torch.Tensor, None]:
        """``[B, n, H]`` with cosines and sines ``[B, n, R]`` → ``[B, n, H]``. The signature is that of transformers."""
        batch, n, _ = hidden_states.shape
        q, k, v = (part.view(batch, n, -1, self.width) for part in self._projected(hidden_states))  # [B, n, heads, D]
        if hasattr(self, "q_norm"):
            q, k = self.q_norm(q), self.k_norm(k)
        q, k = (rotate(part, *position_embeddings, self.pairs) for part in (q, k))
        q, k, v = (part.transpose(1, 2) for part in (q, k, v))  # [B, heads, n, D]
        if past_key_values is not None:
            k, v = past_key_values.update(k, v, self.layer)
        out = grouped_attention(q, k, v, attention_mask, self.width**-0.5, self.products)  # [B, n, heads, D]
        projected: torch.Tensor = self.o_proj(out.reshape(batch, n, -1))
        return projected, None

    def _projected(self, hidden: torch.Tensor) -> list[torch.Tensor]:
        parts = (self.q_proj, self.k_proj, self.v_proj)
        return linears(hidden, [part.packed for part in parts if isinstance(part, Linear4bit)])


def grouped_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scaling: float,
    products: torch.dtype = torch.float32,
) -> torch.Tensor:
    """``query [B, heads, n, D]``, ``key`` and ``value [B, groups, L, D]`` → ``[B, n, heads, D]``.

    Without a mask, a token sees those before it. That of one token, the heads of a group are the rows of one product:
    otherwise SDPA would read keys and values once for each head (96 heads in 8 groups, 8,192 tokens: 18.9 ms, and 5.9
    so). Nor are they copied for each head where there is a mask (512 tokens after 3,584: 719 ms, and 476 so).

    On a CPU the factors of many tokens' products are rounded to ``products``; sums and exponentials stay float32.
    """
    batch, heads, n, width = query.shape
    groups = key.shape[1]
    if n == 1:
        packed = query.reshape(batch, groups, heads // groups, width)  # [B, groups, heads a group, D]
        return F.scaled_dot_product_attention(packed, key, value, mask, scale=scaling).view(batch, 1, heads, width)
    kind = products if n >= _MANY and query.is_cpu else query.dtype
    q, k, v = (part.to(kind) for part in (query, key, value))
    out = F.scaled_dot_product_attention(
        q, k, v, mask, is_causal=mask is None, scale=scaling, enable_gqa=heads != groups
    )
    return out.transpose(1, 2).to(query.dtype)
