"""What one waits for, and how far it has come, on one line of the terminal that is written over and over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glmv_cli.events import Progress
from glmv_cli.render.cells import cells, first_cells
from glmv_cli.render.escapes import ERASE_BELOW
from glmv_cli.render.output import Output

_ECHO = 2
"""The terminal writes ``^C`` behind the line when it is interrupted."""


class ProgressLine:
    """Writes to stderr, and only if that is a terminal. Nothing else may be written while the line stands."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._width = 0

    def show(self, progress: Progress) -> None:
        """Put the line there, or another in its place; take it away when the stage is done."""
        if progress.done >= progress.total:
            self.clear()
            return
        what = "looking at pictures" if progress.stage == "encode" else "reading the prompt"
        self.put(f"{what}: {progress.done} of {progress.total}{'' if progress.stage == 'encode' else ' tokens'}")

    def put(self, text: str) -> None:
        """The line is this, or as much of it as fits."""
        if not self._output.stderr_is_tty or self._output.quiet:
            return
        text = first_cells(text, self._output.stderr_columns - 1)
        width = cells(text)
        if self._output.cursor:
            # The cursor waits at the beginning: from there all of it is erased, even if a narrower window broke it.
            self._output.to_stderr(ERASE_BELOW + self._output.styled(text, "2") + "\r")
        else:
            padded = text + " " * (self._width - width)  # nothing of a longer line remains
            self._output.to_stderr("\r" + self._output.styled(padded, "2"))
        self._width = width

    def clear(self) -> None:
        """Leave the line empty, as if nothing had been there."""
        if self._width:
            blank = " " * min(self._width + _ECHO, self._output.stderr_columns - 1)
            self._output.to_stderr(ERASE_BELOW if self._output.cursor else f"\r{blank}\r")
            self._width = 0


@contextmanager
def waiting(output: Output, text: str) -> Iterator[None]:
    """Shows ``text`` as long as what is inside takes."""
    line = ProgressLine(output)
    line.put(text)
    try:
        yield
    finally:
        line.clear()
