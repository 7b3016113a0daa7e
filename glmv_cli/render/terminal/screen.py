"""The end of a terminal's text, where a few lines are written over and over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from glmv_cli.render.escapes import ERASE_BELOW

_BEGIN = "\x1b[?2026h"
"""Synchronized update: terminals that know it show what follows all at once; the others do not care."""
_END = "\x1b[?2026l"
_HIDE_CURSOR = "\x1b[?25l"
_SHOW_CURSOR = "\x1b[?25h"
_NO_WRAP = "\x1b[?7l"
_WRAP = "\x1b[?7h"


class Screen:
    """Finished lines, which stay, and below them a tail, which the next drawing takes away.

    Between two drawings the cursor waits where the tail begins. Terminals keep it at that character when their size
    changes, however they break lines anew: erasing from there takes away the tail and nothing else. It is hidden only
    within a drawing, one write: whatever ends the process leaves a terminal that shows it.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._tail: Sequence[str] = ()

    def draw(self, finished: Sequence[str], tail: Sequence[str]) -> None:
        """Put ``finished`` lines where the tail was, and another tail below: one write.

        The lines of the tail must not be more than the terminal has, and are cut off where they are too wide.
        """
        if not finished and tail == self._tail:
            return
        parts = [_BEGIN, _HIDE_CURSOR, ERASE_BELOW if self._tail else ""]
        parts += [line + "\n" for line in finished]
        if tail:
            up = f"\x1b[{len(tail) - 1}A" if len(tail) > 1 else ""
            parts += [_NO_WRAP, "\n".join(tail), _WRAP, up, "\r"]
        parts += [_SHOW_CURSOR, _END]
        self._tail = list(tail)
        self._write("".join(parts))
