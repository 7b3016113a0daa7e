"""The routed experts of one layer as a single call on packed weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from glmv_cli.kernels import native, nf4
from glmv_cli.kernels.gpu import choice, launch


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
    if _fit_a_gpu(hidden, expert_ids, expert_weights, experts):
        first, second = (experts.gate_up, experts.gate_up_absmax), (experts.down, experts.down_absmax)
        return launch.routed_experts(nf4.NF4_CODE, hidden, expert_ids, expert_weights, first, second)
    kernel = native.chosen().kernel
    if kernel is not None and _fit(hidden, expert_ids, expert_weights, experts):
        first, second = (experts.gate_up, experts.gate_up_absmax), (experts.down, experts.down_absmax)
        return native.routed_experts(kernel, nf4.NF4, hidden, expert_ids, expert_weights, first, second)
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


def _fit(hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, experts: PackedExperts) -> bool:
    """Whether the library can compute this."""
    count, width, half = experts.down.shape
    return (
        experts.gate_up.shape == (count, 4 * half, width // 2)
        and (len(hidden),) == ids.shape[:1] == weights.shape[:1]
        and ids.shape == weights.shape
        and ids.device.type == weights.device.type == "cpu"
        and native.takes(hidden, width)
        and native.fits(nf4.NF4, experts.gate_up, experts.gate_up_absmax)
        and native.fits(nf4.NF4, experts.down, experts.down_absmax)
    )


def _fit_a_gpu(hidden: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor, experts: PackedExperts) -> bool:
    """Whether Triton computes this."""
    count, width, half = experts.down.shape
    return (
        choice.takes(hidden, (experts.gate_up, experts.gate_up_absmax))
        and choice.reads((experts.down, experts.down_absmax))
        and experts.gate_up.shape == (count, 4 * half, width // 2)
        and (len(hidden),) == ids.shape[:1] == weights.shape[:1]
        and ids.shape == weights.shape
        and weights.device == hidden.device
    )
