from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from glmv_cli.conversation import text_of
from glmv_cli.errors import MediaError, ModelError
from glmv_cli.events import Event
from glmv_cli.messages import ChatRequest
from glmv_cli.store.history.reading import History
from tests.cli.fakes import FakeSession, Glmv, Ran


class OnceSession(FakeSession):
    """Answers once."""

    def answer(self, request: ChatRequest, *, max_pixels: int) -> Iterator[Event]:
        if self.requests:
            raise ModelError("it is worn out", "buy another")
        yield from super().answer(request, max_pixels=max_pixels)


def said(ran: Ran) -> list[str]:
    """All texts of the last request."""
    return [text_of(message) for message in ran.session.requests[-1].messages]


def kept(glmv: Glmv, conversation: int) -> list[str]:
    """The questions that stand."""
    return [e.asked.question for e in History(glmv.home / "history.db").load(conversation).standing]


def test_turns_are_kept_as_one_conversation(glmv: Glmv) -> None:
    glmv("chat", "--no-think", stdin=b"one\ntwo\n/undo\nthree\n/clear\nfour\n")
    assert (kept(glmv, 1), kept(glmv, 2)) == (["one", "three"], ["four"])
    assert [e.ending for e in History(glmv.home / "history.db").load(1).exchanges] == ["stop"] * 3


def test_what_was_taken_back_last_does_not_come_again(glmv: Glmv) -> None:
    glmv("chat", "--no-think", stdin=b"one\ntwo\n/undo\n")
    assert said(glmv("chat", "--continue", "--no-think", stdin=b"three\n")) == ["one", "echo: one", "three"]


def test_a_first_question_that_is_repeated_stays_one(glmv: Glmv) -> None:
    glmv("chat", "--no-think", stdin=b"one\n/retry\n")
    assert [e.taken_back for e in History(glmv.home / "history.db").load(1).exchanges] == [True, False]


def test_an_answer_stands_again_if_its_repetition_fails(glmv: Glmv) -> None:
    glmv.session = OnceSession()
    glmv("chat", "--no-think", stdin=b"one\n/retry\n")
    assert [e.taken_back for e in History(glmv.home / "history.db").load(1).exchanges] == [False, True]


def test_without_an_id_the_latest_conversation_goes_on(glmv: Glmv) -> None:
    glmv("chat", "--no-think", stdin=b"one\n")
    ran = glmv("chat", "--continue", "--no-think", stdin=b"two\n")
    assert said(ran) == ["one", "echo: one", "two"]
    assert "note: going on from conversation 1, 1 question and its answer\n" in ran.stderr
    assert kept(glmv, 1) == ["one", "two"]


def test_an_id_says_which(glmv: Glmv) -> None:
    glmv("ask", "one", "--no-think")
    glmv("ask", "other", "--no-think")
    ran = glmv("chat", "--no-think", "--continue", "1", "a.png", stdin=b"two\n")
    assert said(ran) == ["one", "echo: one", "two"]
    assert (kept(glmv, 1), kept(glmv, 2)) == (["one", "two"], ["other"])


def test_a_picture_that_is_gone_is_told_and_left_out(glmv: Glmv, folder: Path) -> None:
    glmv("describe", "a.png", "--no-think")
    (folder / "a.png").unlink()
    ran = glmv("chat", "--continue", "--no-think", stdin=b"two\n")
    assert "cannot be read any more" in ran.stderr
    assert [len(message.parts) for message in ran.session.requests[-1].messages] == [1, 1, 1]


def test_there_must_be_a_conversation(glmv: Glmv) -> None:
    assert glmv("chat", "--continue", stdin=b"hi\n").status == 2
    assert glmv("chat", "--continue", "7", stdin=b"hi\n").status == 2


def test_a_chat_may_leave_no_trace(glmv: Glmv) -> None:
    glmv("chat", "--no-think", "--no-history", stdin=b"one\n")
    assert not (glmv.home / "history.db").exists()


def test_a_failed_turn_is_kept_as_failed(glmv: Glmv) -> None:
    glmv.session = FakeSession({"a.png": MediaError("a.png is damaged")})
    glmv("chat", "a.png", stdin=b"one\n")
    outcome = History(glmv.home / "history.db").load(1).exchanges[0].outcome
    assert outcome is not None
    assert (outcome.ending, outcome.error) == ("failed", "a.png is damaged")
