"""One session answers one request after another, and no answer depends on those before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import ChatRequest, Message, TextPart
from glmv_cli.session import Session
from tests.asking import ask, user


@pytest.fixture(scope="module")
def session(demo_directory: Path) -> Session:
    return Session.open(demo_directory, "demo")


def test_a_follow_up_question_reads_only_what_is_new(session: Session, demo_directory: Path) -> None:
    """And its answer is that of a session which reads everything."""
    first = user("How many shapes are there?", "shapes.png")
    _, answered = ask(session, ChatRequest((first,), think=False))
    history = (first, Message("assistant", (TextPart(answered.answer),)), user("What color is the square?"))
    _, finished = ask(session, ChatRequest(history, think=False))
    _, fresh = ask(Session.open(demo_directory, "demo"), ChatRequest(history, think=False))
    assert finished.answer == fresh.answer
    assert finished.usage == replace(fresh.usage, cached_tokens=finished.usage.cached_tokens)
    assert fresh.usage.cached_tokens == 0
    # all of the first prompt, picture included, and all of its answer
    assert finished.usage.cached_tokens >= answered.usage.prompt_tokens + answered.usage.answer_tokens - 1


def test_a_thought_that_the_template_leaves_out_is_not_remembered(session: Session, demo_directory: Path) -> None:
    first = user("How many shapes are there?", "shapes.png")
    _, answered = ask(session, ChatRequest((first,)))
    assert answered.thinking
    history = (first, Message("assistant", (TextPart(answered.answer),)), user("What color is the square?"))
    _, finished = ask(session, ChatRequest(history))
    _, fresh = ask(Session.open(demo_directory, "demo"), ChatRequest(history))
    assert (finished.thinking, finished.answer) == (fresh.thinking, fresh.answer)
    assert answered.usage.prompt_tokens <= finished.usage.cached_tokens < answered.usage.prompt_tokens + 5


def test_no_earlier_question_changes_an_answer(demo_directory: Path) -> None:
    """As with ``glmv describe a b c``: one session, and the answers of separate ones."""
    messages = [
        *(user("Describe this image.", name) for name in ("before.png", "after.png", "shapes.png")),
        user("Describe this video.", "film.mp4"),
        user("Who are you?"),
    ]
    requests = [ChatRequest((message,), think=False) for message in messages]
    session = Session.open(demo_directory, "demo")
    together = [ask(session, request)[1] for request in requests]
    apart = [ask(Session.open(demo_directory, "demo"), request)[1] for request in requests]
    for finished, alone in zip(together, apart, strict=True):
        assert (finished.thinking, finished.answer) == (alone.thinking, alone.answer)
        assert finished.usage.cached_tokens == 0  # what all prompts begin with does not count


def test_an_answer_can_be_dropped_at_any_event(session: Session) -> None:
    request = ChatRequest((user("Describe this image.", "shapes.png"),), think=False)
    other = ChatRequest((user("Describe this image.", "before.png"),), think=False)
    whole = ask(session, request)[1].answer
    for count in (1, 2, 3, 4, 9):
        ask(session, other)
        events = session.answer(request, max_pixels=DEFAULT_MAX_PIXELS)
        for _ in range(count):
            next(events)
        events.close()
        assert ask(session, request)[1].answer == whole
