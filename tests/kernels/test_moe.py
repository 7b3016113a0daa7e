"""The routed experts equal transformers' own module; experts that nobody chose are never touched."""

from __future__ import annotations

import torch
from transformers.models.glm4v_moe.configuration_glm4v_moe import Glm4vMoeTextConfig
from transformers.models.glm4v_moe.modeling_glm4v_moe import Glm4vMoeTextExperts

from glmv_cli.kernels import nf4
from glmv_cli.kernels.moe import PackedExperts, routed_experts

EXPERTS, HIDDEN, INNER, TOP = 8, 128, 64, 3


def packed_and_reference() -> tuple[PackedExperts, Glm4vMoeTextExperts]:
    generator = torch.Generator().manual_seed(7)
    gate_up = torch.randn(EXPERTS, 2 * INNER, HIDDEN, generator=generator) / 10
    down = torch.randn(EXPERTS, HIDDEN, INNER, generator=generator) / 10
    packed = PackedExperts(*nf4.quantize(gate_up), *nf4.quantize(down))
    config = Glm4vMoeTextConfig(n_routed_experts=EXPERTS, hidden_size=HIDDEN, moe_intermediate_size=INNER)
    config._experts_implementation = "eager"
    reference = Glm4vMoeTextExperts(config)
    with torch.no_grad():
        reference.gate_up_proj.copy_(nf4.dequantize(packed.gate_up, packed.gate_up_absmax))
        reference.down_proj.copy_(nf4.dequantize(packed.down, packed.down_absmax))
    return packed, reference


def test_it_equals_the_experts_of_transformers() -> None:
    packed, reference = packed_and_reference()
    hidden = torch.randn(11, HIDDEN)
    ids = torch.stack([torch.randperm(EXPERTS)[:TOP] for _ in range(11)])
    weights = torch.rand(11, TOP)
    with torch.no_grad():
        expected = reference(hidden, ids, weights)
    torch.testing.assert_close(routed_experts(hidden, ids, weights, packed), expected, rtol=1e-4, atol=1e-5)


def test_experts_that_were_not_chosen_are_not_read() -> None:
    packed, _ = packed_and_reference()
    hidden, ids, weights = torch.randn(4, HIDDEN), torch.tensor([[1, 5]] * 4), torch.rand(4, 2)
    before = routed_experts(hidden, ids, weights, packed)
    others = [e for e in range(EXPERTS) if e not in (1, 5)]
    packed.gate_up_absmax[others] = float("nan")  # whoever reads these spoils the sum
    packed.down_absmax[others] = float("nan")
    assert torch.equal(routed_experts(hidden, ids, weights, packed), before)


def test_choices_below_zero_add_nothing() -> None:
    packed, _ = packed_and_reference()
    hidden, ids, weights = torch.randn(5, HIDDEN), torch.tensor([[1, 5, 2]] * 5), torch.rand(5, 3)
    here = torch.where(ids == 5, ids, -1)
    there = torch.where(ids == 5, -1, ids)
    parts = routed_experts(hidden, here, weights, packed) + routed_experts(hidden, there, weights, packed)
    torch.testing.assert_close(parts, routed_experts(hidden, ids, weights, packed))
    assert not routed_experts(hidden, torch.full_like(ids, -1), weights, packed).any()
