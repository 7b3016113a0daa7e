"""Thinking that is closed when it gets too long."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from glmv_cli.engine.sampler import Sampler


class ThinkBudget:
    """A sampler that lets a model think for ``limit`` tokens, then gives it the ``ending`` of the thinking.

    To the engine, the ending's tokens are tokens like any other: they are read by the model and shown to the parser.
    ``in_thinking`` says whether the next token belongs to the thinking. ``ending`` is the closing mark, and what the
    chat template puts behind it.
    """

    def __init__(self, sampler: Sampler, limit: int, ending: Sequence[int], in_thinking: Callable[[], bool]) -> None:
        self._sampler = sampler
        self._left = limit
        self._ending = ending
        self._due: list[int] = []
        self._in_thinking = in_thinking

    def __call__(self, ids: torch.Tensor, logits: torch.Tensor) -> int:
        if not self._due and self._in_thinking():
            if self._left == 0:
                self._due = list(self._ending)
            else:
                self._left -= 1
        return self._due.pop(0) if self._due else self._sampler(ids, logits)
