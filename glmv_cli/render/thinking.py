"""What is shown of a model's thinking, on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from glmv_cli.config import ShowThinking
from glmv_cli.render.cells import cells, last_cells
from glmv_cli.render.output import Output
from glmv_cli.render.progress import ProgressLine
from glmv_cli.render.sanitize import visible, visible_line
from glmv_cli.render.wrap import WordWrap

_REDRAW_S = 0.1
_TRACE = 200
"""More than a line shows."""


class ThinkingView(Protocol):
    """Shows thinking: ``((write | pause)+ end)*``. ``end`` without thinking before it does nothing."""

    def write(self, text: str) -> None:
        """More of it."""

    def pause(self) -> None:
        """Take away what is written over and over, until there is more."""

    def end(self) -> None:
        """Something else comes: leave stderr at the start of a line."""


class NoThinking:
    """Shows nothing."""

    def write(self, text: str) -> None:
        """Nothing."""

    def pause(self) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


class FullThinking:
    """All of it as it comes. On a terminal it is dim, broken between words, and stands between two lines that say what
    it is; in a file there is the thinking alone.
    """

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._wrap = WordWrap(lambda: output.stderr_columns)
        self._started: float | None = None
        self._unended = False

    def write(self, text: str) -> None:
        if self._started is None:
            self._started = self._clock()
            if self._output.stderr_is_tty:
                self._output.to_stderr(self._output.styled(f"{_now(self._output)}\n", "2"))
        shown = visible(text)
        self._unended = not shown.endswith("\n")
        self._write(self._wrap.write(shown) if self._output.stderr_is_tty else shown)

    def pause(self) -> None:
        """All of it stays."""

    def end(self) -> None:
        if self._started is None:
            return
        self._write(self._wrap.end())
        if self._unended:
            self._output.to_stderr("\n")
        if self._output.stderr_is_tty:
            self._output.to_stderr(self._output.styled(f"{_then(self._clock() - self._started)}\n", "2"))
        self._started = None
        self._unended = False

    def _write(self, text: str) -> None:
        """The style ends with each piece: an interrupt never leaves the terminal dim."""
        if text:
            self._output.to_stderr(self._output.styled(text, "2"))


class CollapsedThinking:
    """One line that tells how long it goes on already, with its last words; then how long it took."""

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._line = ProgressLine(output)
        self._clock = clock
        self._started: float | None = None
        self._drawn = 0.0
        self._tokens = 0
        self._trace = ""

    def write(self, text: str) -> None:
        now = self._clock()
        if self._started is None:
            self._started, self._tokens, self._trace = now, 0, ""
        self._tokens += 1  # text comes token by token
        self._trace = (self._trace + text)[-_TRACE:]
        if self._tokens == 1 or now - self._drawn >= _REDRAW_S:
            self._drawn = now
            self._line.put(self._status(now - self._started))

    def pause(self) -> None:
        self._line.clear()

    def end(self) -> None:
        if self._started is None:
            return
        self._line.clear()
        self._output.to_stderr(self._output.styled(f"{_then(self._clock() - self._started)}\n", "2"))
        self._started = None

    def _status(self, seconds: float) -> str:
        tokens = f"{self._tokens} token{'' if self._tokens == 1 else 's'}"
        status = f"{_now(self._output)} {tokens}, {seconds:.0f} s"
        trace = visible_line(self._trace).strip()
        room = self._output.stderr_columns - 1 - cells(status) - 2
        return f"{status}  {last_cells(trace, room)}" if room > 0 else status


def thinking_view(output: Output, show: ShowThinking) -> ThinkingView:
    """``auto``: collapsed on a terminal, nothing elsewhere, and nothing where it shall be quiet."""
    match show:
        case "full":
            return FullThinking(output)
        case "collapsed":
            return CollapsedThinking(output)
        case "auto" if output.stderr_is_tty and not output.quiet:
            return CollapsedThinking(output)
    return NoThinking()


def _now(output: Output) -> str:
    return "thinking…" if output.unicode_on_stderr else "thinking..."


def _then(seconds: float) -> str:
    return f"thought for {seconds:.0f} s" if seconds >= 1 else f"thought for {seconds:.1f} s"
