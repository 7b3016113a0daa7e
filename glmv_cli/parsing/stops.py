"""Ends an answer before a text that the user named."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from glmv_cli.events import AnswerDelta
from glmv_cli.parsing.scanner import MarkerScanner, Piece


class StopFilter:
    """Passes an answer's deltas on up to the first stop text, which is not shown; holds back what may become one.

    The text is that which is shown: without markers and outer white space.
    """

    def __init__(self, stops: tuple[str, ...]) -> None:
        """``stops``: one or more texts, none empty."""
        self._scanner = MarkerScanner(stops)
        self._held: deque[AnswerDelta] = deque()
        self.stopped = False

    def feed(self, delta: AnswerDelta) -> list[AnswerDelta]:
        """What is certain after ``delta``."""
        self._held.append(delta)
        return self._pass(self._scanner.feed(delta.text))

    def flush(self) -> list[AnswerDelta]:
        """What was held back, when the answer has ended by itself."""
        return self._pass(self._scanner.flush())

    def _pass(self, pieces: Iterable[Piece]) -> list[AnswerDelta]:
        passed: list[AnswerDelta] = []
        for piece in pieces:
            self.stopped = self.stopped or piece.is_marker
            if not self.stopped:
                passed += self._take(len(piece.text))
        return passed

    def _take(self, count: int) -> Iterable[AnswerDelta]:
        """The first ``count`` characters of what is held, each with its own ``boxed``."""
        while count:
            first = self._held.popleft()
            yield replace(first, text=first.text[:count])
            if len(first.text) > count:
                self._held.appendleft(replace(first, text=first.text[count:]))
            count -= min(count, len(first.text))
