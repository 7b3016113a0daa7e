"""Attention over grouped heads, against the plain formula in float64."""

from __future__ import annotations

import pytest
import torch

from glmv_cli.model.attention import grouped_attention


def plain(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, allowed: torch.Tensor, scaling: float) -> torch.Tensor:
    k, v = (part.double().repeat_interleave(q.shape[1] // k.shape[1], dim=1) for part in (k, v))
    scores = (q.double() @ k.transpose(2, 3) * scaling).masked_fill(~allowed, float("-inf"))
    return (scores.softmax(-1) @ v).transpose(1, 2)


@pytest.mark.parametrize("heads", [2, 12])
@pytest.mark.parametrize(("tokens", "before"), [(1, 0), (1, 300), (7, 0), (7, 33)])
def test_each_token_sees_those_before_it(heads: int, tokens: int, before: int) -> None:
    length = before + tokens
    q = torch.randn(1, heads, tokens, 32)
    k, v = (torch.randn(1, 2, 400, 32)[:, :, :length] for _ in range(2))  # views, as those of the cache
    allowed = torch.ones(tokens, length, dtype=torch.bool).tril(before)
    mask = allowed[None, None] if tokens > 1 and before else None  # as transformers makes it
    found = grouped_attention(q, k, v, mask, 0.2)
    torch.testing.assert_close(found.double(), plain(q, k, v, allowed, 0.2), rtol=1e-4, atol=1e-5)


def test_a_mask_holds_for_one_token_too() -> None:
    q, k, v = torch.randn(1, 6, 1, 32), torch.randn(1, 2, 9, 32), torch.randn(1, 2, 9, 32)
    allowed = torch.tensor([True, False, True, True, False, True, True, True, True])
    found = grouped_attention(q, k, v, allowed[None, None, None], 0.2)
    torch.testing.assert_close(found.double(), plain(q, k, v, allowed, 0.2), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("tokens", "before"), [(300, 0), (300, 200)])
def test_many_tokens_may_be_rounded(tokens: int, before: int) -> None:
    """That costs less than a hundredth of an output's norm; a few tokens are not rounded."""
    length = before + tokens
    generator = torch.Generator().manual_seed(tokens + before)
    q = torch.randn(1, 6, tokens, 64, generator=generator)
    k, v = torch.randn(2, 1, 2, length, 64, generator=generator)
    k[..., 5] *= 10  # as trained models have it
    allowed = torch.ones(tokens, length, dtype=torch.bool).tril(before)
    mask = allowed[None, None] if before else None
    found = grouped_attention(q, k, v, mask, 0.125, torch.bfloat16)
    truth = plain(q, k, v, allowed, 0.125)
    assert found.dtype == torch.float32
    assert 1e-4 < float((found.double() - truth).norm() / truth.norm()) < 1e-2
    few, theirs = q[:, :, -7:], allowed[None, None, -7:]
    exact = grouped_attention(few, k, v, theirs, 0.125)
    assert torch.equal(grouped_attention(few, k, v, theirs, 0.125, torch.bfloat16), exact)
