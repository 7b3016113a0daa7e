"""What to make of Markdown that breaks off in the middle, so that the end of the text does not jump about."""

from __future__ import annotations

import re

# What may become a bullet, a number, a heading, a rule, a fence, a table's second line.
_MARKER = re.compile(r"[\s>]*(?:[-*+=#_~|:`\s]*|\d{1,9}[.)]|\\\[?|\$\$?)\s*")
_NUMBER = re.compile(r"[\s>]*\d{1,3}")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*$")
_RUN = re.compile(r"\*+|_+|~+")
_BACKTICKS = re.compile(r"`+")


def settled_part(complete: str, partial: str, begun: bool) -> str:
    """``complete`` lines, with the line that is being written if it is clear what it will be.

    A number may become that of an item, but an answer that has not ``begun`` may be a number.
    """
    if _MARKER.fullmatch(partial) or (begun and _NUMBER.fullmatch(partial)):
        return complete
    return complete + partial


def closed(text: str) -> str:
    """``text`` of a paragraph, with emphasis and code that are open at its end closed there.

    Marks at the very end, of which one cannot know yet what they are, are left out; of a link that is not
    whole only its text is shown.
    """
    text = _LINK.sub(r"\1", text).rstrip()
    marks: list[str] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 2
        elif char == "`":
            ticks = _run(_BACKTICKS, text, position)
            end = _end_of_code(text, position + len(ticks), ticks)
            if end is None:
                rest = text[position + len(ticks) :].rstrip("`")
                return _close(text[:position] + (ticks + rest + ticks if rest.strip() else rest), marks)
            position = end
        elif char in "*_~":
            run = _run(_RUN, text, position)
            _take(marks, run, text[position - 1 : position], text[position + len(run) : position + len(run) + 1])
            position += len(run)
        else:
            position += 1
    return _close(text[:-1] if position > len(text) else text, marks)


def _run(pattern: re.Pattern[str], text: str, position: int) -> str:
    match = pattern.match(text, position)
    assert match is not None
    return match.group()


def _end_of_code(text: str, position: int, ticks: str) -> int | None:
    return next((match.end() for match in _BACKTICKS.finditer(text, position) if match.group() == ticks), None)


def _take(marks: list[str], run: str, before: str, after: str) -> None:
    """One run of marks: it closes what is open, or opens something, or is text."""
    if not after:
        return  # at the end of the text: nothing is known
    if before.strip() and marks and marks[-1][0] == run[0]:
        length = len(run)
        while marks and marks[-1][0] == run[0] and length >= len(marks[-1]):
            length -= len(marks.pop())
    elif after.strip() and not (before.isalnum() and (run[0] == "_" or run == "*")) and run != "~":
        marks += [run] if len(run) < 3 else [run[:2], run[2:3]]


def _close(text: str, marks: list[str]) -> str:
    """The text without marks at its end, and what closes it."""
    text = text.rstrip("*_~ \t\n") or text
    return text + "".join(reversed(marks))
