"""Lines from a pipe or a file, each a turn of its own."""

from __future__ import annotations

from typing import BinaryIO

from glmv_cli.cli.failures import reading

BLOCK = '"""'
"""Opens and closes a text of several lines."""


class PipedLines:
    """Reads standard input. Empty lines are passed over; a line with one ``\"\"\"`` goes on to the next one."""

    def __init__(self, stdin: BinaryIO) -> None:
        self._stdin = stdin

    def read(self) -> str:
        """The next line or block. Raises ``EOFError`` after the last one."""
        text = ""
        while not text.strip() or is_open(text):
            with reading():
                line = self._stdin.readline()
            if not line:
                if text.strip():
                    break
                raise EOFError
            text = (text if text.strip() else "") + line.decode("utf-8", "replace").replace("\r\n", "\n")
        return unblocked(text.rstrip("\n"))


def is_open(text: str) -> bool:
    """A block has been opened and not closed."""
    return text.count(BLOCK) % 2 == 1


def unblocked(text: str) -> str:
    """``text`` without the marks of a block that is all of it, and may lack its end."""
    before, *rest = text.strip().split(BLOCK)
    alone = len(rest) == 1 or (len(rest) == 2 and not rest[1])
    return rest[0].strip("\n") if not before and alone else text
