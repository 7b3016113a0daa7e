"""Greedy by default where the checkpoint says so; an explicit temperature overrides the checkpoint's choices."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LogitsProcessorList, MinPLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from glmv_cli.engine.sampler import Choice, candidates, make_sampler
from glmv_cli.messages import SamplingOptions

IDS = torch.tensor([[0, 1]])
LOGITS = torch.tensor([[0.0, 3.0, 2.0, -20.0]])


def drawn(options: SamplingOptions, defaults: dict[str, Any], times: int = 400) -> Counter[int]:
    sample = make_sampler(options, defaults)
    return Counter(sample(IDS, LOGITS) for _ in range(times))


@pytest.mark.parametrize(
    ("temperature", "defaults"),
    [
        (None, {}),
        (None, {"do_sample": False, "temperature": 0.9}),
        (0.0, {"do_sample": True, "temperature": 0.9}),
        (1e-39, {}),
        (None, {"do_sample": True, "temperature": 0.0}),
        (None, {"temperature": None, "top_p": None, "top_k": None, "repetition_penalty": None, "do_sample": None}),
        (None, {"do_sample": True, "top_k": 1, "top_p": 1e-5, "temperature": 1.0}),  # GLM-4.5V
    ],
)
def test_the_likeliest_token_is_taken(temperature: float | None, defaults: dict[str, Any]) -> None:
    assert set(drawn(SamplingOptions(temperature=temperature), defaults)) == {1}


def test_tokens_are_drawn_by_their_probability() -> None:
    counts = drawn(SamplingOptions(temperature=1.0, seed=1), {}, times=2000)
    expected = LOGITS[0].softmax(-1)
    for token in range(3):
        assert counts[token] / 2000 == pytest.approx(float(expected[token]), abs=0.05)


def test_a_higher_temperature_spreads_the_choice() -> None:
    cool = drawn(SamplingOptions(temperature=0.3, seed=1), {})
    hot = drawn(SamplingOptions(temperature=3.0, seed=1), {})
    assert cool[1] > hot[1]


def test_an_explicit_temperature_overrides_the_checkpoints_top_k() -> None:
    assert len(drawn(SamplingOptions(temperature=1.0, seed=1), {"do_sample": True, "top_k": 1})) > 1


def test_the_checkpoints_top_k_and_top_p_hold_otherwise() -> None:
    assert set(drawn(SamplingOptions(seed=1), {"do_sample": True, "top_k": 2})) == {1, 2}
    assert set(drawn(SamplingOptions(seed=1), {"do_sample": True, "top_p": 0.5})) == {1}


def test_repetition_is_penalised_where_the_checkpoint_says_so() -> None:
    assert set(drawn(SamplingOptions(temperature=0.0), {"repetition_penalty": 2.0})) == {2}


def test_a_seed_repeats_the_draws() -> None:
    def draws(seed: int) -> list[int]:
        sample = make_sampler(SamplingOptions(temperature=1.0, seed=seed), {})
        return [sample(IDS, LOGITS) for _ in range(40)]

    assert draws(5) == draws(5)
    assert draws(5) != draws(6)


@pytest.mark.parametrize(
    ("options", "possible"),
    [
        (SamplingOptions(top_k=2, seed=1), {1, 2}),
        (SamplingOptions(top_k=1), {1}),
        (SamplingOptions(top_p=0.5), {1}),
        (SamplingOptions(top_p=0.9, seed=1), {1, 2}),
        (SamplingOptions(min_p=0.2, seed=1), {1, 2}),
        (SamplingOptions(min_p=0.0, seed=1), {0, 1, 2}),
        (SamplingOptions(temperature=0.0, top_k=3), {1}),
    ],
)
@pytest.mark.parametrize("defaults", [{}, {"do_sample": True, "top_k": 1, "top_p": 1e-5}, {"do_sample": False}])
def test_what_is_asked_for_holds_whatever_the_checkpoint_says(
    options: SamplingOptions, possible: set[int], defaults: dict[str, Any]
) -> None:
    assert set(drawn(options, defaults)) == possible


def test_an_explicit_repetition_penalty_alone_leaves_the_rest_to_the_checkpoint() -> None:
    options = SamplingOptions(repetition_penalty=2.0)
    assert set(drawn(options, {})) == {2}
    assert set(drawn(options, {"repetition_penalty": 9.0, "do_sample": True, "top_k": 1})) == {2}
    assert set(drawn(SamplingOptions(repetition_penalty=1.0), {"repetition_penalty": 9.0})) == {1}


def test_min_p_of_the_checkpoint_holds() -> None:
    assert set(drawn(SamplingOptions(seed=1), {"do_sample": True, "min_p": 0.9})) == {1}


@pytest.mark.parametrize("size", [5, 700, 5000])
@pytest.mark.parametrize("spread", [0.1, 2.0, 20.0])
@given(top_k=st.integers(0, 60), top_p=st.floats(0.01, 1.0), min_p=st.floats(0.0, 1.0), seed=st.integers(0, 9))
def test_what_may_be_drawn_is_what_transformers_would_draw_from(
    size: int, spread: float, top_k: int, top_p: float, min_p: float, seed: int
) -> None:
    logits = spread * torch.randn(1, size, generator=torch.Generator().manual_seed(seed))
    warpers = LogitsProcessorList()
    if top_k:
        warpers.append(TopKLogitsWarper(top_k))
    if top_p < 1.0:
        warpers.append(TopPLogitsWarper(top_p))
    if min_p > 0.0:
        warpers.append(MinPLogitsWarper(min_p))
    expected = warpers(IDS, logits).softmax(-1)[0]
    likely, tokens = candidates(logits.softmax(-1)[0], Choice(1.0, False, 1.0, top_k, top_p, min_p))
    got = torch.zeros(size).index_put((tokens,), likely / likely.sum())
    assert (got - expected).abs().max() < 1e-3
    # Sums are rounded differently: tokens at the very edge may be in or out, one, or more if each is hardly anything.
    at_edge = torch.maximum(got, expected)[(got > 0) != (expected > 0)].sort().values
    assert at_edge[:-1].sum() < 2e-3


def test_every_token_can_be_drawn_and_none_that_is_not_there() -> None:
    logits = torch.full((1, 50), float("-inf"))
    logits[0, 10:20] = 0.0
    sample = make_sampler(SamplingOptions(temperature=1.0, seed=1), {})
    assert {sample(IDS, logits) for _ in range(300)} == set(range(10, 20))
