"""Keys and values of the tokens seen so far, in memory that grows in few steps and can be cut back."""

from __future__ import annotations

from typing import Any

import torch
from transformers import Cache
from transformers.cache_utils import DynamicLayer

_FIRST = 256
"""Tokens of the first allocation on a CPU."""


class KVCache(Cache):  # type: ignore[misc]  # transformers is not typed
    """The cache that a model's layers write to.

    ``DynamicCache`` of transformers copies everything for each new token, which at 8,192 tokens of GLM-4.5V moves
    more bytes than the weights do. Here a token is written into its place. ``limit`` is the largest number of tokens.
    """

    def __init__(self, layers: int, limit: int) -> None:
        super().__init__(layers=[_Layer(limit) for _ in range(layers)])

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return int(self.get_seq_length())

    def truncate(self, length: int) -> None:
        """Forgets what comes after the first ``length`` tokens, also where only some layers have got it."""
        for layer in self.layers:
            layer.truncate(length)


class _Layer(DynamicLayer):  # type: ignore[misc]  # transformers is not typed
    """One layer's keys and values, in one tensor ``[2, B, heads, capacity, D]``."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._length = 0
        self._stored: torch.Tensor | None = None

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Appends ``[B, heads, n, D]``; everything so far, as views. The signature is that of transformers."""
        end = self._length + key_states.shape[-2]
        stored = self._with_room(key_states, end)
        stored[0, :, :, self._length : end] = key_states
        stored[1, :, :, self._length : end] = value_states
        self._length = end
        self.is_initialized = True
        return stored[0, :, :, :end], stored[1, :, :, :end]

    def _with_room(self, like: torch.Tensor, end: int) -> torch.Tensor:
        stored = self._stored
        if stored is not None and stored.shape[-2] >= end:
            return stored
        if end > self._limit:
            raise ValueError(f"{end} tokens do not fit into a cache for {self._limit}")
        batch, heads, _, width = like.shape
        # A GPU has its memory reserved by the plan; on a CPU most conversations never need that much.
        capacity = self._limit if like.is_cuda else min(self._limit, max(_FIRST, end * 3 // 2))
        grown = like.new_empty(2, batch, heads, capacity, width)
        if stored is not None:
            grown[..., : self._length, :] = stored[..., : self._length, :]
        self._stored = grown
        return grown

    def get_seq_length(self) -> int:
        """Tokens in the layer."""
        return self._length

    def truncate(self, length: int) -> None:
        """Keeps the first ``length`` tokens, or all if there are fewer."""
        self._length = min(self._length, length)
