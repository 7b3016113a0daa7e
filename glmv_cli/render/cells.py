"""How wide text is on a terminal, for single lines that must fit; Markdown is measured by rich."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def _width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def cells(text: str) -> int:
    """The width of ``text``, which holds no control characters."""
    return sum(map(_width, text))


def first_cells(text: str, width: int) -> str:
    """As much of the beginning of ``text`` as fits into ``width``."""
    return text[: _fitting(text, width)]


def last_cells(text: str, width: int) -> str:
    """As much of the end of ``text`` as fits into ``width``."""
    return text[len(text) - _fitting(reversed(text), width) :]


def _fitting(chars: Iterable[str], width: int) -> int:
    count = used = 0
    for char in chars:
        used += _width(char)
        if used > width:
            break
        count += 1
    return count
