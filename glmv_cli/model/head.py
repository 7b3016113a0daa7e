"""The output head of a large vocabulary on a CPU: 8 bit by row, and the likeliest tokens in full.

Every token reads the head. In float32 GLM-4.5V has 2.5 GB of it; of the 0.6 GB that there are in 8 bit, it reads three
quarters for all rows, as fast as the memory gives them, and the rest for the rows that count.
"""

from __future__ import annotations

import torch
from torch import nn

from glmv_cli.kernels import rows8

_FULL = 4096
"""About how many logits have all 8 bits behind them. What the others lack changes the distribution of the next token by
at most 0.0009 (KL divergence) with random heads of normal weights, 0.0022 with heavy tails; their logits are flat."""
_EXACT = 64
"""How many of the likeliest tokens get their logits from the 16-bit rows in the file: the choice is between these."""


class Head8bit(nn.Module):
    """``[..., H]`` → logits ``[..., V]``, in the type of its input.

    Those that are the :data:`_EXACT` largest in 8 bits are exact, the :data:`_FULL` largest within about 1 % of the
    largest, all within 5 %. It takes the C library.
    """

    def __init__(self, vocabulary: int, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(vocabulary, hidden), requires_grad=False)
        """In 16 bits; in a mapped file its rows take no memory until they are read."""
        self._compressed: rows8.Rows8 | None = None

    def compress(self) -> None:
        """Quantizes the weight that was bound."""
        self._compressed = rows8.quantize(self.weight.data)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        assert self._compressed is not None, "the head was not compressed"
        flat = hidden.reshape(-1, hidden.shape[-1]).float()  # [T, H]
        logits = rows8.linear(flat, self._compressed, _FULL)  # [T, V]
        rows8.recompute_largest(logits, flat, self.weight, _EXACT)
        return logits.to(hidden.dtype).reshape(*hidden.shape[:-1], -1)
