"""Texts as people type them behind a name: one as it is, or several in quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence

_QUOTES = ("'", '"')
_WORD = re.compile(r"""\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([^\s"']\S*))""")
_WORDS = re.compile(rf"(?:{_WORD.pattern})+\s*")
_ESCAPE = re.compile(r'\\([nt\\"])')
_MEANT = {"n": "\n", "t": "\t", "\\": "\\", '"': '"'}
_WRITTEN = {meant: f"\\{letter}" for letter, meant in _MEANT.items()}


def parse_texts(text: str) -> tuple[str, ...]:
    r"""One, or several if the first is in quotes; ``\n`` and ``\t`` are written out. Raises ``ValueError`` for a quote
    that is not closed.
    """
    if text[:1] not in _QUOTES:
        words = [text]
    elif _WORDS.fullmatch(text):
        words = [next(filter(None, match.groups()), "") for match in _WORD.finditer(text)]
    else:
        raise ValueError(text)
    return tuple(_ESCAPE.sub(lambda match: _MEANT[match[1]], word) for word in words)


def written_texts(texts: Sequence[str]) -> str:
    """What :func:`parse_texts` reads as these."""
    return " ".join('"' + "".join(_WRITTEN.get(char, char) for char in text) + '"' for text in texts)
