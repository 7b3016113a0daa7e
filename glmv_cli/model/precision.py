"""In which precision a CPU computes."""

from __future__ import annotations

import torch

CPU_DTYPE = torch.float32
"""What weights are unpacked to, and what activations and the KV cache are in.

Without AVX512_BF16 or AMX, bfloat16 products run at a fifth of the speed of float32 (58 against 316 GFLOP/s). With
them it would have to be measured first, on 4-bit weights, whose unpacking costs more than the product of one token.
"""
