"""Find markers in text that arrives in pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of ordinary text, or one whole marker; never empty."""

    text: str
    is_marker: bool


class MarkerScanner:
    """Cuts a stream of text into ordinary text and markers, the same however the stream was split.

    Text is passed on at once, except an end which may be the beginning of a marker: that is held back until
    more text, or :meth:`flush`, decides. Where two markers begin at one place, the longer one counts.
    """

    def __init__(self, markers: tuple[str, ...]) -> None:
        # `|` takes the first alternative that matches: the longest must stand first.
        self._pattern = re.compile("|".join(re.escape(m) for m in sorted(markers, key=len, reverse=True)))
        self._beginnings = frozenset(m[:n] for m in markers for n in range(1, len(m)))
        self._longest_beginning = max(len(m) for m in markers) - 1
        self._held = ""

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain after ``text``, in order."""
        return self._cut(self._held + text, at_end=False)

    def flush(self) -> list[Piece]:
        """The rest, at the end of the text: half a marker was text after all."""
        return self._cut(self._held, at_end=True)

    def _cut(self, text: str, *, at_end: bool) -> list[Piece]:
        pieces: list[Piece] = []
        done = 0
        while True:
            limit = len(text) if at_end else self._undecided(text, done)
            found = self._pattern.search(text, done)
            # A marker at `limit` itself may still grow into a longer one, so it waits there too.
            stop = limit if found is None else min(found.start(), limit)
            if stop > done:
                pieces.append(Piece(text[done:stop], is_marker=False))
            if found is None or found.start() >= limit:
                self._held = text[limit:]
                return pieces
            pieces.append(Piece(found.group(), is_marker=True))
            done = found.end()

    def _undecided(self, text: str, start: int) -> int:
        """Where, from ``start`` on, the longest end of ``text`` begins that may become a marker."""
        for index in range(max(start, len(text) - self._longest_beginning), len(text)):
            if text[index:] in self._beginnings:
                return index
        return len(text)
