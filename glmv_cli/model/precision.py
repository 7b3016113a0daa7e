"""In which precision a CPU computes."""

from __future__ import annotations

import torch

CPU_DTYPE = torch.float32
"""What weights are unpacked to, and what activations and the KV cache are in.

Without AMX, bfloat16 products run at a fifth of the speed of float32 (58 against 316 GFLOP/s). With it, experts would
still pay for unpacking 4-bit weights, which costs more than the product of one token.
"""

_TILES = ("amx_tile", "amx_bf16")


def tile_products(setting: str, capabilities: dict[str, object] | None = None) -> torch.dtype:
    """What the factors of products without packed weights are rounded to: those of the vision tower, and of attention
    with many tokens. All else stays float32.

    bfloat16 where the processor multiplies tiles of it, which is three to four times as fast and less rounding than
    transformers does in bfloat16; AVX512_BF16 alone is no faster than float32. ``setting`` is ``GLMV_KERNEL``: whoever
    asks for exact arithmetic gets float32. ``capabilities``: those that torch finds, unless they are given.
    """
    if setting and not setting.startswith("int8"):
        return torch.float32
    found = torch.cpu.get_capabilities() if capabilities is None else capabilities
    return torch.bfloat16 if all(found.get(name) for name in _TILES) else torch.float32
