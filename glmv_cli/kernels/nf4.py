"""NF4, as bitsandbytes lays it out: the codec, and products with weights that stay packed.

Layout: blocks of 64 elements along the input dimension share one float32 scale, ``absmax``; byte ``j`` holds element
``2j`` in its high nibble and ``2j + 1`` in its low one; a nibble is an index into :data:`NF4_CODE`. 4.5 bits a weight.
The code is that of QLoRA (arXiv:2305.14314, appendix E).
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn import functional as F

from glmv_cli.kernels import native, quantizers
from glmv_cli.kernels.gpu import choice, launch

BLOCK_SIZE = 64
_UNPACKED = 1 << 20
"""Elements unpacked at a time on a CPU: 4 MiB in float32."""
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
NF4 = native.Format(NF4_CODE, BLOCK_SIZE)

CHUNK = 1 << 18
"""Elements that are quantized at a time: what a step leaves is still in cache when the next one takes it."""

# Nearest codes without a search. A block divided by its absmax lies in [-1, 1]; as a number of 2⁻²⁸ it is an integer,
# exact wherever a boundary between two codes is near. Its upper bits name one of 67 cells, none of which holds more
# than one boundary M; the table entry of the cell is such that `entry + number` carries into bit 27 exactly past M.
_ONE = 1 << 28
_CELL_BITS = 23
_LOWEST = 33 << _CELL_BITS  # rounding may go a little below -1: one cell more than 32
_CODE_BITS = 27


def quantize(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``[..., K]`` → packed ``[..., K/2]`` uint8 and absmax ``[..., K/64]`` float32; K is a multiple of 64.

    Every element goes to the nearest code after division by its block's largest magnitude; a block of zeros has
    scale 0. Raises ``ValueError`` for a K that does not fit, or a weight that is not finite.
    """
    blocks = blocks_of(weight)
    quantizer = quantizers.chosen()
    if quantizer is not None and blocks.device.type == "cpu":
        return shaped(*quantizers.quantize(quantizer, NF4_CODE, blocks, search=False), weight)
    packed = torch.empty(len(blocks), BLOCK_SIZE // 2, dtype=torch.uint8)
    absmax = torch.empty(len(blocks))
    step = CHUNK // BLOCK_SIZE
    for start in range(0, len(blocks), step):
        here = slice(start, start + step)
        x = blocks[here].float()  # [B, 64]
        absmax[here] = block_maxima(x)
        packed[here] = pack(nearest(x * reciprocal(absmax[here])[:, None]))
    return shaped(packed, absmax, weight)


def blocks_of(weight: torch.Tensor) -> torch.Tensor:
    """``[..., K]`` → ``[blocks, 64]``. Raises ``ValueError`` for a K that does not fit."""
    if weight.shape[-1] % BLOCK_SIZE:
        raise ValueError(f"the last dimension must be a multiple of {BLOCK_SIZE}, not {weight.shape[-1]}")
    return weight.detach().reshape(-1, BLOCK_SIZE)


def shaped(packed: torch.Tensor, absmax: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Packed blocks and their scales in the shapes that belong to ``weight``: ``[..., K/2]`` and ``[..., K/64]``."""
    *rows, width = weight.shape
    return packed.reshape(*rows, width // 2), absmax.reshape(*rows, width // BLOCK_SIZE)


def block_maxima(x: torch.Tensor) -> torch.Tensor:
    """Largest magnitudes, ``[B, 64]`` → ``[B]``. Raises ``ValueError`` if there is an element that is not finite."""
    absmax = x.abs().amax(-1)
    if not torch.isfinite(absmax).all():
        raise ValueError("the weight has elements that are not finite")
    return absmax


def reciprocal(scale: torch.Tensor) -> torch.Tensor:
    """``1 / scale``, and 0 where that is no number: such a block counts as zero."""
    return torch.reciprocal(scale).nan_to_num_(nan=0.0, posinf=0.0)


def nearest(scaled: torch.Tensor) -> torch.Tensor:
    """The index of the nearest code, int32, for numbers in [-1, 1]."""
    number = (scaled * _ONE).to(torch.int32).add_(_LOWEST)
    cell = number >> _CELL_BITS
    index = torch.index_select(_cells(), 0, cell.flatten()).view_as(number)
    return index.add_(number).bitwise_right_shift_(_CODE_BITS)


def pack(indices: torch.Tensor) -> torch.Tensor:
    """Two int32 indices a byte, the first in the high nibble: ``[B, 64]`` → ``[B, 32]`` uint8."""
    pairs = indices.view(torch.int64)  # little-endian: the first of two in the low half
    return (pairs << 4 | pairs >> 32).to(torch.uint8)


@lru_cache(maxsize=1)
def _cells() -> torch.Tensor:
    """The table of :func:`nearest`, ``[67]`` int32."""
    code = torch.tensor(NF4_CODE)
    boundaries = [int(middle) for middle in (code[1:] + code[:-1]).div(2).double() * _ONE]
    entries = []
    for cell in range(67):
        low = (cell << _CELL_BITS) - _LOWEST
        below = sum(boundary < low for boundary in boundaries)
        within = [boundary for boundary in boundaries if low <= boundary < low + (1 << _CELL_BITS)]
        # Above M by one or more: the next code. Without a boundary, any start that cannot carry.
        start = ((below + 1) << _CODE_BITS) - within[0] - 1 if within else (below << _CODE_BITS) - low
        entries.append(start - _LOWEST)
    return torch.tensor(entries, dtype=torch.int32)


def dequantize(packed: torch.Tensor, absmax: torch.Tensor, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Packed ``[..., K/2]`` and absmax ``[..., K/64]`` → ``[..., K]`` in ``dtype``."""
    kernel = native.chosen().kernel
    if kernel is not None and native.fits(NF4, packed, absmax) and packed.is_contiguous() and absmax.is_contiguous():
        return native.unpack(kernel, NF4, packed, absmax).to(dtype)
    if packed.is_contiguous() and absmax.is_contiguous() and choice.reads((packed, absmax)):
        return launch.unpack(NF4_CODE, (packed, absmax), dtype)
    # One look-up a byte gives both of its elements; as one number of eight bytes, that is one copy.
    elements = _byte_pairs(packed.device).index_select(0, packed.flatten().int()).view(torch.float32)
    blocks = elements.view(*absmax.shape, BLOCK_SIZE).mul_(absmax[..., None])
    return blocks.view(*packed.shape[:-1], -1).to(dtype)


@lru_cache(maxsize=8)
def _byte_pairs(device: torch.device) -> torch.Tensor:
    """Both elements of every byte, ``[256]``: two float32, high nibble first, in the bits of one float64."""
    code = torch.tensor(NF4_CODE, device=device)
    return torch.cartesian_prod(code, code).view(torch.float64).flatten()


def linear(
    x: torch.Tensor, packed: torch.Tensor, absmax: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """``x @ W.T + bias`` for a packed ``W`` of ``[N, K]``: ``[..., K]`` → ``[..., N]``.

    A kernel multiplies without unpacking all of it, see :mod:`glmv_cli.kernels.native` and, for GPUs,
    :mod:`glmv_cli.kernels.gpu.choice`. Otherwise a CPU unpacks a part of ``W`` at a time: what the caches hold, and no
    memory to speak of.
    """
    kernel = native.chosen().kernel
    known = packed.ndim == 2 and native.takes(x, 2 * packed.shape[-1]) and native.fits(NF4, packed, absmax)
    if kernel is not None and known:
        return native.linear(kernel, NF4, x, packed, absmax, bias)
    if packed.ndim == 2 and x.numel() <= launch.FEW_TOKENS * x.shape[-1] and choice.takes(x, (packed, absmax)):
        return launch.linear(NF4_CODE, x, (packed, absmax), bias)
    rows = max(1, _UNPACKED // x.shape[-1])
    if packed.device.type != "cpu" or len(packed) <= rows:
        return F.linear(x, dequantize(packed, absmax, x.dtype), bias)
    parts = zip(packed.split(rows), absmax.split(rows), strict=True)
    out = torch.cat([F.linear(x, dequantize(*part, x.dtype)) for part in parts], dim=-1)
    return out if bias is None else out.add_(bias)
