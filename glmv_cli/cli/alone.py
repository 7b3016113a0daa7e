"""Files that one process at a time writes, in the place of others that are whole."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from glmv_cli.errors import GlmvError

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)
"""What file systems of networks say that have none."""


def open_alone(path: Path, name: str, errors: str = "strict") -> TextIO:
    """An empty file at ``path`` for what will be the file ``name``; what an earlier run left there is gone. UTF-8.

    Raises :class:`GlmvError` if there is a link, which could lead anywhere, or another process writes there just now,
    and ``OSError``.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise GlmvError(f"{path} is a link, and is not written to", "remove it, or choose another file") from error
        raise
    stream = os.fdopen(descriptor, "w", encoding="utf-8", errors=errors, newline="")
    try:
        lock(stream, path, name)
        stream.truncate(0)
    except BaseException:
        stream.close()
        raise
    return stream


def lock(stream: TextIO, path: Path, name: str) -> None:
    """Keep other processes from ``stream``, the file at ``path``, until it is closed. Raises :class:`GlmvError` if one
    has it already.
    """
    with suppress(BlockingIOError):
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return
            raise
        # Since it was opened here, another process may have put a new file in its place.
        if path.exists() and os.path.samestat(os.fstat(stream.fileno()), path.stat()):
            return
    raise GlmvError(f"another glmv writes to {name}", "wait for it, or choose another file")
