"""Answers of which every token obeys a grammar, by llguidance (https://github.com/guidance-ai/llguidance)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy as np
import torch
from tokenizers import Tokenizer

from glmv_cli.engine.sampler import Sampler
from glmv_cli.errors import GlmvError

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

_GAP = 16
"""Characters of white space and markers that may stand before an answer."""


class Vocabulary:
    """The tokens of a model, as grammars see them. Making it of 150,000 tokens takes a second, so it is kept."""

    def __init__(self, tokenizer: Tokenizer, stop_ids: Collection[int]) -> None:
        self._tokenizer = tokenizer
        self._stop_ids = sorted(stop_ids)
        self._tokens: LLTokenizer | None = None

    def matcher(self, grammar: str, size: int) -> LLMatcher:
        """What follows an answer through ``grammar``; ``size`` is the number of logits, the same each time."""
        from llguidance import LLMatcher, LLTokenizer

        if self._tokens is None:
            # Padding and truncation are none of the vocabulary's, but make llguidance refuse it.
            copy = Tokenizer.from_str(self._tokenizer.to_str())
            copy.no_padding()
            copy.no_truncation()
            self._tokens = LLTokenizer(copy.to_str(), n_vocab=size, eos_token=self._stop_ids)
        return LLMatcher(self._tokens, grammar)

    def text(self, token: int) -> str:
        """What ``token`` writes, special ones too."""
        return self._tokenizer.decode([token], skip_special_tokens=False)


class Constrained:
    """A sampler that gives another one only those tokens that a grammar allows, from the answer's beginning to its end.

    Thinking is free. White space and one of ``openings``, the marks that may stand before thinking or answer, are too:
    the model writes them as it has learnt to, and what else it wants to begin with is the answer's beginning.
    ``in_thinking`` says whether the next token belongs to the thinking.
    """

    def __init__(
        self,
        sampler: Sampler,
        vocabulary: Vocabulary,
        grammar: str,
        openings: Collection[str],
        in_thinking: Callable[[], bool],
    ) -> None:
        self._sampler = sampler
        self._vocabulary = vocabulary
        self._grammar = grammar
        self._openings = openings
        self._in_thinking = in_thinking
        self._before = ""
        self._matcher: LLMatcher | None = None

    def __call__(self, ids: torch.Tensor, logits: torch.Tensor) -> int:
        """Raises :class:`GlmvError` if no token fits, or the grammar grows too complex."""
        if self._matcher is None:
            token = self._sampler(ids, logits)
            if self._in_thinking():
                self._before = ""
                return token
            if self._is_opening(self._vocabulary.text(token)):
                return token
            self._matcher = self._vocabulary.matcher(self._grammar, logits.shape[-1])
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        allowed = torch.from_numpy(np.unpackbits(bits, bitorder="little", count=logits.shape[-1])).bool()  # [V]
        token = self._sampler(ids, logits.masked_fill(~allowed.to(logits.device), -torch.inf))
        if not self._matcher.consume_token(token):
            reason = self._matcher.get_error().partition("\n")[0]
            raise GlmvError(f"the answer cannot be made to fit the schema: {reason}", "simplify the schema")
        return token

    def _is_opening(self, text: str) -> bool:
        """Whether what has come before the answer, and ``text``, is white space and perhaps the start of a mark."""
        before = self._before + text
        mark = before.strip()
        if len(before) > _GAP or not any(opening.startswith(mark) for opening in ("", *self._openings)):
            return False
        self._before = before
        return True
