"""Greedy by default where the checkpoint says so; an explicit temperature overrides the checkpoint's choices."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch

from glmv_cli.engine.sampler import make_sampler
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
