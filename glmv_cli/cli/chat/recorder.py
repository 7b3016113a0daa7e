"""Where exchanges go while they happen, for those who keep them."""

from __future__ import annotations

from typing import Protocol

from glmv_cli.conversation import Conversation, Exchange
from glmv_cli.errors import GlmvError
from glmv_cli.messages import Message


class Recorder(Protocol):
    """Hears of each exchange, ``(begin update* finish)*``, and between them of what becomes of the conversation."""

    def begin(self, model: str, conversation: Conversation, question: Message, think: bool) -> None:
        """``question`` is asked after ``conversation``."""

    def update(self, thinking: str, answer: str) -> None:
        """All that has come of the answer so far; called for every piece."""

    def finish(self, exchange: Exchange, failure: GlmvError | None) -> None:
        """The exchange as it ended, in whichever way; ``failure`` is why there is no more of it."""

    def stand(self, conversation: Conversation) -> None:
        """This is what counts now: exchanges were taken back, or count again."""

    def part(self) -> None:
        """What is asked next belongs to another conversation."""


class NoRecorder:
    """Keeps nothing."""

    def begin(self, model: str, conversation: Conversation, question: Message, think: bool) -> None:
        """Nothing."""

    def update(self, thinking: str, answer: str) -> None:
        """Nothing."""

    def finish(self, exchange: Exchange, failure: GlmvError | None) -> None:
        """Nothing."""

    def stand(self, conversation: Conversation) -> None:
        """Nothing."""

    def part(self) -> None:
        """Nothing."""
