"""Make text from outside harmless for a terminal: a model, or a file's name, must not be able to steer it."""

from __future__ import annotations

import re

# C0 without tab and newline, DEL, and C1: everything that can begin or end an escape sequence.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What directs text in two directions (Unicode Annex 9): with it a name reads otherwise than it is.
_DIRECTIONS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def visible(text: str) -> str:
    r"""``text`` with its control characters written out, as ``\x1b``; newlines and tabs are kept.

    Carriage returns are removed: in front of a newline they mean nothing, elsewhere they hide what was
    printed before them.
    """
    return _CONTROLS.sub(lambda match: f"\\x{ord(match.group()):02x}", text.replace("\r", ""))


def visible_names(text: str) -> str:
    r"""Like :func:`visible`, for text of ours that names something: what would change the direction in which it reads
    is written out, too, as ``\u202e``. A model's text may need that.
    """
    return _DIRECTIONS.sub(lambda match: f"\\u{ord(match.group()):04x}", visible(text))


def visible_line(text: str) -> str:
    """Like :func:`visible_names`, on one line: newlines and tabs become a space."""
    return re.sub(r"[\n\t]+", " ", visible_names(text))


def without_surrogates(text: str) -> str:
    """``text`` as valid Unicode: lone surrogates (bytes of a file name that were no UTF-8) become U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)
