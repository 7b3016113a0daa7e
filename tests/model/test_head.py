"""The head in 8 bit: near the exact logits everywhere, and equal to them where the choice is made."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.kernels import simd
from glmv_cli.model.head import Head8bit

VOCABULARY, HIDDEN = 20000, 512
pytestmark = pytest.mark.skipif(simd.functions() is None, reason="there is no library")


@pytest.fixture(scope="module", params=[torch.bfloat16, torch.float32], ids=str)
def head(request: pytest.FixtureRequest) -> tuple[Head8bit, torch.Tensor]:
    weight = torch.randn(VOCABULARY, HIDDEN, generator=torch.Generator().manual_seed(1)).to(request.param)
    head = Head8bit(VOCABULARY, HIDDEN)
    head.weight = torch.nn.Parameter(weight, requires_grad=False)
    head.compress()
    return head, weight.float()


@given(st.integers(0, 1 << 30))
def test_the_likeliest_are_exact_and_the_others_near(head: tuple[Head8bit, torch.Tensor], seed: int) -> None:
    ours, weight = head
    hidden = torch.randn(1, HIDDEN, generator=torch.Generator().manual_seed(seed))
    got, expected = ours(hidden), hidden @ weight.T
    top = expected.topk(20, dim=-1)
    torch.testing.assert_close(got.gather(-1, top.indices), top.values, rtol=1e-5, atol=1e-5)
    assert (got - expected).abs().max() <= 0.05 * expected.abs().max()
    assert got.argmax() == expected.argmax()


def test_it_takes_any_leading_shape_and_gives_the_type_of_its_input(head: tuple[Head8bit, torch.Tensor]) -> None:
    ours, _ = head
    hidden = torch.randn(2, 3, HIDDEN)
    together = ours(hidden)
    assert together.shape == (2, 3, VOCABULARY)
    torch.testing.assert_close(together[1, 2], ours(hidden[1, 2]))
    assert ours(hidden.bfloat16()).dtype == torch.bfloat16


@pytest.fixture(scope="module")
def large() -> tuple[Head8bit, torch.Tensor]:
    """As many tokens as GLM-4.5V has."""
    weight = torch.randn(151552, 512, generator=torch.Generator().manual_seed(1)).bfloat16()
    weight[::2, 256:] *= 0.3  # spans of a row may differ
    head = Head8bit(*weight.shape)
    head.weight = torch.nn.Parameter(weight, requires_grad=False)
    head.compress()
    return head, weight.float()


@pytest.mark.parametrize("deviation", [1.0, 2.0, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("outlier", [1.0, 40.0])
def test_the_next_token_is_distributed_as_by_the_head_in_full(
    large: tuple[Head8bit, torch.Tensor], deviation: float, outlier: float
) -> None:
    """Even where logits are as flat as a normal distribution: those of real heads have most of it in few tokens."""
    ours, weight = large
    hidden = torch.randn(4, 512, generator=torch.Generator().manual_seed(7))
    hidden[:, 3] *= outlier
    hidden *= deviation / hidden.square().sum(-1, keepdim=True).sqrt()
    expected, got = (logits.double().log_softmax(-1) for logits in (hidden @ weight.T, ours(hidden)))
    divergence = (expected.exp() * (expected - got)).sum(-1)
    assert divergence.max() <= 1e-3
