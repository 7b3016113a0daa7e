"""Every family answers and is talked with, from its directory to the last event.

With the released templates; weights are random, so it does not matter what is said.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from glmv_cli.events import AnswerDelta, Event, Finished, Notice, ThinkingDelta
from glmv_cli.families import FAMILIES
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import ChatRequest, Message, SamplingOptions, TextPart
from glmv_cli.model.quantizer import quantize_checkpoint
from glmv_cli.prompt.builder import PromptBuilder
from glmv_cli.session import Session
from tests.asking import ask, user
from tests.checkpoints import write_checkpoint
from tests.releases import RELEASES

SHORT = SamplingOptions(max_tokens=24, temperature=0.0, repetition_penalty=1.2, think_budget=5)
AFTER_THINKING = {"glm4v": "", "glm4_moe-4.7": ""}


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def checkpoint(release: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("family")
    quantize_checkpoint(write_checkpoint(directory / "16-bit", release, shards=2, mtp=True), directory / "4-bit")
    return directory / "4-bit"


@pytest.fixture(scope="module")
def endless(checkpoint: Path) -> Path:
    """The same without tokens that end an answer: random weights would give one anywhere."""
    copy = Path(shutil.copytree(checkpoint, checkpoint.parent / "endless"))
    (copy / "generation_config.json").write_text(json.dumps({"eos_token_id": 10_000}))
    return copy


def events_of(checkpoint: Path, think: bool, *media: str) -> list[Event]:
    request = ChatRequest((user("What is this?", *media),), think, SamplingOptions(max_tokens=8, seed=1))
    return list(Session.open(checkpoint, "model").answer(request, max_pixels=DEFAULT_MAX_PIXELS))


@pytest.mark.parametrize("think", [True, False])
def test_it_answers(release: str, checkpoint: Path, think: bool) -> None:
    media = ("shapes.png", "film.mp4") if RELEASES[release].processor else ()
    *deltas, finished = events_of(checkpoint, think, *media)
    assert isinstance(finished, Finished)
    assert 0 < finished.usage.thinking_tokens + finished.usage.answer_tokens <= 8
    assert (finished.usage.image_tokens > 0) == (finished.usage.video_tokens > 0) == bool(media)
    shown = "".join(d.text for d in deltas if isinstance(d, (AnswerDelta, ThinkingDelta)))
    assert shown == finished.thinking + finished.answer


def test_a_model_that_always_thinks_says_so_if_it_shall_not(release: str, checkpoint: Path) -> None:
    notices = [event.text for event in events_of(checkpoint, False) if isinstance(event, Notice)]
    assert any("thinks before every answer" in notice for notice in notices) == (release == "glm4v")


def test_without_a_generation_config_it_samples_as_its_family_does(checkpoint: Path, tmp_path: Path) -> None:
    family = json.loads((checkpoint / "config.json").read_text())["model_type"]
    without, written = (Path(shutil.copytree(checkpoint, tmp_path / name)) for name in ("without", "written"))
    (without / "generation_config.json").unlink()
    (written / "generation_config.json").write_text(json.dumps(FAMILIES[family].generation))
    first, second = (events_of(directory, True)[-1] for directory in (without, written))
    assert isinstance(first, Finished)
    assert isinstance(second, Finished)
    assert (first.thinking, first.answer) == (second.thinking, second.answer)


def test_what_stands_behind_the_thinking_is_found_in_the_template(release: str, checkpoint: Path) -> None:
    assert PromptBuilder(checkpoint).after_thinking == AFTER_THINKING.get(release, "\n")


def test_a_second_turn_is_that_of_a_new_session(release: str, endless: Path) -> None:
    session = Session.open(endless, "model")
    shown = ["shapes.png", "before.png"] if RELEASES[release].processor else []
    first = user("What is there to be seen, at the left and at the right, and why is it as it is?", *shown)
    _, answered = ask(session, ChatRequest((first,), think=False, sampling=SHORT))
    history = (first, Message("assistant", (TextPart(answered.answer),)), user("And what else?"))
    for think in (False, True):
        request = ChatRequest(history, think=think, sampling=SHORT)
        _, finished = ask(session, request)
        _, fresh = ask(Session.open(endless, "model"), request)
        assert (finished.thinking, finished.answer) == (fresh.thinking, fresh.answer)
        assert finished.usage.cached_tokens >= answered.usage.image_tokens
        assert finished.usage.cached_tokens > fresh.usage.cached_tokens == 0


def test_a_budget_closes_thinking_that_the_template_opened(release: str, endless: Path) -> None:
    _, finished = ask(Session.open(endless, "model"), ChatRequest((user("Why?"),), sampling=SHORT))
    if release == "glm4_moe-4.7":
        assert finished.usage.thinking_tokens == 6  # and the mark at its end; the other one is in the prompt
    else:
        assert finished.thinking == ""  # random weights open none
