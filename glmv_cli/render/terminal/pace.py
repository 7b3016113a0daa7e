"""When to draw: often enough to look alive, seldom enough to cost nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LEAST_PAUSE = 1 / 20
_LONGEST_PAUSE = 5.0
_SHARE = 0.03
"""Of a processor's time: a drawing that took long is followed by a pause in proportion."""


class Pace:
    """At most 20 drawings a second, and fewer where they are slow. ``clock`` and ``cpu`` give seconds."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock = clock
        self._cpu = cpu
        self._next = 0.0

    @property
    def due(self) -> bool:
        """Whether the next one may be drawn; the first one may at once."""
        return self._clock() >= self._next

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Measures what is done inside."""
        started = self._cpu()
        yield
        pause = max(_LEAST_PAUSE, (self._cpu() - started) / _SHARE)
        self._next = self._clock() + min(_LONGEST_PAUSE, pause)
