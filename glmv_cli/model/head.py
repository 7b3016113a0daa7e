"""The output head of a large vocabulary on a CPU: 8 bit by row, and the likeliest tokens in full.

Every token reads the whole head. In float32 GLM-4.5V's has 2.5 GB; in 8 bit it is 0.6 GB, which are read as fast as the
memory gives them.
"""

from __future__ import annotations

import torch
from torch import nn

from glmv_cli.kernels import rows8

_EXACT = 64
"""How many of the likeliest tokens get their logits from the 16-bit rows in the file: the choice is between these."""
_BLOCK = 64
"""Logits that are looked at together in the search for the largest."""


class Head8bit(nn.Module):
    """``[..., H]`` → logits ``[..., V]``, in the type of its input.

    Logits are within about 1 % of the largest; the :data:`_EXACT` largest are exact.
    """

    def __init__(self, vocabulary: int, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(vocabulary, hidden), requires_grad=False)
        self._rows = self._scale = torch.empty(0)

    def compress(self) -> None:
        """Quantizes the weight that was bound. Its own rows stay at hand; in a mapped file they take no memory."""
        self._rows = self.weight.data  # [V, H]
        quantized, self._scale = rows8.quantize(self._rows)
        self.weight = nn.Parameter(quantized, requires_grad=False)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        flat = hidden.reshape(-1, hidden.shape[-1]).float()  # [T, H]
        logits = rows8.linear(flat, self.weight, self._scale)  # [T, V]
        best = largest(logits, _EXACT)  # [T, n]
        exact = [self._rows[chosen].float() @ token for chosen, token in zip(best, flat, strict=True)]
        logits.scatter_(-1, best, torch.stack(exact))
        return logits.to(hidden.dtype).reshape(*hidden.shape[:-1], -1)


def largest(logits: torch.Tensor, count: int) -> torch.Tensor:
    """Where the ``count`` largest of ``[T, V]`` are, or all if there are fewer: ``[T, n]``, in any order.

    They lie in the ``count`` blocks with the largest maxima: to look at these alone takes less than half the time.
    """
    tokens, vocabulary = logits.shape
    blocks = vocabulary // _BLOCK
    if blocks <= count:
        return logits.topk(min(count, vocabulary), dim=-1).indices
    whole = logits[:, : blocks * _BLOCK].view(tokens, blocks, _BLOCK)
    promising = whole.amax(-1).topk(count, dim=-1).indices  # [T, count]
    inside = promising[..., None] * _BLOCK + torch.arange(_BLOCK)  # [T, count, block]
    rest = torch.arange(blocks * _BLOCK, vocabulary).expand(tokens, -1)
    where = torch.cat((inside.flatten(1), rest), dim=-1)
    return where.gather(-1, logits.gather(-1, where).topk(count, dim=-1).indices)
