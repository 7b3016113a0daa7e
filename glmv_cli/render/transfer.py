"""How far a long transfer has come: one line of the terminal that is written over and over, or a line now and then."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from glmv_cli.render.output import Output
from glmv_cli.units import format_bytes

_REDRAW = 0.1
_SPARSE = 30.0
"""Seconds between two lines where stderr is no terminal."""
_WINDOW = 15.0
"""Seconds over which the rate is taken: long enough to be steady, short enough to follow a change."""
_BAR = 16


class TransferLine:
    """Writes ``label 42 %  89.2 GiB of 212 GiB  310 MiB/s  6:42 left`` to stderr. Nothing else may write there.

    ``clock``: seconds.
    """

    def __init__(self, output: Output, label: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._label = label
        self._clock = clock
        self._points: deque[tuple[float, int]] = deque()
        self._shown_at = float("-inf")
        self._width = 0

    def __call__(self, done: int, total: int) -> None:
        """``done`` of ``total`` bytes; the first call says where an earlier run stopped."""
        now = self._clock()
        if not self._points:
            # Nothing to see yet; and off a terminal, short transfers need no line at all.
            self._points.append((now, done))
            self._shown_at = float("-inf") if self._output.stderr_is_tty else now
        if now - self._shown_at < (_REDRAW if self._output.stderr_is_tty else _SPARSE):
            return
        self._shown_at = now
        self._points.append((now, done))
        while len(self._points) > 2 and now - self._points[1][0] > _WINDOW:
            self._points.popleft()
        text = self._text(done, total)
        if not self._output.stderr_is_tty:
            self._output.to_stderr(f"{self._label} {text}\n")
            return
        part = done / total if total else 1.0
        full = int(_BAR * part)
        room = self._output.stderr_columns - 1
        bar = f"[{'#' * full}{'.' * (_BAR - full)}] "
        if len(self._label) + len(bar) + len(text) >= room:
            bar = ""
        text = f"{self._label} {bar}{text}"[:room]
        self._output.to_stderr("\r" + text.ljust(self._width))
        self._width = len(text)

    def clear(self) -> None:
        """Leave the line empty, as if nothing had been there."""
        if self._width:
            self._output.to_stderr(f"\r{' ' * self._width}\r")
            self._width = 0

    def _text(self, done: int, total: int) -> str:
        percent = int(100 * done / total) if total else 100
        text = f"{percent:3} %  {format_bytes(done)} of {format_bytes(total)}"
        (then, before), (now, _) = self._points[0], self._points[-1]
        if now > then and done > before:
            rate = (done - before) / (now - then)
            text += f"  {format_bytes(int(rate))}/s  {format_seconds((total - done) / rate)} left"
        return text


def format_seconds(seconds: float) -> str:
    """``6:42``, ``1:06:42``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
