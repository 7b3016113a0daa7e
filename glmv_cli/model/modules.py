"""The modules that stand where transformers has full-precision ones; their weights stay packed."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

from glmv_cli.kernels import nf4
from glmv_cli.kernels.linears import Weights
from glmv_cli.kernels.moe import PackedExperts, routed_experts


class Linear4bit(nn.Module):
    """``nn.Linear`` with an NF4 weight: ``[..., in_features]`` → ``[..., out_features]``."""

    def __init__(self, in_features: int, out_features: int, bias: bool) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        packed = torch.empty(out_features, in_features // 2, dtype=torch.uint8)
        absmax = torch.empty(out_features, in_features // nf4.BLOCK_SIZE)
        self.weight = nn.Parameter(packed, requires_grad=False)
        self.absmax = nn.Parameter(absmax, requires_grad=False)
        self.bias = nn.Parameter(torch.empty(out_features), requires_grad=False) if bias else None

    @property
    def packed(self) -> Weights:
        """The weights as they are bound now."""
        return Weights(self.weight, self.absmax, self.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nf4.linear(x, self.weight, self.absmax, self.bias)


class ExpertRunner(Protocol):
    """Computes a layer's experts that do not all lie where its tokens are."""

    def __call__(self, hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """As :meth:`Experts4bit.forward`."""


class Experts4bit(nn.Module):
    """The fused experts of a layer, in NF4; called as the experts modules of transformers are.

    ``runner``: who computes them; None: they are at hand.
    """

    def __init__(self, experts: int, hidden: int, intermediate: int) -> None:
        super().__init__()

        def packed(rows: int, columns: int) -> tuple[nn.Parameter, nn.Parameter]:
            weight = torch.empty(experts, rows, columns // 2, dtype=torch.uint8)
            absmax = torch.empty(experts, rows, columns // nf4.BLOCK_SIZE)
            return nn.Parameter(weight, requires_grad=False), nn.Parameter(absmax, requires_grad=False)

        self.gate_up_proj, self.gate_up_proj_absmax = packed(2 * intermediate, hidden)
        self.down_proj, self.down_proj_absmax = packed(hidden, intermediate)
        self.runner: ExpertRunner | None = None

    @property
    def packed(self) -> PackedExperts:
        """The weights as they are bound now."""
        return PackedExperts(self.gate_up_proj, self.gate_up_proj_absmax, self.down_proj, self.down_proj_absmax)

    def bind(self, packed: PackedExperts) -> None:
        """Puts the weights elsewhere."""
        self.gate_up_proj = nn.Parameter(packed.gate_up, requires_grad=False)
        self.gate_up_proj_absmax = nn.Parameter(packed.gate_up_absmax, requires_grad=False)
        self.down_proj = nn.Parameter(packed.down, requires_grad=False)
        self.down_proj_absmax = nn.Parameter(packed.down_absmax, requires_grad=False)

    def forward(
        self, hidden_states: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor
    ) -> torch.Tensor:
        """``[T, H]`` with chosen experts ``[T, k]`` and their weights ``[T, k]`` → ``[T, H]``."""
        if self.runner is not None:
            return self.runner(hidden_states, top_k_index, top_k_weights)
        return routed_experts(hidden_states, top_k_index, top_k_weights, self.packed)
