"""Every failure that a user can cause or meet, as one tree.

::

    GlmvError                 1   something else went wrong
    ├── UsageError            2   the command line does not make sense
    ├── MediaError           65   a picture or film cannot be used
    ├── InputNotFoundError   66   no such input, or it cannot be opened
    ├── ModelError           69   the model is unknown, incomplete or damaged
    ├── DiskFullError        74   not enough room on the disk; run the same command again to go on
    └── MemoryShortageError  75   not enough memory; the hint says what to try

The numbers are the exit codes; 65 to 75 follow ``sysexits.h``. Exit code 70 is a bug of ours (any
other exception), 130 an interrupt, 141 a closed pipe; they have no class here because nobody raises them.
"""

from __future__ import annotations

from typing import ClassVar


class GlmvError(Exception):
    """A failure with a message for the user and, where there is one, a hint about what to do.

    ``message`` starts in lower case and has no final full stop, so that it reads well after ``error:``.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GlmvError):
    """The command line does not make sense."""

    exit_code = 2


class MediaError(GlmvError):
    """A picture or film is damaged, empty, too large, or of a kind that cannot be read."""

    exit_code = 65


class InputNotFoundError(GlmvError):
    """An input does not exist, is not a file, or cannot be opened."""

    exit_code = 66


class ModelError(GlmvError):
    """A model is unknown, incomplete, damaged or of an unsupported kind."""

    exit_code = 69


class DiskFullError(GlmvError):
    """There is not enough room on the disk for what is written."""

    exit_code = 74


class MemoryShortageError(GlmvError):
    """There is not enough memory for what was asked."""

    exit_code = 75
