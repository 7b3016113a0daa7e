"""8-bit matrices for products that need few of their results in full: what stands for a large output head.

V: rows, H: columns, T: tokens, S: spans of 256 columns, the last of them filled up with zeros. ``c/rows8.h`` describes
the layout.
"""

from __future__ import annotations

import math
import mmap
from ctypes import byref
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from glmv_cli.kernels import library, simd

_SPAN, _UPPER, _LOWER = 256, 192, 64
_MIDDLE, _MOST, _FINEST = 128, 127, 255
_QUANTIZED = 256
"""Rows that are quantized at a time."""
_PAGE = 2 << 20


@dataclass(frozen=True, slots=True)
class Rows8:
    """``[V, H]`` in 8 bits: upper six bits and lower two apart, a scale a row, and its multiplier for each span."""

    upper: torch.Tensor  # uint8 [V, S, 192]
    lower: torch.Tensor  # uint8 [V, S, 64]
    multipliers: torch.Tensor  # uint8 [V, S]
    scale: torch.Tensor  # float32 [V]
    columns: int

    def __len__(self) -> int:
        return len(self.scale)

    def numbers(self, rows: slice = slice(None)) -> torch.Tensor:
        """Some rows as float32 ``[n, H]``."""
        upper, lower = self.upper[rows].unflatten(-1, (3, 64)), self.lower[rows]  # [n, S, 3, 64], [n, S, 64]
        last = (upper >> 6) << torch.tensor([0, 2, 4], dtype=torch.uint8)[:, None]
        six = torch.cat((upper & 63, last.sum(-2, keepdim=True, dtype=torch.uint8)), dim=-2)  # [n, S, 4, 64]
        two = torch.stack([(lower >> shift) & 3 for shift in (0, 2, 4, 6)], dim=-2)
        whole = (six * 4 + two).flatten(-2).float() - _MIDDLE  # [n, S, 256]
        scales = self.multipliers[rows] * self.scale[rows, None]  # [n, S]
        return (whole * scales[..., None]).flatten(1)[:, : self.columns]


def quantize(weight: torch.Tensor) -> Rows8:
    """``[V, H]`` in any float type; a scale that is not finite says that its row is not."""
    rows, columns = weight.shape
    spans = math.ceil(columns / _SPAN)
    upper, lower = _empty((rows, spans, _UPPER)), _empty((rows, spans, _LOWER))
    found = Rows8(upper, lower, torch.empty(rows, spans, dtype=torch.uint8), _floats(rows), columns)
    functions = simd.functions()
    if functions is not None and _is_plain_bfloat16(weight):
        functions.library.glmv_rows8_quantize(
            *(functions.set, weight.data_ptr(), rows, columns),
            *(upper.data_ptr(), lower.data_ptr(), found.multipliers.data_ptr(), found.scale.data_ptr()),
            torch.get_num_threads(),
        )
        return found
    for start in range(0, rows, _QUANTIZED):
        _quantize_some(weight[start : start + _QUANTIZED], found, slice(start, start + _QUANTIZED))
    return found


def _quantize_some(weight: torch.Tensor, out: Rows8, rows: slice) -> None:
    padding = out.multipliers.shape[1] * _SPAN - out.columns
    chunk = F.pad(weight.float(), (0, padding)).unflatten(-1, (-1, _SPAN))  # [n, S, 256]
    sizes = chunk.abs().amax(-1)  # [n, S]
    largest = sizes.amax(-1, keepdim=True).clamp_min_(torch.finfo(torch.float32).tiny * _MOST * _FINEST)  # [n, 1]
    multipliers = (sizes / largest * _FINEST).ceil_().nan_to_num_(_FINEST).clamp_(1, _FINEST)
    out.multipliers[rows] = multipliers.byte()
    out.scale[rows] = largest[:, 0] / (_MOST * _FINEST)
    inverse = 1 / (out.scale[rows, None] * multipliers)  # [n, S]
    rounded = (chunk * inverse[..., None]).round_().nan_to_num_(0).clamp_(-_MOST, _MOST)
    whole = (rounded + _MIDDLE).byte().unflatten(-1, (4, 64))  # [n, S, 4, 64]
    last = (whole[..., 3:, :] >> torch.tensor([2, 4, 6], dtype=torch.uint8)[:, None]) & 3
    out.upper[rows] = ((whole[..., :3, :] >> 2) | (last << 6)).flatten(-2)
    shifts = torch.tensor([0, 2, 4, 6], dtype=torch.uint8)[:, None]
    out.lower[rows] = ((whole & 3) << shifts).sum(-2, dtype=torch.uint8)


def _floats(*shape: int) -> torch.Tensor:
    """float32, which the library writes, whatever torch's default is."""
    return torch.empty(shape, dtype=torch.float32)


def _empty(shape: tuple[int, ...]) -> torch.Tensor:
    """Bytes in huge pages, where the system has them: such are read half as fast again (28 and 19 GB/s)."""
    size = math.prod(shape)
    if size < _PAGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return torch.empty(shape, dtype=torch.uint8)
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(memory, dtype=torch.uint8).view(shape)


def linear(x: torch.Tensor, weight: Rows8, full: int) -> torch.Tensor:
    """``x [T, H]`` times the transposed matrix: float32 ``[T, V]``.

    About ``full`` of the largest results of a token have all 8 bits of their weights behind them; the others the upper
    six, and 1.5 for the lower two. Activations are rounded as well, to 8 bits by span, or to 16 where one of them is
    large. It takes the library.
    """
    x = x.float().contiguous()
    functions = simd.functions()
    assert functions is not None, "without the library a head stays in 16 bits"
    out = _floats(len(x), len(weight))
    planes = (weight.upper, weight.lower, weight.multipliers, weight.scale)
    matrix = library.Rows8(*(plane.data_ptr() for plane in planes))
    status = functions.library.glmv_rows8(
        *(functions.set, byref(matrix), len(weight), weight.columns),
        *(x.data_ptr(), len(x), full, out.data_ptr(), torch.get_num_threads()),
    )
    library.check(status)
    return out


def recompute_largest(results: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, count: int) -> None:
    """Replaces a token's ``count`` largest ``results [T, V]`` by products of ``x [T, H]`` and ``weight [V, H]``."""
    count = min(count, results.shape[-1])
    functions = simd.functions()
    if functions is not None and simd.takes(results, x) and _is_plain_bfloat16(weight):
        status = functions.library.glmv_exact_rows(
            *(functions.set, weight.data_ptr(), *weight.shape, x.data_ptr(), len(x)),
            *(count, results.data_ptr(), torch.get_num_threads()),
        )
        library.check(status)
        return
    best = results.topk(count, dim=-1).indices  # [T, n]
    exact = [weight[chosen].float() @ token for chosen, token in zip(best, x, strict=True)]
    results.scatter_(-1, best, torch.stack(exact))


def _is_plain_bfloat16(weight: torch.Tensor) -> bool:
    return weight.dtype == torch.bfloat16 and weight.device.type == "cpu" and weight.is_contiguous()
