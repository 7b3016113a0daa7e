"""What is done of a long piece of work, on disk, so that a process that was killed can be gone on from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_FORMAT = 1


class Journal:
    """Lines of JSON, of which only whole ones count. The first says what the work is.

    What a line says must be safe on disk before the line is added: :meth:`add` makes the line itself safe.
    """

    def __init__(self, path: Path) -> None:
        """Opens or begins the journal. A last line that was cut short, or is no JSON, is dropped."""
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        lines, size = _whole_lines(path.read_bytes())
        self._entries = lines
        os.ftruncate(self._file, size)
        os.lseek(self._file, size, os.SEEK_SET)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What was there when it was opened, without the first line."""
        return self._entries[1:]

    @property
    def subject(self) -> str | None:
        """What the work is; None if the journal is new."""
        return str(self._entries[0].get("work")) if self._entries else None

    def begin(self, subject: str) -> None:
        """Forget everything; the work is ``subject``."""
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        self._entries = [{"work": subject}]
        self.add({"journal": _FORMAT, "work": subject})

    def add(self, entry: dict[str, Any]) -> None:
        """Append a line, and wait until it is on disk. Raises ``OSError``."""
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        while line:
            line = line[os.write(self._file, line) :]
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _whole_lines(content: bytes) -> tuple[list[dict[str, Any]], int]:
    """The entries up to the first that is not whole, and how many bytes they take."""
    entries: list[dict[str, Any]] = []
    size = 0
    for line in content.splitlines(keepends=True):
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if not isinstance(entry, dict) or not line.endswith(b"\n"):
            break
        entries.append(entry)
        size += len(line)
    if entries and entries[0].get("journal") != _FORMAT:
        return [], 0
    return entries, size
