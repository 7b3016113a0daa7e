"""Several 4-bit products in one call: matrices with the same input, and an MLP.

What the library does not take is computed one by one, as :func:`glmv_cli.kernels.nf4.linear` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from glmv_cli.kernels import library, native, nf4, simd


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A packed matrix ``[N, K]``."""

    packed: torch.Tensor  # [N, K/2] uint8
    absmax: torch.Tensor  # [N, K/64] float32
    bias: torch.Tensor | None = None  # [N]

    def halves(self) -> tuple[Weights, Weights]:
        """The upper rows and the lower ones, without a bias."""
        middle = len(self.packed) // 2
        return Weights(self.packed[:middle], self.absmax[:middle]), Weights(self.packed[middle:], self.absmax[middle:])

    def fits(self) -> bool:
        """Whether the library reads this."""
        return native.fits(nf4.NF4, self.packed, self.absmax) and (self.bias is None or simd.takes(self.bias))


def _kernel(x: torch.Tensor, matrices: Sequence[Weights]) -> native.Kernel | None:
    """What computes these; None: one product after another."""
    kernel = native.chosen().kernel
    few = kernel is not None and x.numel() <= kernel.few * x.shape[-1]
    return kernel if few and simd.takes(x) and all(m.fits() for m in matrices) else None


def linears(x: torch.Tensor, matrices: Sequence[Weights]) -> list[torch.Tensor]:
    """``x [..., K]`` times each transposed matrix, plus its bias: ``[..., N]`` each."""
    kernel, functions = _kernel(x, matrices), simd.functions()
    if kernel is None or functions is None:
        return [nf4.linear(x, m.packed, m.absmax, m.bias) for m in matrices]
    columns = x.shape[-1]
    out = [torch.empty(*x.shape[:-1], len(m.packed)) for m in matrices]
    parts = (library.Part * len(out))(*(_part(m, y) for m, y in zip(matrices, out, strict=True)))
    status = functions.library.glmv_linears(
        *(kernel.number, native.format_of(nf4.NF4), parts, len(parts), columns),
        *(x.data_ptr(), x.numel() // columns, torch.get_num_threads()),
    )
    library.check(status)
    return out


def _part(weights: Weights, y: torch.Tensor) -> library.Part:
    bias = None if weights.bias is None else weights.bias.data_ptr()
    return library.Part(library.Matrix.of(weights.packed, weights.absmax), len(weights.packed), bias, y.data_ptr())


def mlp(x: torch.Tensor, gate: Weights, up: Weights, down: Weights) -> torch.Tensor:
    """``down(SiLU(gate(x)) * up(x))``, ``[..., H]`` → ``[..., H]``; no biases."""
    kernel, functions = _kernel(x, (gate, up, down)), simd.functions()
    if kernel is None or functions is None:
        gated, upward = linears(x, (gate, up))
        return nf4.linear(F.silu(gated) * upward, down.packed, down.absmax)
    out = torch.empty_like(x)
    matrices = (library.Matrix.of(m.packed, m.absmax) for m in (gate, up, down))
    status = functions.library.glmv_mlp(
        *(kernel.number, native.format_of(nf4.NF4), *matrices, x.shape[-1], len(gate.packed)),
        *(x.data_ptr(), x.numel() // x.shape[-1], out.data_ptr(), torch.get_num_threads()),
    )
    library.check(status)
    return out
