"""What the history holds, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glmv_cli.conversation import Conversation, Ending, Exchange, user_message
from glmv_cli.events import Box, FinishReason, Timings, Usage
from glmv_cli.transcript import Attachment, Digests, Transcript


@dataclass(frozen=True, slots=True)
class Medium:
    """A picture, film or page that was shown; its bytes are not kept.

    ``path`` is absolute, and ``None`` if it never was a file. ``size`` is in bytes. ``sha256`` is ``None`` if it could
    not be read, or the process ended before all of it was.
    """

    name: str
    path: Path | None
    kind: str
    size: int | None
    sha256: str | None = None
    page: int | None = None

    @property
    def attachment(self) -> Attachment:
        """The same as a part of a transcript."""
        return Attachment(self.name, self.path, self.sha256, self.page)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is put to a model."""

    model: str
    think: bool
    question: str
    media: tuple[Medium, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an answer ended: by itself (``stop``, ``length``), by the user, or by ``error``."""

    thinking: str
    answer: str
    ending: FinishReason | Literal["interrupted", "failed"]
    error: str | None = None
    boxes: tuple[Box, ...] = ()
    usage: Usage | None = None
    timings: Timings | None = None

    @classmethod
    def of(cls, exchange: Exchange) -> Outcome:
        """That of an exchange of a conversation."""
        return cls(
            exchange.thinking, exchange.answer, exchange.finish_reason,
            None, exchange.boxes, exchange.usage, exchange.timings,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredExchange:
    """A question, and what has come of it.

    ``began`` is in seconds since 1970. No ``outcome`` with an ending: the answer is still coming, or the process that
    wrote it was killed. ``taken_back``: the chat went on without it.
    """

    id: int
    conversation_id: int
    began: float
    asked: Asked
    thinking: str
    answer: str
    outcome: Outcome | None
    taken_back: bool

    @property
    def ending(self) -> str:
        """In one word."""
        return "unfinished" if self.outcome is None else self.outcome.ending

    @property
    def exchange(self) -> Exchange:
        """As a part of a conversation; what failed or was killed counts as interrupted."""
        media = tuple(medium.attachment.source for medium in self.asked.media)
        question = user_message(self.asked.question, media)
        outcome = self.outcome
        if outcome is None:
            return Exchange(question, self.thinking, self.answer, "interrupted")
        ending: Ending = "interrupted" if outcome.ending == "failed" else outcome.ending
        return Exchange(
            question, self.thinking, self.answer, ending, outcome.boxes, outcome.usage, outcome.timings
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation, with everything that was asked in it, the oldest first; there is at least one exchange."""

    id: int
    command: str
    """What it was begun with: chat, ask, describe."""
    system: str | None
    exchanges: tuple[StoredExchange, ...]

    @property
    def model(self) -> str:
        """The one that was asked last."""
        return self.exchanges[-1].asked.model

    @property
    def standing(self) -> tuple[StoredExchange, ...]:
        """The exchanges that a chat goes on from: not those that were taken back, or brought no answer."""
        return tuple(
            stored
            for stored in self.exchanges
            if not stored.taken_back
            and stored.ending != "failed"
            and (stored.answer.strip() or stored.ending in ("stop", "length"))
        )

    @property
    def transcript(self) -> Transcript:
        """What stands of it."""
        standing = self.standing
        conversation = Conversation(self.system, tuple(stored.exchange for stored in standing))
        attachments = tuple(medium.attachment for stored in standing for medium in stored.asked.media)
        return Transcript(conversation, self.model, attachments)

    @property
    def digests(self) -> Digests:
        """Of its media, as far as they are known."""
        known = self.transcript.attachments
        return {found.source: found.sha256 for found in known if found.sha256 is not None}


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation in one line: when the last question was asked, and what the first one was."""

    id: int
    when: float
    command: str
    model: str
    exchanges: int
    question: str
    media: tuple[str, ...]
