"""Writes exchanges into the history while they happen, and never stands in the way of an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from glmv_cli.cli.history.media import digest_later, mediums_of
from glmv_cli.conversation import media_of, text_of
from glmv_cli.errors import GlmvError
from glmv_cli.messages import Message
from glmv_cli.store.history.records import Asked, Outcome
from glmv_cli.store.paths import existing_home, history_path

if TYPE_CHECKING:
    from glmv_cli.store.history.writing import HistoryWriter

_EVERY_S = 1.0
"""What a process that is killed may lose of an answer."""
_Result = TypeVar("_Result")


class Keeper:
    """Keeps one exchange after another: ``(begin update* finish)*``, each exchange a conversation of its own.

    If the history cannot be written, nothing more is kept, and :meth:`complaint` says so once.
    """

    def __init__(self, environ: Mapping[str, str], command: str) -> None:
        self.command = command
        self._path = history_path(environ)
        self._writer: HistoryWriter | None = None
        self._usable = True
        self._complaint: str | None = None
        self._exchange: int | None = None
        self._due = 0.0

    def begin(self, model: str, question: Message, think: bool, system: str | None = None) -> None:
        """``question`` is asked, as the first one."""
        asked = self.asked(model, question, think)
        self.began(self.attempt(lambda writer: writer.begin(self.command, system, asked)), asked, question)

    def update(self, thinking: Callable[[], str], answer: Callable[[], str]) -> None:
        """All that has come so far, asked for about once a second."""
        exchange = self._exchange
        if exchange is not None and time.monotonic() >= self._due:
            self.attempt(lambda writer: writer.update(exchange, thinking(), answer()))
            self._due = time.monotonic() + _EVERY_S

    def finish(self, outcome: Outcome) -> int | None:
        """How it ended. Returns the id of the exchange, unless that is not kept."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            self.attempt(lambda writer: writer.finish(exchange, outcome))
        self.close()
        return exchange

    def close(self) -> None:
        """Let go of the file: opening it again takes less than a millisecond."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def complaint(self) -> str | None:
        """Why nothing is kept, in a line for the user; once."""
        complaint, self._complaint = self._complaint, None
        return complaint

    def asked(self, model: str, question: Message, think: bool) -> Asked:
        """``question`` as the history has it."""
        return Asked(model, think, text_of(question), mediums_of(media_of(question)) if self._usable else ())

    def began(self, exchange: int | None, asked: Asked, question: Message) -> None:
        """``exchange`` is what is being answered; ``None`` if it could not be written."""
        self._exchange = exchange
        self._due = time.monotonic() + _EVERY_S
        if exchange is not None and self._path is not None:
            digest_later(self._path, exchange, dict(zip(asked.media, media_of(question), strict=True)))

    def attempt(self, write: Callable[[HistoryWriter], _Result]) -> _Result | None:
        """What ``write`` returns; ``None`` if it fails, or something has failed before."""
        if not self._usable:
            return None
        try:
            if self._writer is None:
                from glmv_cli.store.history.writing import HistoryWriter  # sqlite3: 4 ms

                self._writer = HistoryWriter(existing_home(self._path, "the history"))
            return write(self._writer)
        except GlmvError as error:
            self._usable = False
            self._complaint = f"nothing of this is kept for 'glmv history': {error.message}"
            return None
