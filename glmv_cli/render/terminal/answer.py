"""The answer on a terminal: Markdown, set while it comes."""

from __future__ import annotations

import os
from collections.abc import Callable

from glmv_cli.render.sanitize import visible
from glmv_cli.render.terminal.document import Document
from glmv_cli.render.terminal.leaves import Reader
from glmv_cli.render.terminal.look import Look
from glmv_cli.render.terminal.pace import Pace
from glmv_cli.render.terminal.screen import Screen
from glmv_cli.render.terminal.typeset import Typesetter


class MarkdownAnswer:
    """Prints blocks when they are finished, each once. If it is ``live``, what is unfinished stands below them, and is
    redrawn as it grows; of that, the last lines only, half a screen at most.

    ``write`` writes to the terminal and flushes, ``size`` tells its size now.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        size: Callable[[], os.terminal_size],
        look: Look,
        live: bool = True,
        pace: Pace | None = None,
    ) -> None:
        self._write = write
        self._size = size
        self._live = live
        self._pace = pace or Pace()
        self._document = Document(Reader(look), Typesetter(look))
        self._screen = Screen(write)
        self._empty = True

    def write(self, text: str) -> None:
        """More of the answer."""
        self._empty = False
        self._document.feed(visible(text))
        if self._pace.due:
            with self._pace.drawing():
                self._draw()

    def pause(self) -> None:
        """Take the tail away, until more is written."""
        self._put([], [])

    def make_way(self) -> None:
        """Print all that has come; the cursor is at the start of a line then."""
        finished = self._document.finish(self._size().columns)
        self._put(finished, [])

    def end(self) -> None:
        """The answer is whole. An empty one is an empty line."""
        if self._empty:
            self._write("\n")
        self._empty = True
        self.make_way()

    def _draw(self) -> None:
        size = self._size()
        finished = self._document.settle(size.columns)
        tail = self._document.tail(size.columns) if self._live else []
        self._put(finished, tail[-max(1, size.lines // 2) :])

    def _put(self, finished: list[str], tail: list[str]) -> None:
        if self._live:
            self._screen.draw(finished, tail)
        elif finished:
            self._write("\n".join([*finished, ""]))
