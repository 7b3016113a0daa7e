"""Our cache holds what the growing one of transformers holds, and can be cut back at any point."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import DynamicCache

from glmv_cli.model.kv_cache import KVCache


def states(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    keys, values = torch.randn(2, 1, 2, count, 4, generator=generator)
    return keys, values


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 300)), max_size=6))
def test_it_holds_what_a_dynamic_cache_holds(steps: list[tuple[int, int]]) -> None:
    """Each step appends some tokens to two layers, then forgets some."""
    ours, theirs = KVCache(2, 2000), DynamicCache()
    for seed, (count, forgotten) in enumerate(steps):
        for layer in range(2):
            fresh = states(count, 10 * seed + layer)
            got, expected = ours.update(*fresh, layer), theirs.update(*fresh, layer)
            assert torch.equal(got[0], expected[0])
            assert torch.equal(got[1], expected[1])
        left = max(1, ours.length - forgotten)
        theirs.crop(left - ours.length)
        ours.truncate(left)
        assert ours.length == theirs.get_seq_length() == left


def test_a_pass_that_broke_off_between_layers_is_forgotten_in_all_of_them() -> None:
    cache = KVCache(3, 100)
    for layer in range(3):
        cache.update(*states(5, layer), layer)
    cache.update(*states(2, 3), 0)  # the second layer failed
    cache.truncate(5)
    assert [layer.get_seq_length() for layer in cache.layers] == [5, 5, 5]


def test_a_later_token_is_written_in_place() -> None:
    cache = KVCache(1, 1000)
    before, _ = cache.update(*states(10, 0), 0)
    after, _ = cache.update(*states(1, 1), 0)
    assert before.data_ptr() == after.data_ptr()


def test_it_takes_no_more_than_its_limit() -> None:
    cache = KVCache(1, 8)
    cache.update(*states(8, 0), 0)
    assert cache.layers[0]._stored.shape[-2] == 8
    with pytest.raises(ValueError, match="do not fit into a cache for 8"):
        cache.update(*states(1, 0), 0)
