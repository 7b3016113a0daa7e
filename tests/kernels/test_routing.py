"""The router: the same experts and weights as the class of transformers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.models.glm4v_moe.configuration_glm4v_moe import Glm4vMoeTextConfig
from transformers.models.glm4v_moe.modeling_glm4v_moe import Glm4vMoeTextTopkRouter

from glmv_cli.kernels import native
from glmv_cli.kernels.routing import Rule, route
from tests.kernels.settings import SETTINGS

each_setting = pytest.mark.parametrize("setting", SETTINGS)


def reference(rule: Rule, experts: int, hidden: int) -> Glm4vMoeTextTopkRouter:
    config = Glm4vMoeTextConfig(
        num_experts_per_tok=rule.choices, n_routed_experts=experts, hidden_size=hidden, n_group=rule.groups,
        topk_group=rule.open_groups, norm_topk_prob=rule.normalized, routed_scaling_factor=rule.factor,
    )  # fmt: skip
    return Glm4vMoeTextTopkRouter(config)


@pytest.mark.parametrize("setting", SETTINGS)
@given(
    groups=st.integers(1, 5), each=st.integers(2, 9), tokens=st.integers(1, 12), normalized=st.booleans(),
    seed=st.integers(0, 1 << 30), data=st.data(),
)  # fmt: skip
def test_it_chooses_as_transformers_does(
    setting: str, groups: int, each: int, tokens: int, normalized: bool, seed: int, data: st.DataObject
) -> None:
    opened = data.draw(st.integers(1, groups))
    rule = Rule(data.draw(st.integers(1, opened * each)), groups, opened, normalized, 2.5)
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(tokens, 72, generator=generator)
    weight = torch.randn(groups * each, 72, generator=generator) / 8
    correction = torch.randn(groups * each, generator=generator) / 4
    router = reference(rule, groups * each, 72)
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        patch.setenv(native.VARIABLE, setting)
        router.weight.copy_(weight)
        router.e_score_correction_bias.copy_(correction)
        expected_logits, *expected = router(x)
        logits, *found = route(x, weight, correction, rule)
    torch.testing.assert_close(logits, expected_logits, rtol=1e-5, atol=1e-5)
    for by_transformers, ours in ((expected[0], found[0]), (expected[1], found[1])):
        order, other = (ids.argsort(-1) for ids in (expected[1], found[1]))
        torch.testing.assert_close(ours.gather(-1, other), by_transformers.gather(-1, order), rtol=1e-5, atol=1e-6)


@each_setting
def test_choices_exist_even_where_there_are_no_numbers(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.VARIABLE, setting)
    x = torch.full((2, 64), float("nan"))
    x[0] = 1.0
    _, weights, ids = route(x, torch.randn(16, 64), torch.zeros(16), Rule(4, 4, 2, True, 1.0))
    assert ((ids >= 0) & (ids < 16)).all()
    assert all(len(set(chosen)) == 4 for chosen in ids.tolist())
    assert torch.isfinite(weights[0]).all()
    assert weights[1].isnan().all()
