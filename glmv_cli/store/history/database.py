"""The file of the history: opening it, and what is said when that fails."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glmv_cli.errors import GlmvError
from glmv_cli.store.history.schema import VERSION, migrate, version_of
from glmv_cli.store.paths import make_directory

_PATIENCE_S = 5.0
"""How long a write waits for that of another process; each takes milliseconds."""
_DO_WITHOUT = "make it writable, name another directory in GLMV_HOME, or do without: 'glmv history off'"


class HistoryError(GlmvError):
    """The history cannot be read or written."""


def connect(path: Path, patience_s: float = _PATIENCE_S) -> sqlite3.Connection:
    """Open the file, which is created if need be, for its owner only. A connection is for one thread.

    Raises :class:`GlmvError`: it cannot be created or written, is damaged, or is of a newer version.
    """
    with explained(path):
        if not path.exists():
            make_directory(path.parent)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, timeout=patience_s, isolation_level=None)
        return _prepared(connection, path, patience_s)


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a file that exists; its directory may be read-only. Raises :class:`GlmvError` like :func:`connect`."""
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return connect(path)
    with explained(path):
        try:
            return _read(path, "mode=ro")  # with what a process that writes just now has not yet put into the file
        except sqlite3.OperationalError:
            # Without a place for its own notes about readers, SQLite opens only what it is told will not change.
            return _read(path, "immutable=1")


def _read(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, isolation_level=None)
    return _prepared(connection, path, 0)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say about the file at ``path`` into :class:`HistoryError`."""
    try:
        yield
    except OSError as error:
        raise HistoryError(f"cannot open the history {path}: {error.strerror or error}", _DO_WITHOUT) from error
    except sqlite3.DatabaseError as error:
        raise _explain(path, error) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _prepared(connection: sqlite3.Connection, path: Path, patience_s: float) -> sqlite3.Connection:
    try:
        version = version_of(connection)
        if version > VERSION:
            raise HistoryError(
                f"the history {path} is of a newer version of glmv",
                "update glmv, or move the file away: a new one is begun then",
            )
        if version < VERSION:
            _write_ahead(connection, patience_s)
            migrate(connection)
        # A process that is killed loses nothing that was committed; a power cut, the last moments at most.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection, patience_s: float) -> None:
    """Readers and a writer do not wait for each other then. SQLite itself does not wait to switch to it."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _explain(path: Path, error: sqlite3.DatabaseError) -> HistoryError:
    text = str(error)  # Python 3.10 does not tell SQLite's number
    if "not a database" in text or "malformed" in text:
        hint = f"move it away, and a new one is begun: mv '{path}' '{path}.damaged'"
        return HistoryError(f"the history {path} is damaged", hint)
    if "locked" in text:
        return HistoryError(f"the history {path} is in use by another program", "try again in a moment")
    if "full" in text:
        return HistoryError(f"no room on the disk for the history {path}", "make room, and try again")
    return HistoryError(f"cannot use the history {path}: {text}", _DO_WITHOUT)
