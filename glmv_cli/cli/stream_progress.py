"""Downloading and converting, which take turns, as one amount of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from glmv_cli.cli.environment import Environment
from glmv_cli.render.errors import write_note
from glmv_cli.render.transfer import TransferLine


class StreamProgress:
    """A byte of the source counts half when it is here and whole when it is converted.

    Of a source that is not downloaded, only converting counts. ``show`` hears how much of how much.
    """

    def __init__(self, show: Callable[[int, int], None]) -> None:
        self._show = show
        self._converted = 0
        self._total = 0
        self._file = ""
        self._have = 0
        self._pending = 0
        self._shown = 0

    def downloaded(self, file: str, have: int, size: int) -> None:
        """So much of a file is here; what there was of it at first counts as well."""
        if file != self._file:
            # Of the last one, what is not converted by now never will be: layers that the result leaves out.
            self._file, self._have, self._pending = file, 0, 0
        self._pending += have - self._have
        self._have = have
        self._update()

    def converted(self, done: int, total: int) -> None:
        """So much of the source is done, earlier runs included."""
        self._pending = max(0, self._pending - max(0, done - self._converted))
        self._converted, self._total = done, total
        self._update()

    def _update(self) -> None:
        if self._total:
            self._shown = min(self._total, max(self._shown, self._converted + max(0, self._pending) // 2))
            self._show(self._shown, self._total)


@contextmanager
def resumable(environment: Environment, line: TransferLine) -> Iterator[None]:
    """Takes the line away at the end; an interrupt is told what it leaves."""
    try:
        yield
    except KeyboardInterrupt:
        line.clear()
        write_note(environment.output, "interrupted; the same command, run again, goes on from here")
        raise
    finally:
        line.clear()
