"""Text for manual pages: mdoc(7), one sentence a line, as ``mandoc -Tlint`` wants it."""

from __future__ import annotations

import re
import textwrap

_WIDTH = 76
_ESCAPES = {"\\": r"\e", "-": r"\-", "`": r"\(ga", "~": r"\(ti", "^": r"\(ha"}
_END = re.compile(r"(?<=[.!?…]) (?=[A-Z'])")
"""Between two sentences."""


def text_lines(text: str) -> list[str]:
    """A paragraph as lines of the source."""
    lines = [line for sentence in _END.split(text) for line in _wrapped(sentence)]
    return [escaped(line) for line in lines]


def escaped(line: str) -> str:
    """A line that is set as it stands: hyphens are those that can be copied into a shell, and nothing is a macro."""
    shown = (
        line.replace("\\", r"\e").replace("-", r"\-").replace("`", r"\(ga").replace("~", r"\(ti").replace("^", r"\(ha")
    )
    shown = "".join(character if character.isascii() else f"\\[u{ord(character):04X}]" for character in shown)
    return rf"\&{shown}" if shown.startswith((".", "'")) else shown


def word(text: str) -> str:
    """An argument of a macro: quoted if it has spaces, and never taken for a macro or a full stop."""
    shown = escaped(text).replace('"', r"\(dq")
    return f'"{shown}"' if " " in shown else shown if len(shown) > 1 or shown.isalnum() else rf"\&{shown}"


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, _WIDTH, break_long_words=False, break_on_hyphens=False)
