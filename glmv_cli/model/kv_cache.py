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

    def room(self, count: int, heads: int, width: int) -> list[torch.Tensor]:
        """Each layer's keys and values, contiguous ``[2, 1, heads, capacity, width]`` in float32 on the CPU, with room
        for ``count`` more tokens. Who has written them there says so by :meth:`extend`."""
        end = self.length + count
        return [layer.stored_with_room((1, heads, width), end, torch.empty(0)) for layer in self.layers]

    def extend(self, count: int) -> None:
        """``count`` tokens were written behind the others, in all layers."""
        for layer in self.layers:
            layer.extend(count)

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
        batch, heads, count, width = key_states.shape
        end = self._length + count
        stored = self.stored_with_room((batch, heads, width), end, key_states)
        stored[0, :, :, self._length : end] = key_states
        stored[1, :, :, self._length : end] = value_states
        self.extend(count)
        return stored[0, :, :, :end], stored[1, :, :, :end]

    def extend(self, count: int) -> None:
        """``count`` tokens were written."""
        self._length += count
        self.is_initialized = True

    def stored_with_room(self, shape: tuple[int, int, int], end: int, like: torch.Tensor) -> torch.Tensor:
        """The tensor, with room for ``end`` tokens; ``shape``: B, heads, D; of the type and device of ``like``."""
        stored = self._stored
        if stored is not None and stored.shape[-2] >= end:
            return stored
        if end > self._limit:
            raise ValueError(f"{end} tokens do not fit into a cache for {self._limit}")
        batch, heads, width = shape
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
