"""A terminal to look at: what is written to it, on its screen and above."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from copy import copy

import pyte
from pyte.screens import Char


class _Screen(pyte.HistoryScreen):
    """Like tmux, it keeps what is erased from the very top of the screen on, for whoever scrolls back."""

    reply: Callable[[str], object] = staticmethod(lambda text: None)

    def write_process_input(self, data: str) -> None:
        self.reply(data)

    def erase_in_display(self, how: int = 0, *arguments: object, **options: object) -> None:
        if how == 0 and (self.cursor.y, self.cursor.x) == (0, 0):
            self.history.top.extend(copy(self.buffer[y]) for y in range(self.lines))
        super().erase_in_display(how)


class Terminal:
    """Emulates one of ``columns`` times ``lines`` with an endless memory of what has left its screen at the top.

    If it is made smaller, one that ``reflows`` breaks long lines anew, as most do; another cuts them off, as xterm
    does.
    """

    def __init__(self, columns: int, lines: int = 24, reflows: bool = True) -> None:
        self._screen = _Screen(columns, lines, history=100_000, ratio=0.5)
        self._screen.set_mode(pyte.modes.LNM)  # newlines start a line, as a tty's driver makes them
        self._stream = pyte.Stream(self._screen)
        self._reflows = reflows
        self.writes: list[str] = []

    def reply_to(self, send: Callable[[str], object]) -> None:
        """What programs ask the terminal, such as where the cursor is, it answers so."""
        self._screen.reply = send

    def write(self, text: str) -> None:
        self.writes.append(text)
        self._stream.feed(text)

    def size(self) -> os.terminal_size:
        return os.terminal_size((self._screen.columns, self._screen.lines))

    @property
    def lines(self) -> list[str]:
        """All that can be scrolled to, without spaces and empty lines at the ends."""
        rows = [self._text(row) for row in self._rows()]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def cursor_hidden(self) -> bool:
        return self._screen.cursor.hidden

    @property
    def cursor_at(self) -> tuple[int, int]:
        """Which of :attr:`lines` it is on, and at which column."""
        return len(self._screen.history.top) + self._screen.cursor.y, self._screen.cursor.x

    def colours_at(self, row: int, column: int) -> tuple[str, str]:
        """Of the ink and the paper of a cell of the screen."""
        char = self._screen.buffer[row][column]
        return char.fg, char.bg

    def resize(self, columns: int, lines: int) -> None:
        """As a user does it. What is below the cursor may get lost, not what is above."""
        rows = [self._cells(row) for row in self._rows()]
        row, column = self.cursor_at
        while len(rows) > row + 1 and not "".join(char.data for char in rows[-1]).strip():
            rows.pop()
        if self._reflows:
            broken = [_broken(cells, columns) for cells in rows]
            row = sum(map(len, broken[:row])) + column // columns
            column %= columns
            rows = [part for parts in broken for part in parts]
        top = max(0, min(len(rows) - lines, row)) if self._reflows else max(0, row - lines + 1)
        self._put(rows, top, columns, lines)
        self._screen.cursor.y, self._screen.cursor.x = row - top, min(column, columns - 1)

    def _put(self, rows: list[list[Char]], top: int, columns: int, lines: int) -> None:
        self._screen.resize(lines, columns)
        self._screen.erase_in_display(2)
        self._screen.history.top.clear()
        for cells in rows[:top]:
            self._screen.history.top.append(pyte.screens.StaticDefaultDict(self._screen.default_char))
            self._screen.history.top[-1].update(enumerate(cells[:columns]))
        for y, cells in enumerate(rows[top : top + lines]):
            self._screen.buffer[y].update(enumerate(cells[:columns]))

    def _rows(self) -> Iterable[Mapping[int, Char]]:
        return [*self._screen.history.top, *(self._screen.buffer[y] for y in range(self._screen.lines))]

    def _cells(self, row: Mapping[int, Char]) -> list[Char]:
        """Those of a row up to the last one that is not blank."""
        cells = [row[x] for x in range(max(self._screen.columns, max(row, default=0) + 1))]
        while cells and cells[-1].data == " ":
            cells.pop()
        return cells

    def _text(self, row: Mapping[int, Char]) -> str:
        return unicodedata.normalize("NFC", "".join(char.data for char in self._cells(row))).rstrip()


def _broken(cells: list[Char], columns: int) -> list[list[Char]]:
    return [cells[start : start + columns] for start in range(0, len(cells), columns)] or [[]]
