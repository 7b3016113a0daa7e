"""Text that grows, broken between words."""

from __future__ import annotations

from collections.abc import Callable

from glmv_cli.render.cells import cells

_TAB = "    "


class WordWrap:
    """Breaks what is written into lines of at most ``columns()`` cells, and never takes back what it has given.

    A word is held back until its end is known. One that is wider than a line is left to the terminal to break.
    """

    def __init__(self, columns: Callable[[], int]) -> None:
        self._columns = columns
        self._column = 0
        self._gap = ""
        self._word = ""
        self._is_inside = False

    def write(self, text: str) -> str:
        """More text, without control characters but newlines and tabs; returns what can be shown now."""
        width = max(1, self._columns())
        return "".join(self._take(char, width) for char in text.replace("\t", _TAB))

    def end(self) -> str:
        """The word that is held back. What is written afterwards begins a line."""
        rest = self._place(max(1, self._columns()))
        self._column, self._gap = 0, ""
        return rest

    def _take(self, char: str, width: int) -> str:
        if char in " \n":
            placed = self._place(width)
            if char == " ":
                self._gap += char
                return placed
            self._column, self._gap = 0, ""
            return placed + "\n"
        if cells(char) > 1:  # Chinese and the like may be broken before and after each character
            placed = self._place(width)
            self._word = char
            return placed + self._place(width)
        self._word += char
        if cells(self._word) < width:
            return ""
        placed = self._place(width)
        self._is_inside = True
        return placed

    def _place(self, width: int) -> str:
        """The word, behind a gap or on a line of its own, unless it is the rest of one that has begun."""
        word, gap, needed = self._word, self._gap, cells(self._word)
        is_inside, self._is_inside = self._is_inside, False
        if not word:
            return ""
        self._word = self._gap = ""
        start = self._column + len(gap)
        if not is_inside and self._column and start + needed > width:
            gap, start = "\n", 0
        self._column = (start + needed - 1) % width + 1  # the terminal breaks what is too wide
        return gap + word
