"""Going on from a conversation of the history."""

from __future__ import annotations

from glmv_cli.cli.chat.attachments import without_missing
from glmv_cli.cli.chat.talk import Talk
from glmv_cli.cli.environment import Environment
from glmv_cli.cli.history.turns import TurnKeeper
from glmv_cli.conversation import Conversation
from glmv_cli.errors import UsageError
from glmv_cli.render.errors import write_note
from glmv_cli.store.history.records import StoredConversation
from glmv_cli.store.models import check_sight
from glmv_cli.store.paths import history_path

LATEST = 0
"""Stands for the conversation that was talked in last."""


def stored_conversation(environment: Environment, number: int) -> StoredConversation:
    """The conversation of this id. Raises :class:`UsageError` if there is none."""
    from glmv_cli.store.history.reading import History  # sqlite3

    history = History(history_path(environment.environ))
    stored = history.latest() if number == LATEST else history.load(number)
    if stored is None:
        raise UsageError("there is nothing in the history to go on from", "begin with 'glmv chat'")
    return stored


def go_on(talk: Talk, keeper: TurnKeeper, stored: StoredConversation) -> None:
    """What is said next comes after ``stored``. Raises :class:`UsageError` if it has media and the model only reads."""
    conversation, missing = without_missing(stored.transcript)
    if conversation.has_media:
        check_sight(talk.resident.model)
    talk.conversation = conversation
    keeper.go_on(stored, conversation)
    output = talk.environment.output
    for what in missing:
        write_note(output, what)
    write_note(output, f"going on from conversation {stored.id}, {extent(conversation)}")


def extent(conversation: Conversation) -> str:
    """``1 question and its answer``."""
    count = len(conversation.exchanges)
    return "1 question and its answer" if count == 1 else f"{count} questions and answers"
