"""One state machine from a model's text to thinking and answer, while the text arrives.

A model writes ``\\n<think>…</think>\\nanswer``, or only ``\\nanswer`` if the prompt holds an empty
``<think></think>`` already.
"""

from __future__ import annotations

from collections.abc import Iterable

from glmv_cli.events import AnswerDelta, ThinkingDelta
from glmv_cli.parsing.markup import Markup
from glmv_cli.parsing.scanner import MarkerScanner, Piece

Delta = ThinkingDelta | AnswerDelta


class StreamParser:
    """Turns one answer's text, fed in any portions, into deltas; every split gives the same text.

    * Markers are taken out, white space around the thinking and around the answer too; inside it is kept.
    * ``<think>`` counts only while no answer text has come, so an answer can speak about it. A closing or
      opening marker that merely repeats what the prompt did is dropped before the first text, and is text
      later.
    * Thinking that is never closed stays thinking. Box markers inside thinking are dropped.

    ``start_in_thinking``: the prompt ended with an open ``<think>``.
    """

    def __init__(self, markup: Markup, start_in_thinking: bool = False) -> None:
        self._markup = markup
        self._scanner = MarkerScanner(markup.markers())
        self._thinking = _Trimmer()
        self._answer = _Trimmer()
        self._in_thinking = start_in_thinking
        self._in_answer_tag = False
        self._in_box = False

    @property
    def in_thinking(self) -> bool:
        """Whether what comes next is thinking, as far as is known."""
        return self._in_thinking

    def feed(self, text: str) -> list[Delta]:
        """The deltas that are certain after ``text``; none is empty."""
        return self._read(self._scanner.feed(text))

    def flush(self) -> list[Delta]:
        """What was held back, when the text has ended. Call it once; nothing may be fed after it."""
        return self._read(self._scanner.flush())

    def _read(self, pieces: Iterable[Piece]) -> list[Delta]:
        deltas: list[Delta] = []
        for piece in pieces:
            if piece.is_marker and self._obey(piece.text):
                continue
            if self._in_thinking:
                deltas += [ThinkingDelta(text) for text, _ in self._thinking.push(piece.text)]
            else:
                runs = self._answer.push(piece.text, self._in_box)
                deltas += [AnswerDelta(text, boxed) for text, boxed in runs]
        return deltas

    def _obey(self, marker: str) -> bool:
        """Change the state as ``marker`` says. False: here it is ordinary text."""
        markup = self._markup
        if marker == markup.think_open:
            return self._open_thinking()
        if marker == markup.think_close:
            return self._close_thinking()
        if marker in (markup.box_open, markup.box_close):
            self._in_box = marker == markup.box_open and not self._in_thinking
        elif marker == markup.answer_open:
            if self._in_thinking or self._answer.begun:
                return False
            self._in_answer_tag = True
        elif marker == markup.answer_close:
            if self._in_thinking or not self._in_answer_tag:
                return False
            self._in_answer_tag = False
        return True

    def _open_thinking(self) -> bool:
        if self._in_thinking:
            return not self._thinking.begun
        if self._answer.begun:
            return False
        self._in_thinking = True
        self._in_box = False
        return True

    def _close_thinking(self) -> bool:
        if not self._in_thinking:
            return not self._answer.begun
        self._in_thinking = False
        return True


class _Trimmer:
    """Passes text on without the white space at its two ends, which is not known until more text comes."""

    def __init__(self) -> None:
        self.begun = False
        self._held: list[tuple[str, bool]] = []

    def push(self, text: str, boxed: bool = False) -> list[tuple[str, bool]]:
        """The runs ``(text, boxed)`` that ``text`` sets free: held white space keeps its own ``boxed``."""
        solid = text.rstrip()
        tail = text[len(solid) :]
        runs: list[tuple[str, bool]] = []
        if solid:
            runs = [*self._held, (solid if self.begun else solid.lstrip(), boxed)]
            self._held.clear()
            self.begun = True
        if tail and self.begun:
            self._held.append((tail, boxed))
        return runs
