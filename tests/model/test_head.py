"""The head in 8 bit: near the exact logits everywhere, and equal to them where the choice is made."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glmv_cli.model.head import Head8bit, largest

VOCABULARY, HIDDEN = 1000, 256


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
    assert (got - expected).abs().max() <= 0.02 * expected.abs().max()
    assert got.argmax() == expected.argmax()


def test_it_takes_any_leading_shape_and_gives_the_type_of_its_input(head: tuple[Head8bit, torch.Tensor]) -> None:
    ours, _ = head
    hidden = torch.randn(2, 3, HIDDEN)
    together = ours(hidden)
    assert together.shape == (2, 3, VOCABULARY)
    torch.testing.assert_close(together[1, 2], ours(hidden[1, 2]))
    assert ours(hidden.bfloat16()).dtype == torch.bfloat16


def test_weights_take_one_byte(head: tuple[Head8bit, torch.Tensor]) -> None:
    assert sum(p.nbytes for p in head[0].parameters()) == VOCABULARY * HIDDEN


@given(st.integers(1, 3), st.integers(1, 700), st.integers(1, 9), st.integers(0, 1 << 30))
def test_the_largest_are_found(tokens: int, vocabulary: int, count: int, seed: int) -> None:
    logits = torch.rand(tokens, vocabulary, generator=torch.Generator().manual_seed(seed))
    found = logits.gather(-1, largest(logits, count)).sort(-1, descending=True).values
    assert found.equal(logits.topk(min(count, vocabulary), dim=-1).values)
