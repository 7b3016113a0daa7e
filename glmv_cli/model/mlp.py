"""The MLPs and routers of the language models, with packed weights."""

from __future__ import annotations

import torch
from torch import nn

from glmv_cli.kernels.linears import mlp
from glmv_cli.kernels.routing import Rule, route


class MLP4bit(nn.Module):
    """``[..., H]`` → ``[..., H]``: ``down(SiLU(gate) * up)``; gate and up may be one matrix, gate first.

    Takes the place of an ``MLP`` of transformers, and its parts.
    """

    def __init__(self, like: nn.Module) -> None:
        super().__init__()
        for name, part in like.named_children():
            self.add_module(name, part)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if hasattr(self, "gate_up_proj"):
            gate, up = self.gate_up_proj.packed.halves()
        else:
            gate, up = self.gate_proj.packed, self.up_proj.packed
        return mlp(x, gate, up, self.down_proj.packed)


class Router(nn.Module):
    """``[..., H]`` → logits ``[T, E]``, weights and ids of the chosen experts ``[T, k]``.

    Takes the place of a ``TopkRouter`` of transformers. In float32, whatever the input.
    """

    def __init__(self, like: nn.Module) -> None:
        super().__init__()
        self.rule = Rule(like.top_k, like.num_group, like.topk_group, like.norm_topk_prob, like.routed_scaling_factor)
        self.weight = like.weight
        self.e_score_correction_bias = nn.Buffer(like.e_score_correction_bias)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return route(x.reshape(-1, x.shape[-1]), self.weight, self.e_score_correction_bias, self.rule)
