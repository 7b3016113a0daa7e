"""Calling Triton's kernels with tensors on a GPU, which :mod:`glmv_cli.kernels.gpu.choice` has found to be possible.

Triton is imported when the first of them is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch

from glmv_cli.kernels.gpu.grouping import Groups

Matrix = tuple[torch.Tensor, torch.Tensor]
"""Packed ``[…, N, K/2]`` uint8 and absmax ``[…, N, K/64]`` float32. Experts may lie apart, rows may not."""
FEW_TOKENS = 8
"""Up to this many tokens, a dense matrix is multiplied as it is packed."""
FEW_CHOICES = 64
"""Up to this many choices, each of them reads its expert: hardly two are of the same one."""
GEMV_TILE = {"ROWS": 16, "BLOCKS": 8}
GEMM_ROWS = 64
_COLUMNS = 1024


def linear(code: Sequence[float], x: torch.Tensor, matrix: Matrix, bias: torch.Tensor | None) -> torch.Tensor:
    """``x @ W.T + bias``: ``[…, K]`` → ``[…, N]``. Made for up to :data:`FEW_TOKENS`."""
    from glmv_cli.kernels.gpu import gemv

    packed, absmax = matrix
    rows, columns = len(packed), x.shape[-1]
    x = x.contiguous()
    out = x.new_empty(*x.shape[:-1], rows)
    added = out if bias is None else bias.contiguous()
    with torch.cuda.device_of(x):
        gemv.linear[_tiles(rows, GEMV_TILE["ROWS"]), x.numel() // columns](
            *(out, x, packed, absmax, _table(tuple(code), x.device), added, rows),
            **{"COLUMNS": columns, "BIASED": bias is not None, **GEMV_TILE},
        )
    return out


def unpack(code: Sequence[float], matrix: Matrix, dtype: torch.dtype) -> torch.Tensor:
    """A contiguous matrix as ``[…, N, K]`` in ``dtype``."""
    from glmv_cli.kernels.gpu import gemm

    packed, absmax = matrix
    out = torch.empty(*packed.shape[:-1], 2 * packed.shape[-1], dtype=dtype, device=packed.device)
    with torch.cuda.device_of(packed):
        gemm.unpack[(_tiles(packed.numel(), _COLUMNS),)](
            out, packed, absmax, _table(tuple(code), packed.device), packed.numel(), BYTES=_COLUMNS
        )
    return out


def routed_experts(
    code: Sequence[float],
    hidden: torch.Tensor,
    ids: torch.Tensor,
    weights: torch.Tensor,
    gate_up: Matrix,
    down: Matrix,
) -> torch.Tensor:
    """Each token's weighted sum over its chosen experts, as in :mod:`glmv_cli.kernels.moe`.

    Raises ``IndexError`` for an expert that does not exist, if the ids are in main memory: on a GPU nobody looks.
    """
    if ids.device.type == "cpu" and ids.numel() and int(ids.max()) >= len(down[0]):
        raise IndexError("a chosen expert does not exist")
    hidden, weights = hidden.contiguous(), weights.contiguous()
    compute = _few if ids.numel() <= FEW_CHOICES else _many
    table = _table(tuple(code), hidden.device)
    with torch.cuda.device_of(hidden):
        return compute(table, hidden, ids, weights, gate_up, down)


def _few(
    code: torch.Tensor, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, gate_up: Matrix, down: Matrix
) -> torch.Tensor:
    from glmv_cli.kernels.gpu import gemv

    ids = ids.to(hidden.device, non_blocking=True).contiguous()
    tokens, top = ids.shape
    width, inner = hidden.shape[-1], 2 * down[0].shape[-1]
    shape = {"TOP": top, "HIDDEN": width, "INNER": inner, **GEMV_TILE}
    between = torch.empty(tokens * top, inner, device=hidden.device)  # float32
    out = torch.empty_like(hidden)
    gemv.gate_up[_tiles(inner, GEMV_TILE["ROWS"]), tokens * top](
        *(between, hidden, ids, *gate_up, code, *_strides(gate_up)), **shape
    )
    gemv.down[_tiles(width, GEMV_TILE["ROWS"]), tokens](
        *(out, between, ids, weights, *down, code, *_strides(down)), **shape
    )
    return out


def _many(
    code: torch.Tensor, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, gate_up: Matrix, down: Matrix
) -> torch.Tensor:
    from glmv_cli.kernels.gpu import gemm

    groups = Groups.of(ids.cpu(), hidden.device)
    lines, tiles = len(groups.tokens), len(groups.tiles)
    if not lines:
        return torch.zeros_like(hidden)
    width, inner = hidden.shape[-1], 2 * down[0].shape[-1]
    shape = {"HIDDEN": width, "INNER": inner, "ROWS": GEMM_ROWS, "TOKENS": groups.size}
    parted = hidden.unflatten(-1, (-1, 2)).transpose(-1, -2).contiguous()  # [T, 2, H/2]
    between, parts = hidden.new_empty(lines, inner), hidden.new_empty(lines, width)
    gemm.gate_up[tiles, _tiles(inner, GEMM_ROWS)](
        *(between, parted, groups.tiles, groups.tokens, *gate_up, code, *_strides(gate_up)),
        **{**shape, "BYTES": _bytes(width)},
    )
    gemm.down[tiles, _tiles(width, GEMM_ROWS)](
        *(parts, between, groups.tiles, *down, code, *_strides(down)), **{**shape, "BYTES": _bytes(inner)}
    )
    out = torch.empty_like(hidden)
    gemm.add_choices[_tiles(width, _COLUMNS), len(hidden)](
        *(out, parts, groups.lines, weights), HIDDEN=width, TOP=ids.shape[1], COLUMNS=_COLUMNS
    )
    return out


def _bytes(columns: int) -> int:
    """Bytes of a row that are unpacked at a time."""
    return 64 if columns % 128 == 0 else 32


def _tiles(size: int, tile: int) -> int:
    return -(-size // tile)


def _strides(matrix: Matrix) -> tuple[int, int]:
    return matrix[0].stride(0), matrix[1].stride(0)


@lru_cache(maxsize=8)
def _table(code: tuple[float, ...], device: torch.device) -> torch.Tensor:
    return torch.tensor(code, device=device)
