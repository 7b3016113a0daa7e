"""Rotary positions (arXiv:2104.09864), of the first elements of each head."""

from __future__ import annotations

import torch

from glmv_cli.kernels import simd


def rotate(x: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor, pairs: bool) -> torch.Tensor:
    """``x [B, n, heads, D]`` at angles ``[B, n, R]``, R ≤ D: the first R elements rotated; ``x`` may be written to.

    Element ``i`` belongs to ``i + R/2``, or with ``pairs`` ``2i`` to ``2i + 1``.
    """
    functions = simd.functions()
    cosines, sines = cosines.contiguous(), sines.contiguous()  # transformers transposes what they are made of
    if functions is None or not simd.takes(x, cosines, sines) or cosines.shape[:2] != x.shape[:2]:
        return _rotate(x, cosines, sines, pairs)
    heads, width, rotated = x.shape[2], x.shape[3], cosines.shape[-1]
    functions.library.glmv_rotate_tokens(
        *(x.data_ptr(), x.shape[:2].numel(), heads, width, cosines.data_ptr(), sines.data_ptr()),
        *(rotated, pairs, torch.get_num_threads()),
    )
    return x


def _rotate(x: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor, pairs: bool) -> torch.Tensor:
    turned, rest = x.split((cosines.shape[-1], x.shape[-1] - cosines.shape[-1]), dim=-1)
    if pairs:
        first, second = turned[..., 0::2], turned[..., 1::2]
        partner = torch.stack((-second, first), dim=-1).flatten(-2)
    else:
        first, second = turned.chunk(2, dim=-1)
        partner = torch.cat((-second, first), dim=-1)
    turned = turned * cosines[:, :, None] + partner * sines[:, :, None]
    return torch.cat((turned, rest), dim=-1)
