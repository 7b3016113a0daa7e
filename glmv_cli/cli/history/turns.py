"""The turns of a chat, kept as one conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from glmv_cli.cli.history.keeper import Keeper
from glmv_cli.conversation import Conversation, Exchange
from glmv_cli.errors import GlmvError
from glmv_cli.messages import Message
from glmv_cli.store.history.records import Outcome, StoredConversation

if TYPE_CHECKING:
    from glmv_cli.store.history.writing import HistoryWriter


class TurnKeeper:
    """Keeps the exchanges of a chat, as :class:`glmv_cli.cli.chat.recorder.Recorder` has it.

    The chat may go back, or to another conversation: each question says after which exchanges it is asked. Those of
    the same conversation that are not among them count as taken back. If another chat has gone on with it meanwhile,
    this one is a conversation of its own from there on. ``note`` tells the user a line.
    """

    def __init__(self, environ: Mapping[str, str], note: Callable[[str], None]) -> None:
        self._keeper = Keeper(environ, "chat")
        self._note = note
        self._conversation: int | None = None
        # By identity: two exchanges may say the same.
        self._kept: list[tuple[Exchange, int]] = []
        self._others: tuple[int, ...] = ()
        """What the conversation had besides when this chat went on with it: taken back, failed, or going on."""

    def go_on(self, stored: StoredConversation, conversation: Conversation) -> None:
        """What comes next belongs to ``stored``, of which the chat has made ``conversation``, exchange by exchange."""
        self._conversation = stored.id
        ids = [exchange.id for exchange in stored.standing]
        self._kept = list(zip(conversation.exchanges, ids, strict=True))
        self._others = tuple(exchange.id for exchange in stored.exchanges if exchange.id not in ids)

    def begin(self, model: str, conversation: Conversation, question: Message, think: bool) -> None:
        """``question`` is asked after ``conversation``."""
        keeper = self._keeper
        asked = keeper.asked(model, question, think)

        def begin(writer: HistoryWriter) -> int:
            if self._goes_on(writer, conversation):
                return writer.begin(keeper.command, None, asked, self._conversation)
            earlier = [(keeper.asked(model, e.question, think), Outcome.of(e)) for e in conversation.exchanges]
            ids, exchange = writer.begin_with(keeper.command, conversation.system, earlier, asked)
            self._conversation = writer.conversation_of(exchange)
            self._kept = list(zip(conversation.exchanges, ids, strict=True))
            self._others = ()
            return exchange

        keeper.began(keeper.attempt(begin), asked, question)
        self._complain()

    def update(self, thinking: str, answer: str) -> None:
        """All that has come of the answer so far."""
        self._keeper.update(lambda: thinking, lambda: answer)
        self._complain()

    def finish(self, exchange: Exchange, failure: GlmvError | None) -> None:
        """The exchange as it ended, in whichever way."""
        outcome = Outcome.of(exchange)
        if failure is not None:
            outcome = Outcome(exchange.thinking, exchange.answer, "failed", failure.message)
        number = self._keeper.finish(outcome)
        if number is not None:
            self._kept.append((exchange, number))
        self._complain()

    def stand(self, conversation: Conversation) -> None:
        """This is what counts now, whether or not something is asked after it."""
        self._keeper.attempt(lambda writer: self._goes_on(writer, conversation))
        self._keeper.close()
        self._complain()

    def part(self) -> None:
        """What is asked next belongs to another conversation."""
        self._conversation = None
        self._kept = []
        self._others = ()

    def _goes_on(self, writer: HistoryWriter, conversation: Conversation) -> bool:
        """Whether all of ``conversation`` is kept already, as one; it is then what counts of that one."""
        ids = [number for exchange in conversation.exchanges if (number := self._id_of(exchange)) is not None]
        if self._conversation is None or len(ids) < len(conversation.exchanges):
            return False
        left = [number for _, number in self._kept if number not in ids]
        return writer.stand(self._conversation, conversation.system, ids, left, self._others)

    def _id_of(self, exchange: Exchange) -> int | None:
        return next((number for kept, number in self._kept if kept is exchange), None)

    def _complain(self) -> None:
        complaint = self._keeper.complaint()
        if complaint is not None:
            self._note(complaint)
