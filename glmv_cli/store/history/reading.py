"""Looking things up in the history, and removing them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from glmv_cli.errors import UsageError
from glmv_cli.events import Box, Timings, Usage
from glmv_cli.store.history.database import connect, connect_to_read, explained, transaction
from glmv_cli.store.history.records import Asked, Medium, Outcome, StoredConversation, StoredExchange, Summary
from glmv_cli.store.history.writing import clean

_SUMMARIES = """
    SELECT conversations.id, command, max(began) AS last_began, count(*) AS number,
        min(exchanges.id) AS first, max(exchanges.id) AS last
    FROM conversations JOIN exchanges ON conversation_id = conversations.id
    GROUP BY conversations.id ORDER BY last DESC LIMIT ?
"""
_TRIGRAM = 3


class History:
    """What is in the file at ``path``. Without a file there is nothing in it.

    All methods raise :class:`HistoryError` if there is a file that cannot be read.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def summaries(self, limit: int | None = None) -> list[Summary]:
        """The conversations, at most ``limit``; the one that was talked in last comes first."""
        with self._reading() as connection:
            rows = connection.execute(_SUMMARIES, (-1 if limit is None else limit,)).fetchall()
            return [_summary(connection, row) for row in rows]

    def count(self) -> int:
        """How many conversations there are."""
        with self._reading() as connection:
            total: int = connection.execute("SELECT count(*) FROM conversations").fetchone()[0]
            return total

    def latest(self) -> StoredConversation | None:
        """The one that was talked in last."""
        summaries = self.summaries(1)
        return self.load(summaries[0].id) if summaries else None

    def load(self, conversation: int) -> StoredConversation:
        """A conversation as a whole. Raises :class:`UsageError` if there is none of this id."""
        with self._reading() as connection:
            query = "SELECT command, system FROM conversations WHERE id = ?"
            row = connection.execute(query, (conversation,)).fetchone()
            if row is None:
                raise unknown(conversation)
            rows = connection.execute("SELECT * FROM exchanges WHERE conversation_id = ? ORDER BY id", (conversation,))
            exchanges = tuple(_exchange(connection, values) for values in rows.fetchall())
            return StoredConversation(conversation, row["command"], row["system"], exchanges)

    def search(self, phrases: Sequence[str], limit: int | None = None) -> list[StoredExchange]:
        """The exchanges in whose question, answer or names of media each of ``phrases`` stands, newest first.

        Case does not matter. Raises :class:`UsageError` if all of them are blank.
        """
        wanted = [phrase for phrase in map(clean, phrases) if phrase.strip()]
        if not wanted:
            raise UsageError("there is nothing to search for", "'glmv history list -n 0' lists all conversations")
        condition, values = _condition(wanted)
        query = f"SELECT * FROM exchanges WHERE {condition} ORDER BY id DESC LIMIT ?"
        with self._reading() as connection:
            rows = connection.execute(query, (*values, -1 if limit is None else limit)).fetchall()
            return [_exchange(connection, row) for row in rows]

    def remove(self, conversations: Sequence[int]) -> None:
        """Forget these; nothing of them stays in the file. Raises :class:`UsageError` if one does not exist, and
        removes none then.
        """
        if self._path is None or not self._path.exists():
            raise unknown(conversations[0])
        connection = connect(self._path)
        try:
            with explained(self._path):
                with transaction(connection):
                    for conversation in conversations:
                        found = connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))
                        if not found.rowcount:
                            raise unknown(conversation)
                    # The index keeps the text of removed rows, until it is made again.
                    connection.execute("INSERT INTO texts (texts) VALUES ('rebuild')")
                # Likewise free pages of the file, and the log beside it. Another process may need them just now:
                # then they go when something is removed again.
                with suppress(sqlite3.OperationalError):
                    connection.execute("VACUUM")
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self._path is None or not self._path.exists():
            connection = _nothing()
            path = Path()
        else:
            connection, path = connect_to_read(self._path), self._path
        connection.row_factory = sqlite3.Row
        try:
            with explained(path):
                yield connection
        finally:
            connection.close()


def unknown(conversation: int) -> UsageError:
    """What is said of an id that there is not."""
    return UsageError(f"there is no conversation {conversation}", "'glmv history list -n 0' lists all")


def _nothing() -> sqlite3.Connection:
    from glmv_cli.store.history.schema import migrate

    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    return connection


def _condition(phrases: Sequence[str]) -> tuple[str, list[str]]:
    """What a row must fulfil. The index knows nothing that is shorter than three characters: these are looked for."""
    conditions, values = [], []
    indexed = [phrase for phrase in phrases if len(phrase) >= _TRIGRAM]
    if indexed:
        conditions.append("id IN (SELECT rowid FROM texts WHERE texts MATCH ?)")
        values.append(" AND ".join('"' + phrase.replace('"', '""') + '"' for phrase in indexed))
    for phrase in phrases:
        if len(phrase) < _TRIGRAM:
            conditions.append(r"question || char(10) || answer || char(10) || names LIKE ? ESCAPE '\'")
            values.append("%" + phrase.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%")
    return " AND ".join(conditions), values


def _summary(connection: sqlite3.Connection, row: sqlite3.Row) -> Summary:
    query = "SELECT question, model FROM exchanges WHERE id = ?"
    first = connection.execute(query, (row["first"],)).fetchone()
    last = connection.execute(query, (row["last"],)).fetchone()
    names = connection.execute("SELECT name FROM media WHERE exchange_id = ? ORDER BY id", (row["first"],))
    media = tuple(name for (name,) in names)
    return Summary(row["id"], row["last_began"], row["command"], last["model"], row["number"], first["question"], media)


def _exchange(connection: sqlite3.Connection, row: sqlite3.Row) -> StoredExchange:
    query = "SELECT name, path, kind, size, sha256, page FROM media WHERE exchange_id = ? ORDER BY id"
    media = tuple(_medium(*values) for values in connection.execute(query, (row["id"],)))
    return StoredExchange(
        id=row["id"],
        conversation_id=row["conversation_id"],
        began=row["began"],
        asked=Asked(row["model"], bool(row["think"]), row["question"], media),
        thinking=row["thinking"],
        answer=row["answer"],
        outcome=None if row["ending"] is None else _outcome(row),
        taken_back=bool(row["taken_back"]),
    )


def _outcome(row: sqlite3.Row) -> Outcome:
    boxes, usage, timings = (json.loads(row[name] or "null") for name in ("boxes", "usage", "timings"))
    return Outcome(
        thinking=row["thinking"],
        answer=row["answer"],
        ending=row["ending"],
        error=row["error"],
        boxes=tuple(Box(**box) for box in boxes or ()),
        usage=None if usage is None else Usage(**usage),
        timings=None if timings is None else Timings(**timings),
    )


def _medium(
    name: str, path: str | bytes | None, kind: str, size: int | None, sha256: str | None, page: int | None
) -> Medium:
    return Medium(name, None if path is None else Path(os.fsdecode(path)), kind, size, sha256, page)
