"""The answer as plain text while it comes: in a pipe, in a file, on a terminal that can do no more."""

from __future__ import annotations

from glmv_cli.render.output import Output
from glmv_cli.render.sanitize import visible


class PlainAnswer:
    """Writes the answer and a final newline to stdout."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._unended = False

    def write(self, text: str) -> None:
        """More of the answer."""
        shown = visible(text)
        self._unended = not shown.endswith("\n")
        self._output.to_stdout(shown)

    def pause(self) -> None:
        """All of it is final."""

    def make_way(self) -> None:
        """What comes next on stderr starts a line, and no newline of ours gets into stdout for it."""
        if self._unended and self._output.one_screen:
            self._output.to_stderr("\n")
        self._unended = False

    def end(self) -> None:
        """The answer is whole; an empty one is one line, too."""
        self._unended = False
        self._output.to_stdout("\n")
