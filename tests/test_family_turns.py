"""A conversation with every family, with random weights and the released templates."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from glmv_cli.messages import ChatRequest, Message, SamplingOptions, TextPart
from glmv_cli.model.quantizer import quantize_checkpoint
from glmv_cli.session import Session
from tests.asking import ask, user
from tests.checkpoints import write_checkpoint
from tests.releases import RELEASES

SHORT = SamplingOptions(max_tokens=24, temperature=0.0, repetition_penalty=1.2, think_budget=5)
AFTER_THINKING = {"glm4v": "", "glm4_moe-4.7": ""}


@pytest.fixture(scope="module", params=list(RELEASES))
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Callable[[], Session]]:
    """A release, and what opens new sessions with it."""
    directory = tmp_path_factory.mktemp("family")
    quantize_checkpoint(write_checkpoint(directory / "original", request.param), directory / "small")
    generation = {"eos_token_id": 10_000}  # none that comes: random weights would stop anywhere
    (directory / "small" / "generation_config.json").write_text(json.dumps(generation))
    return request.param, lambda: Session.open(directory / "small", "small")


def test_what_stands_behind_the_thinking_is_found_in_the_template(opened: tuple[str, Callable[[], Session]]) -> None:
    release, new = opened
    assert new()._model.builder.after_thinking == AFTER_THINKING.get(release, "\n")


def test_a_second_turn_is_that_of_a_new_session(opened: tuple[str, Callable[[], Session]]) -> None:
    release, new = opened
    session = new()
    shown = ["shapes.png", "before.png"] if RELEASES[release].processor else []
    first = user("What is there to be seen, at the left and at the right, and why is it as it is?", *shown)
    _, answered = ask(session, ChatRequest((first,), think=False, sampling=SHORT))
    history = (first, Message("assistant", (TextPart(answered.answer),)), user("And what else?"))
    for think in (False, True):
        request = ChatRequest(history, think=think, sampling=SHORT)
        _, finished = ask(session, request)
        _, fresh = ask(new(), request)
        assert (finished.thinking, finished.answer) == (fresh.thinking, fresh.answer)
        assert finished.usage.cached_tokens >= answered.usage.image_tokens
        assert finished.usage.cached_tokens > fresh.usage.cached_tokens == 0


def test_a_budget_closes_thinking_that_the_template_opened(opened: tuple[str, Callable[[], Session]]) -> None:
    release, new = opened
    _, finished = ask(new(), ChatRequest((user("Why?"),), sampling=SHORT))
    if release == "glm4_moe-4.7":
        assert finished.usage.thinking_tokens == 6  # and the mark at its end; the other one is in the prompt
    else:
        assert finished.thinking == ""  # random weights open none
