"""Triton kernels for a few tokens: every program multiplies some rows of a packed matrix by one vector.

Imported only where Triton is, see :mod:`glmv_cli.kernels.gpu.choice`. What they take is contiguous but for the experts,
which may lie apart; ``code`` are the 16 numbers of NF4.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _products(x, packed, absmax, code, rows, there, COLUMNS: tl.constexpr, ROWS: tl.constexpr, BLOCKS: tl.constexpr):
    """``[ROWS]`` float32: the ``rows`` that are ``there`` of a matrix ``[N, COLUMNS]`` times ``x [COLUMNS]``."""
    table = tl.load(code + tl.arange(0, 16))
    sums = tl.zeros([ROWS, BLOCKS], tl.float32)
    for first in range(0, COLUMNS // 64, BLOCKS):
        block = first + tl.arange(0, BLOCKS)
        inside = block < COLUMNS // 64
        element = block[:, None] * 64 + tl.arange(0, 64)[None]  # [BLOCKS, 64]
        both = tl.load(x + element, mask=inside[:, None], other=0.0).to(tl.float32)
        even, odd = tl.split(both.reshape(BLOCKS, 32, 2))
        known = there[:, None] & inside[None]  # [ROWS, BLOCKS]
        byte = block[:, None] * 32 + tl.arange(0, 32)[None]  # [BLOCKS, 32]
        place = packed + rows[:, None, None] * (COLUMNS // 2) + byte[None]
        pair = tl.load(place, mask=known[:, :, None], other=0).to(tl.int32).reshape(ROWS * BLOCKS * 32)
        high = tl.gather(table, pair >> 4, 0).reshape(ROWS, BLOCKS, 32)
        low = tl.gather(table, pair & 15, 0).reshape(ROWS, BLOCKS, 32)
        scale = tl.load(absmax + rows[:, None] * (COLUMNS // 64) + block[None], mask=known, other=0.0)
        sums += tl.sum(high * even[None] + low * odd[None], axis=2) * scale
    return tl.sum(sums, axis=1)


@triton.jit
def linear(
    out,
    x,
    packed,
    absmax,
    code,
    bias,
    rows_in_all,
    COLUMNS: tl.constexpr,
    BIASED: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCKS: tl.constexpr,
):
    """``x [T, COLUMNS]`` → ``out [T, N]``. Grid: tiles of rows, tokens."""
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    there = rows < rows_in_all
    token = tl.program_id(1).to(tl.int64)
    sums = _products(x + token * COLUMNS, packed, absmax, code, rows, there, COLUMNS, ROWS, BLOCKS)
    if BIASED:
        sums += tl.load(bias + rows, mask=there, other=0.0).to(tl.float32)
    tl.store(out + token * rows_in_all + rows, sums.to(out.dtype.element_ty), mask=there)


@triton.jit
def gate_up(
    out,
    hidden,
    ids,
    packed,
    absmax,
    code,
    packed_stride,
    absmax_stride,
    TOP: tl.constexpr,
    HIDDEN: tl.constexpr,
    INNER: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCKS: tl.constexpr,
):
    """``hidden [T, HIDDEN]``, ``ids [T, TOP]`` → ``out [T * TOP, INNER]``; nothing where an id is below 0.

    Grid: tiles of rows, choices.
    """
    choice = tl.program_id(1).to(tl.int64)
    expert = tl.load(ids + choice)
    if expert >= 0:
        rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
        there = rows < INNER
        x = hidden + choice // TOP * HIDDEN
        packed += expert * packed_stride
        absmax += expert * absmax_stride
        gate = _products(x, packed, absmax, code, rows, there, HIDDEN, ROWS, BLOCKS)
        up = _products(x, packed, absmax, code, rows + INNER, there, HIDDEN, ROWS, BLOCKS)
        tl.store(out + choice * INNER + rows, gate * tl.sigmoid(gate) * up, mask=there)


@triton.jit
def down(
    out,
    inner,
    ids,
    weights,
    packed,
    absmax,
    code,
    packed_stride,
    absmax_stride,
    TOP: tl.constexpr,
    HIDDEN: tl.constexpr,
    INNER: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCKS: tl.constexpr,
):
    """What :func:`gate_up` wrote, and ``weights [T, TOP]`` → the weighted sums, ``out [T, HIDDEN]``.

    Always added in the order of the choices, so that a sum is the same each time. Grid: tiles of rows, tokens.
    """
    token = tl.program_id(1).to(tl.int64)
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    there = rows < HIDDEN
    sums = tl.zeros([ROWS], tl.float32)
    for choice in range(TOP):
        expert = tl.load(ids + token * TOP + choice)
        if expert >= 0:
            x = inner + (token * TOP + choice) * INNER
            here, scales = packed + expert * packed_stride, absmax + expert * absmax_stride
            weight = tl.load(weights + token * TOP + choice).to(tl.float32)
            sums += weight * _products(x, here, scales, code, rows, there, INNER, ROWS, BLOCKS)
    tl.store(out + token * HIDDEN + rows, sums.to(out.dtype.element_ty), mask=there)
