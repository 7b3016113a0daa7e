"""A shell on a pseudo-terminal, and what is on its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

import pyte

_PATIENCE_S = 60.0
_STEP_S = 0.02
_FAINT, _GREY = 2, 90
_COLOUR_FOLLOWS = (38, 48)


@dataclass(frozen=True, slots=True)
class Cell:
    """A character, and its looks: names of the sixteen colours, or ``rrggbb``; ``default``."""

    char: str
    ink: str
    paper: str
    bold: bool


Picture = tuple[tuple[Cell, ...], ...]
"""A screen, row by row."""


class _Screen(pyte.Screen):
    """Answers where the cursor is, and shows faint text, which pyte does not know, in grey."""

    reply: Callable[[bytes], object] = staticmethod(lambda data: None)

    def write_process_input(self, data: str) -> None:
        self.reply(data.encode())

    def select_graphic_rendition(self, *attributes: int, **options: object) -> None:
        faint = not {*_COLOUR_FOLLOWS} & {*attributes}
        super().select_graphic_rendition(
            *(_GREY if faint and code == _FAINT else code for code in attributes), **options
        )


class Shell:
    """``sh`` on a terminal of ``columns`` times ``lines``."""

    def __init__(self, environ: Mapping[str, str], columns: int, lines: int) -> None:
        self._screen = _Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.reply = lambda data: os.write(self._ours, data)
        # The first terminal that the leader of a session opens becomes the one that sends it signals. Without jobs
        # (+m), the shell does not step in between if something holds the machine up.
        opening = 'exec sh -i +m <"$1" >"$1" 2>&1'
        self._process = subprocess.Popen(
            ["sh", "-c", opening, "sh", os.ttyname(theirs)], env=dict(environ), start_new_session=True
        )
        self._theirs = theirs

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._theirs)
        os.close(self._ours)

    @property
    def rows(self) -> list[str]:
        """The text of the screen."""
        return [row.rstrip() for row in self._screen.display]

    @property
    def before_cursor(self) -> str:
        """What stands to its left."""
        cursor = self._screen.cursor
        return str(self._screen.display[cursor.y][: cursor.x])

    def picture(self) -> Picture:
        """The screen as it is now, with the cursor."""
        rows = []
        for y in range(self._screen.lines):
            row = [self._screen.buffer[y][x] for x in range(self._screen.columns)]
            cells = [Cell(char.data, char.fg, char.bg, char.bold) for char in row]
            if y == self._screen.cursor.y:
                under = cells[self._screen.cursor.x]
                cells[self._screen.cursor.x] = Cell(under.char, "black", "white", under.bold)
            rows.append(tuple(cells))
        return tuple(rows)

    def types(self, text: str) -> None:
        """Presses keys."""
        os.write(self._ours, text.encode())

    def waits(self, until: Callable[[list[str]], bool], what: str) -> None:
        """Until the rows of the screen are so. Raises ``TimeoutError`` if they never are."""
        deadline = time.monotonic() + _PATIENCE_S
        while not until(self.rows):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what!r} did not come:\n" + "\n".join(self.rows))
            self._look()

    def settles(self, seconds: float) -> None:
        """Waits until nothing has been written for so long."""
        quiet = time.monotonic() + seconds
        while time.monotonic() < quiet:
            if self._look():
                quiet = time.monotonic() + seconds

    def _look(self) -> bool:
        if not select.select([self._ours], [], [], _STEP_S)[0]:
            return False
        self._stream.feed(os.read(self._ours, 4096))
        return True
