"""The output head of a large vocabulary on a CPU: 8 bit by row, and the likeliest tokens in full.

Every token reads the whole head. In float32 GLM-4.5V's has 2.5 GB; in 16 bit, cast as it is read, it takes four times
as long as in 8 bit (151,552 rows of 4,096, one thread: 111 ms and 43 ms; two threads: 66 ms with bfloat16 products,
28 ms).
"""

from __future__ import annotations

import torch
from torch import nn

_EXACT = 64
"""How many of the likeliest tokens get their logits from the 16-bit rows in the file: the choice is between these."""
_CHUNK = 256
"""Rows quantized at a time."""


class Head8bit(nn.Module):
    """``[..., H]`` → logits ``[..., V]``, in the type of its input.

    Logits are within about 1 % of the largest; the :data:`_EXACT` largest are exact.
    """

    def __init__(self, vocabulary: int, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(vocabulary, hidden), requires_grad=False)
        self._rows = self._scale = self._ones = torch.empty(0)

    def compress(self) -> None:
        """Quantizes the weight that was bound. Its own rows stay at hand; in a mapped file they take no memory."""
        self._rows = self.weight.data  # [V, H]
        quantized, self._scale = quantize_rows(self._rows)
        self.weight = nn.Parameter(quantized, requires_grad=False)
        self._ones = torch.ones(len(quantized), dtype=torch.bfloat16, device=quantized.device)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        flat = hidden.reshape(-1, hidden.shape[-1])  # [T, H]
        # The kernel is fast in bfloat16 only. Scales are applied outside, where they keep their precision.
        products = torch._weight_int8pack_mm(flat.bfloat16(), self.weight, self._ones)
        logits = products.float().mul_(self._scale)  # [T, V]
        best = logits.topk(min(_EXACT, logits.shape[-1]), dim=-1).indices  # [T, n]
        exact = [self._rows[chosen].float() @ token.float() for chosen, token in zip(best, flat, strict=True)]
        logits.scatter_(-1, best, torch.stack(exact))
        return logits.to(hidden.dtype).reshape(*hidden.shape[:-1], -1)


def quantize_rows(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``[V, H]`` in any float type → int8 ``[V, H]`` and float32 scales ``[V]``: a row's largest becomes 127."""
    quantized = torch.empty(weight.shape, dtype=torch.int8)
    scale = torch.empty(len(weight))
    for start in range(0, len(weight), _CHUNK):
        rows = slice(start, start + _CHUNK)
        chunk = weight[rows].to(torch.float32, copy=True)
        largest = chunk.abs().amax(-1).clamp_min_(torch.finfo(torch.float32).tiny * 127)
        scale[rows] = largest / 127
        quantized[rows] = chunk.mul_((127 / largest)[:, None]).round_()
    return quantized, scale
