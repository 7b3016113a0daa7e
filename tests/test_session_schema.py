"""Answers by a JSON schema, through the shipped model with its own tokenizer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmv_cli.errors import UsageError
from glmv_cli.messages import ChatRequest, SamplingOptions
from glmv_cli.session import Session
from tests.asking import ask, user

COLORS = ["red", "green", "blue", "yellow", "orange", "purple", "white", "black", "gray"]
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "shape": {"enum": ["circle", "square", "triangle", "star"]},
            "color": {"enum": COLORS},
            "count": {"type": "integer", "minimum": 0, "maximum": 9},
        },
        "required": ["shape", "color", "count"],
        "additionalProperties": False,
    }
)


@pytest.fixture(scope="module")
def session(demo_directory: Path) -> Session:
    return Session.open(demo_directory, "demo")


def check(answer: str) -> None:
    value = json.loads(answer)
    assert list(value) == ["shape", "color", "count"]
    assert value["color"] in COLORS
    assert 0 <= value["count"] <= 9


@pytest.mark.parametrize("think", [True, False])
@pytest.mark.parametrize("options", [SamplingOptions(), SamplingOptions(temperature=2.0, seed=3)])
def test_the_answer_is_an_instance(session: Session, think: bool, options: SamplingOptions) -> None:
    sampling = SamplingOptions(schema=SCHEMA, temperature=options.temperature, seed=options.seed)
    request = ChatRequest((user("Describe this image.", "shapes.png"),), think, sampling)
    _, finished = ask(session, request)
    check(finished.answer)
    assert finished.finish_reason == "stop"
    assert bool(finished.thinking) == think


def test_thinking_is_what_it_is_without_a_schema(session: Session) -> None:
    question = (user("Describe this image.", "shapes.png"),)
    free = ask(session, ChatRequest(question))[1]
    bound = ask(session, ChatRequest(question, sampling=SamplingOptions(schema=SCHEMA)))[1]
    assert bound.thinking == free.thinking


@pytest.mark.parametrize("budget", [0, 5])
def test_it_starts_when_a_budget_ends_the_thinking(session: Session, budget: int) -> None:
    sampling = SamplingOptions(schema=SCHEMA, think_budget=budget)
    finished = ask(session, ChatRequest((user("Describe this image.", "shapes.png"),), sampling=sampling))[1]
    check(finished.answer)


def test_a_stop_text_still_ends_the_answer(session: Session) -> None:
    sampling = SamplingOptions(schema=SCHEMA, stop=('"color"',))
    finished = ask(session, ChatRequest((user("Describe this image.", "shapes.png"),), False, sampling))[1]
    assert finished.answer.startswith('{"shape": "')
    assert '"color"' not in finished.answer


def test_what_is_no_schema_is_refused(session: Session) -> None:
    request = ChatRequest((user("Hello"),), sampling=SamplingOptions(schema='{"type": 1}'))
    with pytest.raises(UsageError):
        ask(session, request)
