"""The tables of the history, and how a file of an older version becomes one of this."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_VERSION_1 = (
    """CREATE TABLE conversations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        command TEXT NOT NULL,
        system TEXT
    )""",
    """CREATE TABLE exchanges (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
        began REAL NOT NULL,
        model TEXT NOT NULL,
        think INTEGER NOT NULL,
        question TEXT NOT NULL,
        names TEXT NOT NULL,
        thinking TEXT NOT NULL DEFAULT '',
        answer TEXT NOT NULL DEFAULT '',
        ending TEXT,
        error TEXT,
        boxes TEXT,
        usage TEXT,
        timings TEXT,
        taken_back INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX exchanges_of_conversation ON exchanges (conversation_id)",
    """CREATE TABLE media (
        id INTEGER PRIMARY KEY,
        exchange_id INTEGER NOT NULL REFERENCES exchanges (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        path TEXT,
        kind TEXT NOT NULL,
        size INTEGER,
        sha256 TEXT
    )""",
    "CREATE INDEX media_of_exchange ON media (exchange_id)",
    # Three characters at a time, not words: Chinese has no spaces between them.
    """CREATE VIRTUAL TABLE texts USING fts5 (
        question, answer, names, content = 'exchanges', content_rowid = 'id', tokenize = 'trigram'
    )""",
    """CREATE TRIGGER exchange_added AFTER INSERT ON exchanges BEGIN
        INSERT INTO texts (rowid, question, answer, names) VALUES (new.id, new.question, new.answer, new.names);
    END""",
    """CREATE TRIGGER exchange_removed AFTER DELETE ON exchanges BEGIN
        INSERT INTO texts (texts, rowid, question, answer, names)
        VALUES ('delete', old.id, old.question, old.answer, old.names);
    END""",
    """CREATE TRIGGER exchange_changed AFTER UPDATE OF answer ON exchanges BEGIN
        INSERT INTO texts (texts, rowid, question, answer, names)
        VALUES ('delete', old.id, old.question, old.answer, old.names);
        INSERT INTO texts (rowid, question, answer, names) VALUES (new.id, new.question, new.answer, new.names);
    END""",
)

_VERSION_2 = ("ALTER TABLE media ADD COLUMN page INTEGER",)

MIGRATIONS = (_VERSION_1, _VERSION_2)
"""Statements that lead from each version to the next; the first from an empty file."""
VERSION = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """That of the file; 0 if it is empty."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to :data:`VERSION`. Whoever else opens it meanwhile waits."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[version_of(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
