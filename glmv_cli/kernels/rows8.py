"""8-bit matrices with one scale a row: what stands for a large output head.

V: rows, H: columns, T: tokens.
"""

from __future__ import annotations

import math
import mmap

import torch
from torch.nn import functional as F

from glmv_cli.kernels import library, simd

_QUANTIZED = 256
"""Rows that are quantized at a time."""
_CAST = 1 << 20
"""Elements that are cast at a time where torch multiplies."""
_PAGE = 2 << 20


def quantize(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``[V, H]`` in any float type → int8 ``[V, H]`` and float32 scales ``[V]``: a row's largest becomes 127."""
    quantized = _empty(weight.shape)
    scale = torch.empty(len(weight))
    functions = simd.functions()
    if functions is not None and weight.dtype == torch.bfloat16 and weight.device.type == "cpu":
        functions.library.glmv_rows8_quantize(
            *(functions.set, weight.contiguous().data_ptr(), *weight.shape),
            *(quantized.data_ptr(), scale.data_ptr(), torch.get_num_threads()),
        )
        return quantized, scale
    for start in range(0, len(weight), _QUANTIZED):
        rows = slice(start, start + _QUANTIZED)
        chunk = weight[rows].to(torch.float32, copy=True)
        largest = chunk.abs().amax(-1).clamp_min_(torch.finfo(torch.float32).tiny * 127)
        scale[rows] = largest / 127
        quantized[rows] = chunk.mul_((127 / largest)[:, None]).round_()
    return quantized, scale


def _empty(shape: torch.Size) -> torch.Tensor:
    """Memory for int8 in huge pages, where the system has them: such are read half as fast again (28 and 19 GB/s)."""
    size = math.prod(shape)
    if size < _PAGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return torch.empty(shape, dtype=torch.int8)
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(memory, dtype=torch.int8).view(shape)


def linear(x: torch.Tensor, weight: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """``x [T, H]`` times the transposed matrix: float32 ``[T, V]``.

    The library rounds activations to 16 bits, which adds nothing to speak of to what the weights have lost.
    """
    x = x.float().contiguous()
    functions = simd.functions()
    if functions is None or not simd.takes(x, scale):
        parts = [F.linear(x, part.float()) for part in weight.split(max(1, _CAST // x.shape[-1]))]
        return torch.cat(parts, dim=-1).mul_(scale)
    out = torch.empty(len(x), len(weight))
    status = functions.library.glmv_rows8(
        *(functions.set, weight.data_ptr(), scale.data_ptr(), *weight.shape),
        *(x.data_ptr(), len(x), out.data_ptr(), torch.get_num_threads()),
    )
    library.check(status)
    return out
