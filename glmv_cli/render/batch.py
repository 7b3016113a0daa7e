"""How far a batch has come."""

from __future__ import annotations

import time
from collections.abc import Callable

from glmv_cli.errors import GlmvError
from glmv_cli.events import AnswerDelta, Event, Finished, Progress, SoFar, ThinkingDelta
from glmv_cli.render.output import Output
from glmv_cli.render.progress import ProgressLine
from glmv_cli.render.renderer import Renderer
from glmv_cli.render.transfer import format_seconds

_SPARSE = 30.0
"""Seconds between two lines where stderr is no terminal."""


class BatchLine:
    """``12 of 340  1 failed  0:42 left  b.png`` on stderr: over and over on a terminal, elsewhere now and then."""

    def __init__(self, output: Output, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._line = ProgressLine(output)
        self._total = total
        self._clock = clock
        self._started: float | None = None
        self._told = clock()
        self.skipped = 0
        self.answered = 0
        self.failed = 0

    def show(self, source: str) -> None:
        """``source`` is what is looked at now."""
        now = self._clock()
        if self._output.stderr_is_tty:
            self._line.put(f"{self._text(now)}  {source}")
        elif now - self._told >= _SPARSE and not self._output.quiet:
            self._told = now
            self._output.to_stderr(f"{self._text(now)}\n")

    def start(self) -> None:
        """The model is there: what is left takes as long for each input as those from here on do."""
        self._started = self._clock()

    def clear(self) -> None:
        """Make way for something else on stderr."""
        self._line.clear()

    def summary(self) -> str:
        """The whole batch in one line."""
        parts = [f"{self.answered} answered"]
        parts += [f"{self.skipped} answered before"] if self.skipped else []
        parts += [f"{self.failed} failed"] if self.failed else []
        return f"{self._total} input{'' if self._total == 1 else 's'}: {', '.join(parts)}"

    def _text(self, now: float) -> str:
        done = self.skipped + self.answered + self.failed
        parts = [f"{done} of {self._total}"]
        parts += [f"{self.failed} failed"] if self.failed else []
        if self._started is not None and self.answered:
            each = (now - self._started) / self.answered
            parts.append(f"{format_seconds(each * (self._total - done))} left")
        return "  ".join(parts)


class BatchRenderer:
    """Another renderer, and the line of the batch while it has nothing to show."""

    def __init__(self, renderer: Renderer, line: BatchLine) -> None:
        self._renderer = renderer
        self._line = line
        self._source = ""

    def begin(self, source: str | None) -> None:
        self._source = source or ""
        self._renderer.begin(source)
        self._line.show(self._source)

    def handle(self, event: Event) -> None:
        if isinstance(event, (Progress, ThinkingDelta, AnswerDelta, SoFar)):
            self._line.show(self._source)
            return
        self._line.clear()
        self._renderer.handle(event)
        self._line.answered += isinstance(event, Finished)

    def fail(self, error: GlmvError) -> None:
        self._line.clear()
        self._line.failed += 1
        self._renderer.fail(error)

    def interrupt(self) -> None:
        self._line.clear()
        self._renderer.interrupt()

    def pause(self) -> None:
        self._line.clear()
        self._renderer.pause()

    def close(self) -> None:
        self._line.clear()
        self._renderer.close()
