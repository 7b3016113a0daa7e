"""Triton kernels for many tokens, grouped by expert: a tile of weights is unpacked once for a tile of tokens.

Imported only where Triton is, see :mod:`glmv_cli.kernels.gpu.choice`. A byte holds two neighbours of a row. They need
not be put beside each other if activations come *parted*: the elements of even number first, then the others.
``tiles``, ``tokens`` and ``lines``: see :mod:`glmv_cli.kernels.gpu.grouping`.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _tile(
    x,
    starts,
    live,
    packed,
    absmax,
    code,
    rows,
    there,
    COLUMNS: tl.constexpr,
    ROWS: tl.constexpr,
    TOKENS: tl.constexpr,
    BYTES: tl.constexpr,
):
    """``[ROWS, TOKENS]`` float32: rows of a matrix ``[N, COLUMNS]`` times the parted lines of ``x`` at ``starts``."""
    table = tl.load(code + tl.arange(0, 16))
    sums = tl.zeros([ROWS, TOKENS], tl.float32)
    for first in range(0, COLUMNS // 2, BYTES):
        byte = first + tl.arange(0, BYTES)
        place = packed + rows[:, None] * (COLUMNS // 2) + byte[None]
        pair = tl.load(place, mask=there[:, None], other=0).to(tl.int32).reshape(ROWS * BYTES)
        block = first // 32 + tl.arange(0, BYTES // 32)
        place = absmax + rows[:, None] * (COLUMNS // 64) + block[None]
        scale = tl.load(place, mask=there[:, None], other=0.0)[:, :, None]  # [ROWS, blocks, 1]
        even = tl.load(x + starts[None] + byte[:, None], mask=live[None], other=0.0)  # [BYTES, TOKENS]
        odd = tl.load(x + starts[None] + COLUMNS // 2 + byte[:, None], mask=live[None], other=0.0)
        high = tl.gather(table, pair >> 4, 0).reshape(ROWS, BYTES // 32, 32) * scale
        sums = tl.dot(high.reshape(ROWS, BYTES).to(even.dtype), even, sums, input_precision="ieee")
        low = tl.gather(table, pair & 15, 0).reshape(ROWS, BYTES // 32, 32) * scale
        sums = tl.dot(low.reshape(ROWS, BYTES).to(odd.dtype), odd, sums, input_precision="ieee")
    return sums


@triton.jit
def gate_up(
    out,
    x,
    tiles,
    tokens,
    packed,
    absmax,
    code,
    packed_stride,
    absmax_stride,
    HIDDEN: tl.constexpr,
    INNER: tl.constexpr,
    ROWS: tl.constexpr,
    TOKENS: tl.constexpr,
    BYTES: tl.constexpr,
):
    """Parted ``x [T, HIDDEN]`` → parted ``out [lines, INNER]``; ``tokens [lines]``. Grid: tiles of lines, of rows."""
    tile = tiles + 3 * tl.program_id(0)
    expert = tl.load(tile).to(tl.int64)
    line = tl.load(tile + 1).to(tl.int64) + tl.arange(0, TOKENS)
    live = line < tl.load(tile + 2)
    starts = tl.load(tokens + line, mask=live, other=0).to(tl.int64) * HIDDEN
    rows = tl.program_id(1) * ROWS + tl.arange(0, ROWS)
    there = rows < INNER
    packed += expert * packed_stride
    absmax += expert * absmax_stride
    gate = _tile(x, starts, live, packed, absmax, code, rows, there, HIDDEN, ROWS, TOKENS, BYTES)
    up = _tile(x, starts, live, packed, absmax, code, rows + INNER, there, HIDDEN, ROWS, TOKENS, BYTES)
    column = rows % 2 * (INNER // 2) + rows // 2
    place = out + line[None] * INNER + column[:, None]
    tl.store(place, (gate * tl.sigmoid(gate) * up).to(out.dtype.element_ty), mask=there[:, None] & live[None])


@triton.jit
def down(
    out,
    x,
    tiles,
    packed,
    absmax,
    code,
    packed_stride,
    absmax_stride,
    HIDDEN: tl.constexpr,
    INNER: tl.constexpr,
    ROWS: tl.constexpr,
    TOKENS: tl.constexpr,
    BYTES: tl.constexpr,
):
    """What :func:`gate_up` wrote → ``out [lines, HIDDEN]``, not weighted yet. Grid: tiles of lines, of rows."""
    tile = tiles + 3 * tl.program_id(0)
    expert = tl.load(tile).to(tl.int64)
    line = tl.load(tile + 1).to(tl.int64) + tl.arange(0, TOKENS)
    live = line < tl.load(tile + 2)
    rows = tl.program_id(1) * ROWS + tl.arange(0, ROWS)
    there = rows < HIDDEN
    packed += expert * packed_stride
    absmax += expert * absmax_stride
    sums = _tile(x, line * INNER, live, packed, absmax, code, rows, there, INNER, ROWS, TOKENS, BYTES)
    place = out + line[None] * HIDDEN + rows[:, None]
    tl.store(place, sums.to(out.dtype.element_ty), mask=there[:, None] & live[None])


@triton.jit
def add_choices(out, parts, lines, weights, HIDDEN: tl.constexpr, TOP: tl.constexpr, COLUMNS: tl.constexpr):
    """``parts [lines, HIDDEN]`` weighted and added → ``out [T, HIDDEN]``. ``lines [T, TOP]``: below 0 adds nothing.

    Always in the order of the choices, so that a sum is the same each time. Grid: tiles of columns, tokens.
    """
    token = tl.program_id(1).to(tl.int64)
    column = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    inside = column < HIDDEN
    sums = tl.zeros([COLUMNS], tl.float32)
    for choice in range(TOP):
        line = tl.load(lines + token * TOP + choice).to(tl.int64)
        part = tl.load(parts + line * HIDDEN + column, mask=inside & (line >= 0), other=0.0).to(tl.float32)
        sums += tl.load(weights + token * TOP + choice).to(tl.float32) * part
    tl.store(out + token * HIDDEN + column, sums.to(out.dtype.element_ty), mask=inside)


@triton.jit
def unpack(out, packed, absmax, code, size, BYTES: tl.constexpr):
    """``packed [size]`` → ``out [2 * size]``. Grid: tiles of bytes."""
    byte = tl.program_id(0).to(tl.int64) * BYTES + tl.arange(0, BYTES)
    inside = byte < size
    pair = tl.load(packed + byte, mask=inside, other=0).to(tl.int32)
    scale = tl.load(absmax + byte // 32, mask=inside, other=0.0)
    table = tl.load(code + tl.arange(0, 16))
    values = tl.interleave(tl.gather(table, pair >> 4, 0) * scale, tl.gather(table, pair & 15, 0) * scale)
    place = tl.program_id(0).to(tl.int64) * (2 * BYTES) + tl.arange(0, 2 * BYTES)
    tl.store(out + place, values.to(out.dtype.element_ty), mask=place < 2 * size)
