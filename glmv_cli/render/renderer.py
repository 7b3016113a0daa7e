"""What every way of showing answers has in common."""

from __future__ import annotations

from typing import Protocol

from glmv_cli.errors import GlmvError
from glmv_cli.events import Event


class Renderer(Protocol):
    """Shows one answer after another: ``(begin (handle | pause)* [fail | interrupt])* close``.

    An answer ends with the event ``Finished``, with ``fail``, with ``interrupt``, or with ``close`` alone.
    What writing raises (``BrokenPipeError``, ``OSError`` on a full disk) passes through every method.
    """

    def begin(self, source: str | None) -> None:
        """A new answer starts; ``source`` is the name of its picture or film, if it is about one."""

    def handle(self, event: Event) -> None:
        """Show one event of the answer."""

    def fail(self, error: GlmvError) -> None:
        """There will be no (more) answer for this source; the error is shown."""

    def interrupt(self) -> None:
        """The user wants no more of this answer: what has come of it is kept, and marked on a terminal."""

    def pause(self) -> None:
        """Others write to the terminal now: take away what would be written over. The next event puts it back."""

    def close(self) -> None:
        """Nothing more comes: end a line that is not ended. May be called twice."""
