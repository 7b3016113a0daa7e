"""Writing exchanges while they happen."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from glmv_cli.store.history.database import connect, explained, transaction
from glmv_cli.store.history.records import Asked, Medium, Outcome

if TYPE_CHECKING:
    import sqlite3


class HistoryWriter:
    """Writes to the file at ``path``, from one thread. What a method has written survives the end of the process.

    All methods raise :class:`HistoryError` if the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect(path)

    def begin(self, command: str, system: str | None, asked: Asked, conversation: int | None = None) -> int:
        """A question, before there is an answer: returns the id of the exchange.

        It is one more of ``conversation``, or the first of a new one if that is ``None``.
        """
        with explained(self._path), transaction(self._connection):
            return self._insert(self._conversation(command, system) if conversation is None else conversation, asked)

    def begin_with(self, command: str, system: str | None, earlier: Sequence[tuple[Asked, Outcome]],
                   asked: Asked) -> tuple[list[int], int]:  # fmt: skip
        """The same in a new conversation that has ``earlier`` exchanges already: returns their ids, and the new one."""
        with explained(self._path), transaction(self._connection):
            conversation = self._conversation(command, system)
            before = [self._insert(conversation, question) for question, _ in earlier]
            for exchange, (_, outcome) in zip(before, earlier, strict=True):
                self._finish(exchange, outcome)
            return before, self._insert(conversation, asked)

    def update(self, exchange: int, thinking: str, answer: str) -> None:
        """All that has come of the answer so far."""
        with explained(self._path):
            self._connection.execute(
                "UPDATE exchanges SET thinking = ?, answer = ? WHERE id = ?", (clean(thinking), clean(answer), exchange)
            )

    def finish(self, exchange: int, outcome: Outcome) -> None:
        """The answer has ended, in whichever way."""
        with explained(self._path), transaction(self._connection):
            self._finish(exchange, outcome)

    def stand(self, conversation: int, system: str | None, standing: Collection[int],
              taken_back: Collection[int] = (), others: Collection[int] = ()) -> bool:  # fmt: skip
        """The conversation is the exchanges ``standing``, after ``system``; those ``taken_back`` are none of it now.

        Returns whether that is so. It is not, and nothing is changed, if the conversation or one of ``standing`` was
        removed, or if it has exchanges besides these and ``others``: another chat has gone on with it.
        """
        with explained(self._path), transaction(self._connection):
            rows = self._connection.execute("SELECT id FROM exchanges WHERE conversation_id = ?", (conversation,))
            there = {row[0] for row in rows}
            if not there or not there.issuperset(standing) or not there.issubset((*standing, *taken_back, *others)):
                return False
            marks = [(False, exchange) for exchange in standing] + [(True, exchange) for exchange in taken_back]
            self._connection.executemany("UPDATE exchanges SET taken_back = ? WHERE id = ?", marks)
            values = (None if system is None else clean(system), conversation)
            self._connection.execute("UPDATE conversations SET system = ? WHERE id = ?", values)
            return True

    def conversation_of(self, exchange: int) -> int:
        """The conversation that an exchange belongs to."""
        with explained(self._path):
            query = "SELECT conversation_id FROM exchanges WHERE id = ?"
            conversation: int = self._connection.execute(query, (exchange,)).fetchone()[0]
            return conversation

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _conversation(self, command: str, system: str | None) -> int:
        values = (command, None if system is None else clean(system))
        return _id(self._connection.execute("INSERT INTO conversations (command, system) VALUES (?, ?)", values))

    def _insert(self, conversation: int, asked: Asked) -> int:
        names = "\n".join(medium.name for medium in asked.media)
        values = (conversation, time.time(), clean(asked.model), asked.think, clean(asked.question), clean(names))
        exchange = _id(
            self._connection.execute(
                "INSERT INTO exchanges (conversation_id, began, model, think, question, names)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
        )
        self._connection.executemany(
            "INSERT INTO media (exchange_id, name, path, kind, size, sha256, page) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(exchange, *_row(medium)) for medium in asked.media],
        )
        return exchange

    def _finish(self, exchange: int, outcome: Outcome) -> None:
        boxes = json.dumps([asdict(box) for box in outcome.boxes])
        usage = None if outcome.usage is None else json.dumps(asdict(outcome.usage))
        timings = None if outcome.timings is None else json.dumps(asdict(outcome.timings))
        error = None if outcome.error is None else clean(outcome.error)
        self._connection.execute(
            "UPDATE exchanges SET thinking = ?, answer = ?, ending = ?, error = ?, boxes = ?, usage = ?, timings = ?"
            " WHERE id = ?",
            (clean(outcome.thinking), clean(outcome.answer), outcome.ending, error, boxes, usage, timings, exchange),
        )


def write_digest(path: Path, exchange: int, medium: Medium, sha256: str) -> None:
    """Add the digest of a medium that was hashed after the question was written. Raises :class:`HistoryError`."""
    connection = connect(path)
    try:
        with explained(path):
            name, where, *_ = _row(medium)
            connection.execute(
                "UPDATE media SET sha256 = ? WHERE exchange_id = ? AND name = ? AND path IS ?",
                (sha256, exchange, name, where),
            )
    finally:
        connection.close()


def clean(text: str) -> str:
    """``text`` as SQLite takes it: names of files may hold bytes that are no UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _row(medium: Medium) -> tuple[str, str | bytes | None, str, int | None, str | None, int | None]:
    return clean(medium.name), _stored_path(medium.path), medium.kind, medium.size, medium.sha256, medium.page


def _stored_path(path: Path | None) -> str | bytes | None:
    """Text, or bytes where that is no valid one."""
    if path is None:
        return None
    text = str(path)
    return text if clean(text) == text else os.fsencode(text)


def _id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid
