from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from glmv_cli.cli.answering import AnswerOptions
from glmv_cli.cli.chat.resident import Ended, Failed, Interrupted, Resident
from glmv_cli.cli.environment import AnsweringSession, Environment
from glmv_cli.config import Settings
from glmv_cli.errors import ModelError
from glmv_cli.events import AnswerDelta, Event
from glmv_cli.messages import ChatRequest, Message, TextPart
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.threads import Threads
from glmv_cli.store.models import ModelChoice
from tests.cli.fakes import FakeSession

HELLO = ChatRequest((Message("user", (TextPart("hi"),)),), think=False)
GOOD = ModelChoice("good", Path("good"), by_default=False)
BAD = ModelChoice("bad", Path("bad"), by_default=False)


class Endless(FakeSession):
    def _events(self, request: ChatRequest) -> Iterator[Event]:
        while True:
            yield AnswerDelta("and so on ")
            time.sleep(0.001)


def resident(model: ModelChoice, session: FakeSession) -> Resident:
    """Of models, the one called "bad" cannot be loaded."""

    def open_session(directory: Path, name: str, wishes: Wishes, threads: Threads) -> AnsweringSession:
        if name == "bad":
            raise ModelError("it is damaged")
        return session

    environment = cast(Environment, SimpleNamespace(open_session=open_session))
    options = cast(AnswerOptions, SimpleNamespace(settled=SimpleNamespace(settings=Settings()), threads=None))
    return Resident(environment, options, model)


def test_events_come_in_order_and_then_the_end() -> None:
    model = resident(GOOD, FakeSession())
    events = model.ask(HELLO, 100).events
    got = [events.get() for _ in range(4)]
    assert got[:2] == [AnswerDelta("echo:"), AnswerDelta(" hi")]
    assert got[3] == Ended()
    model.close(10)


def test_an_interrupted_answer_is_closed_and_the_next_one_comes() -> None:
    session = Endless()
    model = resident(GOOD, session)
    running = model.ask(HELLO, 100)
    assert running.events.get() == AnswerDelta("and so on ")
    running.interrupt()
    while running.events.get() != Interrupted():
        pass
    again = model.ask(HELLO, 100)
    assert again.events.get() == AnswerDelta("and so on ")
    assert session.closed == 1
    again.interrupt()
    model.close(10)
    assert session.closed == 2


def test_without_a_model_every_answer_fails_as_it_did() -> None:
    model = resident(BAD, FakeSession())
    failed = model.ask(HELLO, 100).events.get()
    assert isinstance(failed, Failed)
    assert failed.error is model.failure
    assert not model.is_loading
    model.close(10)


def test_if_another_model_cannot_be_loaded_the_former_one_is_there_again() -> None:
    model = resident(GOOD, FakeSession())
    assert isinstance(model.change(BAD), ModelError)
    assert (model.model, model.failure, model.context) == (GOOD, None, 4096)
    assert model.ask(HELLO, 100).events.get() == AnswerDelta("echo:")
    model.close(10)
