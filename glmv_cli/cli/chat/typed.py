"""What was typed in this chat and in those before."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

_FILE = "prompts"


class TypedFile(FileHistory):
    """Lines in a file; one that cannot be written, as on a full disk, is known in this chat only."""

    def store_string(self, string: str) -> None:
        """Add a line."""
        with suppress(OSError):
            super().store_string(string)


def typed_before(directory: Path | None) -> History:
    """Lines in a file in ``directory`` that nobody else may read; of this chat only, if there can be none."""
    if directory is None:
        return InMemoryHistory()
    path = directory / _FILE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    except OSError:
        return InMemoryHistory()
    return TypedFile(path)
