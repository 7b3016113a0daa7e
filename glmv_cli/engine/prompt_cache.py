"""What a model has read of a conversation, so that the next prompt need not be read from its beginning."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from glmv_cli.model.kv_cache import KVCache
from glmv_cli.prompt.inputs import Medium

SHORTEST_REUSE = 16
"""Tokens. Less than that, as what all prompts begin with, is not worth an answer that differs in its last bits:
sums over chunks of other sizes are rounded differently."""


class PromptCache:
    """The keys and values of a conversation, and a mark for each of its tokens that says what they stand for.

    The marks, not the cache, decide how long it is: they follow when a pass has gone through all layers. A pass that
    broke off, by an error or an interrupt, is forgotten with the next :meth:`reuse`.
    """

    def __init__(self, keys_and_values: KVCache, limit: int) -> None:
        self.keys_and_values = keys_and_values
        self._marks = torch.empty(limit, dtype=torch.int64)
        self._length = 0

    @property
    def length(self) -> int:
        """Tokens that have been read."""
        return self._length

    def reuse(self, marks: torch.Tensor) -> int:
        """Keeps what a prompt of ``marks [L]`` begins with, at most L - 1 tokens, and forgets the rest.

        Returns how many tokens are kept: the last one is always read again, for its logits.
        """
        most = min(self._length, len(marks) - 1)
        differing = (self._marks[:most] != marks[:most]).nonzero()
        common = int(differing[0]) if len(differing) else most
        self._length = common if common >= SHORTEST_REUSE else 0
        self.keys_and_values.truncate(self._length)
        return self._length

    def extend(self, marks: torch.Tensor) -> None:
        """The tokens of ``marks [n]`` have been read."""
        self._marks[self._length : self._length + len(marks)] = marks
        self._length += len(marks)


def marks_of(ids: torch.Tensor, media: Sequence[Medium]) -> torch.Tensor:
    """``ids [1, L]`` → ``[L]`` int64: the id of a token of text; of a medium's, a negative number from its content."""
    marks = ids[0].clone()
    for medium in media:
        marks[medium.at] = -1 - (int.from_bytes(medium.digest[:8], "little") >> 1)
    return marks
