"""Somebody at a terminal: types, and waits for what comes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from tests.render.terminal.emulator import Terminal

_PATIENCE_S = 60.0
"""For machines that do other things, too."""
CHAT = ("-m", "tests.cli.fake_glmv", "chat")
ALT_ENTER, BACKSPACE, CTRL_C, CTRL_D, CTRL_O, CTRL_R, CTRL_Z = "\x1b\r", "\x7f", "\x03", "\x04", "\x0f", "\x12", "\x1a"


def _hears_hangups() -> None:
    """Also below ``nohup``, whose children do not."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Person:
    """Runs a command on a pseudo-terminal of its own, whose keys send signals, as those of real ones do."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str], columns: int = 80) -> None:
        self.terminal = Terminal(columns)
        self._ours, theirs = pty.openpty()
        size = self.terminal.size()
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", size.lines, size.columns, 0, 0))
        self.terminal.reply_to(self.types)
        # The first terminal that the leader of a session opens becomes the one that sends it signals.
        opening = 'tty=$1; shift; exec "$@" <"$tty" >"$tty" 2>&1'
        self._process = subprocess.Popen(
            ["sh", "-c", opening, "sh", os.ttyname(theirs), sys.executable, *arguments],
            env=environ,
            start_new_session=True,
            preexec_fn=_hears_hangups,
        )
        self._theirs = theirs

    def __enter__(self) -> Person:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        self._closes()

    @property
    def screen(self) -> str:
        """All that is to be seen, and can be scrolled to."""
        return "\n".join(self.terminal.lines)

    @property
    def line(self) -> str:
        """The line with the cursor."""
        return self.terminal.lines[self.terminal.cursor_at[0]]

    @property
    def keys_are_shown(self) -> bool:
        """Whether the terminal is as a shell wants it: it shows what is typed, and gathers it into lines."""
        flags = termios.tcgetattr(self._theirs)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON)

    def sends(self, number: int) -> None:
        """A signal, as ``kill`` does."""
        self._process.send_signal(number)

    def closes_the_window(self) -> None:
        """The terminal is no more, and the system says so to who is connected with it."""
        self._closes()

    def types(self, text: str) -> None:
        """Presses keys."""
        os.write(self._ours, text.encode())

    def pastes(self, text: str) -> None:
        """As terminals do it that say so."""
        self.types(f"\x1b[200~{text}\x1b[201~")

    def sees(self, text: str) -> None:
        """Waits until ``text`` is on the screen."""
        self.waits(lambda: text in self.screen, text)

    def is_asked(self, line: str = ">") -> None:
        """Waits for a prompt with this on its line, and the one below the screen."""
        self.waits(lambda: self.line == line, line)

    def waits(self, until: Callable[[], bool], what: str) -> None:
        """Until something is so."""
        deadline = time.monotonic() + _PATIENCE_S
        while not self._quietly(until):
            assert time.monotonic() < deadline, f"{what!r} did not come:\n{self.screen}"
            self._look(0.05)

    def ends(self) -> int:
        """Waits for the end of a command that has no terminal any more: its exit code."""
        return self._process.wait(_PATIENCE_S)

    def leaves(self) -> int:
        """Waits for the end of the command: its exit code."""
        self.waits(lambda: self._process.poll() is not None, "the end")
        self._look(0)
        return self._process.wait()

    def _closes(self) -> None:
        for descriptor in (self._theirs, self._ours):
            with contextlib.suppress(OSError):  # closed already
                os.close(descriptor)

    def _quietly(self, until: Callable[[], bool]) -> bool:
        try:
            return until()
        except IndexError:  # the cursor is below all lines that have something
            return False

    def _look(self, seconds: float) -> None:
        while select.select([self._ours], [], [], seconds)[0]:
            self.terminal.write(os.read(self._ours, 65536).decode(errors="replace"))
            seconds = 0
