"""The two streams that everything is written to, and what they can show."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from glmv_cli.render.sanitize import without_surrogates


@dataclass(frozen=True, slots=True)
class Output:
    """Where the answer (``stdout``) and everything else (``stderr``) go; tests put their own in its place.

    ``color``: escape sequences are welcome on a terminal. What a write raises (``BrokenPipeError``, a full
    disk) is left to the caller.
    """

    stdout: TextIO
    stderr: TextIO
    stdout_is_tty: bool
    stderr_is_tty: bool
    color: bool

    @classmethod
    def of_process(cls, environ: Mapping[str, str] = os.environ) -> Output:
        """This process's own streams. ``NO_COLOR`` (if not empty, https://no-color.org) and
        ``TERM=dumb`` turn colour off.
        """
        # Python sets a stream to None that was closed before the start (`>&-`).
        stdout = sys.stdout or io.StringIO()
        stderr = sys.stderr or io.StringIO()
        return cls(
            stdout=stdout,
            stderr=stderr,
            stdout_is_tty=stdout.isatty(),
            stderr_is_tty=stderr.isatty(),
            color=not environ.get("NO_COLOR") and environ.get("TERM") != "dumb",
        )

    @property
    def one_screen(self) -> bool:
        """Both streams end on a terminal, so that one continues the other's line."""
        return self.stdout_is_tty and self.stderr_is_tty

    @property
    def stderr_columns(self) -> int:
        """Width of the terminal that stderr is; stdout may be a file."""
        try:
            columns = 0 if os.environ.get("COLUMNS") else os.get_terminal_size(self.stderr.fileno()).columns
        except (OSError, ValueError):  # no terminal, or no file at all
            columns = 0
        return columns or shutil.get_terminal_size().columns

    def to_stdout(self, text: str) -> None:
        """Write ``text`` and flush."""
        _write(self.stdout, text)

    def to_stderr(self, text: str) -> None:
        """Write ``text`` and flush."""
        _write(self.stderr, text)

    def styled(self, text: str, style: str) -> str:
        """``text`` for stderr, where it can be shown between the SGR sequence of ``style`` (``"2"`` is dim,
        ``"1;31"`` bold red) and a reset.
        """
        return f"\x1b[{style}m{text}\x1b[0m" if self.stderr_is_tty and self.color else text


def _write(stream: TextIO, text: str) -> None:
    # Characters that the locale's encoding lacks become "?" instead of an exception in mid-answer.
    encoding = stream.encoding or "utf-8"
    stream.write(without_surrogates(text).encode(encoding, "replace").decode(encoding))
    stream.flush()
