"""Answers that are written when they are whole, in whatever form."""

from __future__ import annotations

from collections.abc import Callable

from glmv_cli.errors import GlmvError
from glmv_cli.events import Event, Finished, Notice, Progress
from glmv_cli.render.errors import write_error, write_interrupted, write_note
from glmv_cli.render.output import Output
from glmv_cli.render.progress import ProgressLine


class WholeRenderer:
    """Writes what ``form(source, finished)`` makes of an answer to stdout; notes and errors to stderr."""

    def __init__(self, output: Output, form: Callable[[str | None, Finished], str]) -> None:
        """``form`` raises :class:`GlmvError` for an answer that has not what is wanted of it."""
        self._output = output
        self._progress = ProgressLine(output)
        self._form = form
        self._source: str | None = None

    def begin(self, source: str | None) -> None:
        self._source = source

    def handle(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._progress.show(event)
            return
        self._progress.clear()
        if isinstance(event, Notice):
            write_note(self._output, event.text)
        elif isinstance(event, Finished):
            self._output.to_stdout(self._form(self._source, event))

    def fail(self, error: GlmvError) -> None:
        self._progress.clear()
        write_error(self._output, error)

    def interrupt(self) -> None:
        self.close()
        write_interrupted(self._output, partial=False)

    def pause(self) -> None:
        self._progress.clear()

    def close(self) -> None:
        """Nothing was begun: only the progress may be left."""
        self._progress.clear()
