from __future__ import annotations

from pathlib import Path

import pytest

from glmv_cli.cli.history.turns import TurnKeeper
from glmv_cli.conversation import Conversation, Exchange, user_message
from glmv_cli.errors import GlmvError
from glmv_cli.store.history.reading import History

NOTHING = Conversation()


class Chat:
    """A chat that is kept in ``home``."""

    def __init__(self, home: Path) -> None:
        self.history = History(home / "history.db")
        self.notes: list[str] = []
        self.keeper = TurnKeeper({"GLMV_HOME": str(home)}, self.notes.append)

    def ask(self, before: Conversation, question: str) -> Conversation:
        """One more exchange after ``before``."""
        message = user_message(question)
        self.keeper.begin("glm", before, message, True)
        exchange = Exchange(message, "", f"{question} indeed", "stop")
        self.keeper.finish(exchange, None)
        return before.with_exchange(exchange)

    def continued(self) -> Conversation:
        """The latest conversation, with which this chat goes on."""
        stored = self.history.latest()
        assert stored is not None
        conversation = stored.transcript.conversation
        self.keeper.go_on(stored, conversation)
        return conversation

    def standing(self) -> list[list[str]]:
        """The questions that stand, by conversation."""
        summaries = sorted(self.history.summaries(), key=lambda summary: summary.id)
        return [[e.asked.question for e in self.history.load(summary.id).standing] for summary in summaries]


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return Chat(tmp_path / "home")


def test_turns_are_one_conversation(chat: Chat) -> None:
    conversation = chat.ask(NOTHING, "one")
    chat.ask(conversation, "two")
    assert (chat.standing(), chat.notes) == ([["one", "two"]], [])


def test_what_is_taken_back_no_longer_stands(chat: Chat) -> None:
    conversation = chat.ask(chat.ask(NOTHING, "one"), "two")
    chat.ask(conversation.without_last(), "three")
    assert chat.standing() == [["one", "three"]]


def test_what_is_taken_back_at_the_end_no_longer_stands(chat: Chat) -> None:
    conversation = chat.ask(chat.ask(NOTHING, "one"), "two")
    chat.keeper.stand(conversation.without_last())
    assert chat.standing() == [["one"]]
    chat.keeper.stand(conversation)
    assert chat.standing() == [["one", "two"]]


def test_the_first_question_can_be_taken_back_and_asked_otherwise(chat: Chat) -> None:
    chat.ask(NOTHING, "one")
    chat.ask(NOTHING, "two")
    assert chat.standing() == [["two"]]


def test_after_parting_another_conversation_begins(chat: Chat) -> None:
    chat.ask(NOTHING, "one")
    chat.keeper.part()
    chat.ask(NOTHING, "two")
    assert chat.standing() == [["one"], ["two"]]


def test_a_question_without_an_answer_does_not_stand(chat: Chat) -> None:
    conversation = chat.ask(NOTHING, "one")
    message = user_message("two")
    chat.keeper.begin("glm", conversation, message, True)
    chat.keeper.finish(Exchange(message, "Hm.", "", "interrupted"), None)
    assert chat.standing() == [["one"]]


def test_a_conversation_from_a_file_is_kept_as_a_whole(chat: Chat) -> None:
    chat.ask(NOTHING, "zero")
    read = Conversation("Be brief.", (Exchange(user_message("one"), "", "yes", "stop"),))
    chat.ask(chat.ask(read, "two"), "three")
    assert chat.standing() == [["zero"], ["one", "two", "three"]]
    assert chat.history.load(2).system == "Be brief."


def test_a_stored_conversation_goes_on(chat: Chat, tmp_path: Path) -> None:
    chat.ask(chat.ask(NOTHING, "one"), "two")
    later = Chat(tmp_path / "home")
    later.ask(later.continued(), "three")
    assert later.standing() == [["one", "two", "three"]]


def test_two_chats_that_go_on_from_one_conversation_leave_each_other_alone(chat: Chat, tmp_path: Path) -> None:
    chat.ask(NOTHING, "one")
    first, second = Chat(tmp_path / "home"), Chat(tmp_path / "home")
    begun = [later.continued() for later in (first, second)]
    one = first.ask(begun[0], "first")
    other = second.ask(begun[1], "second")
    second.keeper.stand(other.without_last())
    first.ask(one, "first again")
    second.ask(other, "second again")
    assert chat.standing() == [["one", "first", "first again"], ["one", "second", "second again"]]


def test_what_another_chat_asks_just_now_is_not_taken_back(chat: Chat, tmp_path: Path) -> None:
    conversation = chat.ask(NOTHING, "one")
    message = user_message("two")
    chat.keeper.begin("glm", conversation, message, True)
    later = Chat(tmp_path / "home")
    later.ask(later.continued(), "three")
    chat.keeper.finish(Exchange(message, "", "two indeed", "stop"), None)
    assert not any(exchange.taken_back for exchange in chat.history.load(1).exchanges)


def test_a_conversation_that_was_removed_meanwhile_is_kept_anew(chat: Chat) -> None:
    conversation = chat.ask(NOTHING, "one")
    chat.history.remove([1])
    conversation = chat.ask(conversation, "two")
    assert chat.standing() == [["one", "two"]]
    chat.history.remove([2])
    chat.ask(NOTHING, "three")
    assert (chat.standing(), chat.notes) == ([["three"]], [])


def test_a_failed_turn_does_not_stand(chat: Chat) -> None:
    conversation = chat.ask(NOTHING, "one")
    message = user_message("two")
    chat.keeper.begin("glm", conversation, message, True)
    chat.keeper.finish(Exchange(message, "", "half", "interrupted"), GlmvError("not enough memory"))
    chat.ask(conversation, "three")
    assert chat.standing() == [["one", "three"]]
    outcome = chat.history.load(1).exchanges[1].outcome
    assert outcome is not None
    assert (outcome.ending, outcome.error) == ("failed", "not enough memory")


def test_what_goes_wrong_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    chat = Chat(tmp_path / "file" / "home")
    chat.ask(chat.ask(NOTHING, "one"), "two")
    assert len(chat.notes) == 1
    assert chat.notes[0].startswith("nothing of this is kept")
