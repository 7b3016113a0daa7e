"""The MLPs and routers of the language models, with packed weights."""

from __future__ import annotations

import torch
from torch import nn

from glmv_cli.kernels.linears import mlp
from glmv_cli.kernels.routing import Rule, route
from glmv_cli.model.modules import Linear4bit


class MLP4bit(nn.Module):
    """``[..., H]`` → ``[..., H]``: ``down(SiLU(gate) * up)``; gate and up may be one matrix, gate first.

    Takes the place of an ``MLP`` of transformers, and its parts.
    """

    def __init__(self, like: nn.Module) -> None:
        super().__init__()
        for name, part in like.named_children():
            self.add_module(name, part)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts: dict[str, nn.Module] = dict(self.named_children())
        packed = {name: part.packed for name, part in parts.items() if isinstance(part, Linear4bit)}
        if "gate_up_proj" in packed:
            gate, up = packed["gate_up_proj"].halves()
        else:
            gate, up = packed["gate_proj"], packed["up_proj"]
        return mlp(x, gate, up, packed["down_proj"])


class Router(nn.Module):
    """``[..., H]`` → logits ``[T, E]``, weights and ids of the chosen experts ``[T, k]``.

    Takes the place of a ``TopkRouter`` of transformers. In float32, whatever the input.
    """

    e_score_correction_bias: torch.Tensor

    def __init__(self, rule: Rule, experts: int, hidden: int) -> None:
        super().__init__()
        self.rule = rule
        self.weight = nn.Parameter(torch.empty(experts, hidden), requires_grad=False)
        self.register_buffer("e_score_correction_bias", torch.empty(experts, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return route(x.reshape(-1, x.shape[-1]), self.weight, self.e_score_correction_bias, self.rule)
