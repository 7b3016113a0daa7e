"""How far the reading of a prompt has come, on one line of the terminal that is written over and over."""

from __future__ import annotations

from glmv_cli.events import Progress
from glmv_cli.render.output import Output


class ProgressLine:
    """Writes to stderr, and only if that is a terminal. Nothing else may be written while the line stands."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._width = 0

    def show(self, progress: Progress) -> None:
        """Put the line there, or another in its place; take it away when the stage is done."""
        if not self._output.stderr_is_tty or progress.done >= progress.total:
            self.clear()
            return
        what = "looking at pictures" if progress.stage == "encode" else "reading the prompt"
        text = f"{what}: {progress.done} of {progress.total}{'' if progress.stage == 'encode' else ' tokens'}"
        # Padded, so that nothing of a longer line remains; no escape sequence, so that any terminal will do.
        self._output.to_stderr("\r" + self._output.styled(text.ljust(self._width), "2"))
        self._width = len(text)

    def clear(self) -> None:
        """Leave the line empty, as if nothing had been there."""
        if self._width:
            self._output.to_stderr(f"\r{' ' * self._width}\r")
            self._width = 0
