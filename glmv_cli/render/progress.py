"""What one waits for, and how far it has come, on one line of the terminal that is written over and over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glmv_cli.events import Progress
from glmv_cli.render.output import Output


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
        """The line is this."""
        if not self._output.stderr_is_tty:
            return
        # Padded, so that nothing of a longer line remains; no escape sequence, so that any terminal will do.
        self._output.to_stderr("\r" + self._output.styled(text.ljust(self._width), "2"))
        self._width = len(text)

    def clear(self) -> None:
        """Leave the line empty, as if nothing had been there."""
        if self._width:
            self._output.to_stderr(f"\r{' ' * self._width}\r")
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
