"""NF4, as bitsandbytes lays it out: the codec, and products with weights that stay packed.

Layout: blocks of 64 elements along the input dimension share one float32 scale, ``absmax``; byte ``j`` holds element
``2j`` in its high nibble and ``2j + 1`` in its low one; a nibble is an index into :data:`NF4_CODE`. 4.5 bits a weight.
The code is that of QLoRA (arXiv:2305.14314, appendix E).
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn import functional as F

BLOCK_SIZE = 64
NF4_CODE = (
    -1.0,
    -0.6961928009986877,
    -0.5250730514526367,
    -0.39491748809814453,
    -0.28444138169288635,
    -0.18477343022823334,
    -0.09105003625154495,
    0.0,
    0.07958029955625534,
    0.16093020141124725,
    0.24611230194568634,
    0.33791524171829224,
    0.44070982933044434,
    0.5626170039176941,
    0.7229568362236023,
    1.0,
)


def quantize(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``[..., K]`` → packed ``[..., K/2]`` uint8 and absmax ``[..., K/64]`` float32; K is a multiple of 64.

    Every element goes to the nearest code after division by its block's largest magnitude; a block of zeros has
    scale 0. Raises ``ValueError`` for a K that does not fit, or a weight that is not finite.
    """
    *rows, width = weight.shape
    if width % BLOCK_SIZE:
        raise ValueError(f"the last dimension must be a multiple of {BLOCK_SIZE}, not {width}")
    blocks = weight.detach().to(torch.float32).reshape(*rows, width // BLOCK_SIZE, BLOCK_SIZE)
    absmax = blocks.abs().amax(-1)
    if not torch.isfinite(absmax).all():
        raise ValueError("the weight has elements that are not finite")
    code = torch.tensor(NF4_CODE)
    scaled = blocks * torch.where(absmax > 0, 1 / absmax, 0.0)[..., None]
    indices = torch.bucketize(scaled, (code[1:] + code[:-1]) / 2).to(torch.uint8).reshape(*rows, width)
    return indices[..., 0::2] << 4 | indices[..., 1::2], absmax


def dequantize(packed: torch.Tensor, absmax: torch.Tensor, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Packed ``[..., K/2]`` and absmax ``[..., K/64]`` → ``[..., K]`` in ``dtype``."""
    # One look-up a byte gives both of its elements.
    elements = F.embedding(packed.int(), _byte_pairs(packed.device))  # [..., K/2, 2]
    blocks = elements.reshape(*absmax.shape, BLOCK_SIZE) * absmax[..., None]
    return blocks.reshape(*packed.shape[:-1], -1).to(dtype)


@lru_cache(maxsize=8)
def _byte_pairs(device: torch.device) -> torch.Tensor:
    """Both elements of every byte, ``[256, 2]``: high nibble first."""
    code = torch.tensor(NF4_CODE, device=device)
    return torch.cartesian_prod(code, code)


def linear(
    x: torch.Tensor, packed: torch.Tensor, absmax: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """``x @ W.T + bias`` for a packed ``W`` of ``[N, K]``: ``[..., K]`` → ``[..., N]``."""
    return F.linear(x, dequantize(packed, absmax, x.dtype), bias)
