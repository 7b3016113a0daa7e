"""The two streams that everything is written to, and what they can show."""

from __future__ import annotations

import errno
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

    ``color``: a terminal shall get colours. ``cursor``: it knows escape sequences, also those that move the cursor
    and erase. ``quiet``: notes and progress are not wanted. What a write raises (``BrokenPipeError``, a full disk) is
    left to the caller.
    """

    stdout: TextIO
    stderr: TextIO
    stdout_is_tty: bool
    stderr_is_tty: bool
    color: bool
    cursor: bool = False
    quiet: bool = False

    @classmethod
    def of_process(cls, environ: Mapping[str, str] = os.environ) -> Output:
        """This process's own streams. ``NO_COLOR`` (if not empty, https://no-color.org) and
        ``TERM=dumb`` turn colour off.
        """
        # Python sets a stream to None that was closed before the start (`>&-`). An answer that nobody gets is an
        # error, as for other tools; errors that nobody gets are not.
        stdout = sys.stdout or _Closed()
        stderr = sys.stderr or io.StringIO()
        return cls(
            stdout=stdout,
            stderr=stderr,
            stdout_is_tty=stdout.isatty(),
            stderr_is_tty=stderr.isatty(),
            color=not environ.get("NO_COLOR") and environ.get("TERM") != "dumb",
            cursor=environ.get("TERM", "dumb") not in ("", "dumb", "unknown"),
        )

    @property
    def one_screen(self) -> bool:
        """Both streams end on a terminal, so that one continues the other's line."""
        return self.stdout_is_tty and self.stderr_is_tty

    @property
    def stderr_columns(self) -> int:
        """Width of the terminal that stderr is; stdout may be a file."""
        if os.environ.get("COLUMNS"):
            return shutil.get_terminal_size().columns
        return self.stderr_size().columns

    @property
    def unicode_on_stdout(self) -> bool:
        """Whether its encoding has more than a few hundred characters."""
        return _is_unicode(self.stdout)

    @property
    def unicode_on_stderr(self) -> bool:
        """The same of stderr."""
        return _is_unicode(self.stderr)

    def stderr_size(self) -> os.terminal_size:
        """Size of the terminal that stderr is, now."""
        return _size_of(self.stderr)

    def stdout_size(self) -> os.terminal_size:
        """Size of the terminal that stdout is, now."""
        return _size_of(self.stdout)

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


class _Closed(io.StringIO):
    """Refuses every write, as the descriptor would."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _size_of(stream: TextIO) -> os.terminal_size:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):  # no terminal, or no file at all
        return shutil.get_terminal_size()
    # A terminal that does not know its size says 0.
    return size if size.columns and size.lines else shutil.get_terminal_size()


def _is_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "utf-8").lower().replace("-", "").startswith("utf")


def _write(stream: TextIO, text: str) -> None:
    # Characters that the locale's encoding lacks become "?" instead of an exception in mid-answer.
    encoding = stream.encoding or "utf-8"
    stream.write(without_surrogates(text).encode(encoding, "replace").decode(encoding))
    stream.flush()
