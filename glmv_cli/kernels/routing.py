"""Which experts a token goes to, and with what weight: the rule of DeepSeek-V3 (arXiv:2412.19437, 2.1.2).

T: tokens, E: experts, k: choices, H: hidden width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from glmv_cli.kernels import library, simd

_FEW_TOKENS = 8
"""Up to this many are faster one by one than as a product of matrices."""
MOST_EXPERTS = 1024
"""Of a layer, that the library chooses from."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How experts are chosen by their scores."""

    choices: int
    groups: int
    """Experts stand in so many groups of one size…"""
    open_groups: int
    """…of which so many, those with the largest sums of two scores, may be chosen from."""
    normalized: bool
    """Whether the weights of a token are divided by their sum."""
    factor: float
    """What weights are multiplied with in the end."""


def route(
    x: torch.Tensor, weight: torch.Tensor, correction: torch.Tensor, rule: Rule
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """``x [T, H]``, ``weight [E, H]``, ``correction [E]`` → logits ``[T, E]``, weights and ids ``[T, k]``, in float32.

    ``correction`` is added to the scores for the choice, and not for the weights.
    """
    functions = simd.functions()
    experts = len(weight)
    few = len(x) <= _FEW_TOKENS and experts <= MOST_EXPERTS
    if functions is None or not few or not simd.takes(x, weight, correction):
        return _route(x, weight, correction, rule)
    logits, weights = torch.empty(len(x), experts), torch.empty(len(x), rule.choices)
    ids = torch.empty(len(x), rule.choices, dtype=torch.int64)
    functions.library.glmv_route(
        *(functions.set, router_of(weight, correction, rule), x.data_ptr(), len(x), logits.data_ptr(), ids.data_ptr()),
        *(weights.data_ptr(), torch.get_num_threads()),
    )
    return logits, weights, ids


def router_of(weight: torch.Tensor, correction: torch.Tensor, rule: Rule) -> library.Router:
    """Contiguous float32 tensors, which whoever calls keeps."""
    return library.Router(
        *(weight.data_ptr(), correction.data_ptr(), *weight.shape, rule.choices, rule.groups, rule.open_groups),
        *(rule.normalized, rule.factor),
    )


def _route(
    x: torch.Tensor, weight: torch.Tensor, correction: torch.Tensor, rule: Rule
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    logits = F.linear(x.float(), weight.float())  # [T, E]
    scores = logits.sigmoid()
    ranked = (scores + correction).unflatten(-1, (rule.groups, -1))  # [T, groups, E a group]
    worth = ranked.topk(2, dim=-1).values.sum(-1)  # [T, groups]
    closed = torch.ones_like(worth, dtype=torch.bool)
    closed.scatter_(-1, worth.topk(rule.open_groups, dim=-1, sorted=False).indices, False)
    ranked = ranked.masked_fill(closed[..., None], float("-inf")).flatten(1)  # [T, E]
    ids = ranked.topk(rule.choices, dim=-1, sorted=False).indices
    weights = scores.gather(-1, ids)
    if rule.normalized:
        weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
    return logits, weights * rule.factor, ids
