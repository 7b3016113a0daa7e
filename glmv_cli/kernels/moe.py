"""The routed experts of one layer as a single call on packed weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from glmv_cli.kernels import nf4


@dataclass(frozen=True, slots=True)
class PackedExperts:
    """Fused NF4 experts. E: experts, I: intermediate width, H: hidden width.

    One expert is a contiguous slice of each tensor.
    """

    gate_up: torch.Tensor  # [E, 2I, H/2] uint8, gate rows first
    gate_up_absmax: torch.Tensor  # [E, 2I, H/64] float32
    down: torch.Tensor  # [E, H, I/2] uint8
    down_absmax: torch.Tensor  # [E, H, I/64] float32


def routed_experts(
    hidden: torch.Tensor, expert_ids: torch.Tensor, expert_weights: torch.Tensor, experts: PackedExperts
) -> torch.Tensor:
    """Each token's weighted sum over its chosen experts' SwiGLU.

    ``hidden [T, H]``, ``expert_ids [T, k]`` and ``expert_weights [T, k]`` → ``[T, H]``. Choices below 0 add nothing:
    they are computed elsewhere. Only chosen experts are unpacked, one at a time. All is on one device, but the ids
    may be in main memory: then nobody waits for a GPU here.
    """
    out = torch.zeros_like(hidden)
    for expert in expert_ids.unique().tolist():
        if expert < 0:
            continue
        where = torch.where(expert_ids == expert)
        token, choice = (index.to(hidden.device, non_blocking=True) for index in where)
        gate_up = nf4.linear(hidden[token], experts.gate_up[expert], experts.gate_up_absmax[expert])
        gate, up = gate_up.chunk(2, dim=-1)  # [t, I] each
        down = nf4.linear(F.silu(gate) * up, experts.down[expert], experts.down_absmax[expert])
        out.index_add_(0, token, down * expert_weights[token, choice, None].to(down.dtype))
    return out
