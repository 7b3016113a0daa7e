"""A request becomes events: through the shipped model, with real weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from glmv_cli.errors import MediaError, UsageError
from glmv_cli.events import AnswerDelta, Notice, SoFar, ThinkingDelta
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import (
    ChatRequest,
    MediaPart,
    MediaSource,
    Message,
    SamplingOptions,
    SeeingOptions,
    TextPart,
)
from glmv_cli.session import Session
from tests.asking import ask, user
from tools.demo_model.grading import iou


@pytest.fixture(scope="module")
def session(demo_directory: Path) -> Session:
    return Session.open(demo_directory, "demo")


@pytest.mark.parametrize("think", [True, False])
def test_the_deltas_are_the_answer_in_pieces(session: Session, think: bool) -> None:
    events, finished = ask(session, ChatRequest((user("Describe this image.", "shapes.png"),), think=think))
    thinking = [e.text for e in events if isinstance(e, ThinkingDelta)]
    answer = [e.text for e in events if isinstance(e, AnswerDelta)]
    assert "".join(thinking) == finished.thinking
    assert "".join(answer) == finished.answer
    assert len(answer) > 5  # it streams
    assert bool(thinking) == think
    assert not any(isinstance(e, Notice) for e in events)


@pytest.mark.parametrize("think", [True, False])
def test_a_picture_is_described(session: Session, think: bool) -> None:
    _, finished = ask(session, ChatRequest((user("Describe this image.", "shapes.png"),), think=think))
    assert finished.answer == (
        "There are 3 shapes on a gray background: a yellow star at the top left, a red circle at the center "
        "and a blue square at the bottom right."
    )
    assert finished.finish_reason == "stop"


def test_after_each_token_it_is_told_what_the_answer_has_cost(session: Session) -> None:
    events, finished = ask(session, ChatRequest((user("Describe this image.", "shapes.png"),), think=True))
    told = [event for event in events if isinstance(event, SoFar)]
    counts = [cost.usage.thinking_tokens + cost.usage.answer_tokens for cost in told]
    assert counts == list(range(1, len(told) + 1))
    assert told[-1].usage == finished.usage
    assert told[0].usage.prompt_tokens == finished.usage.prompt_tokens
    assert 0 < told[0].timings.prefill_s == finished.timings.prefill_s
    assert 0 == told[0].timings.decode_s < told[-1].timings.decode_s <= finished.timings.decode_s


def test_usage_counts_every_token_once(session: Session) -> None:
    _, finished = ask(session, ChatRequest((user("Describe this image.", "shapes.png"),), think=True))
    usage = finished.usage
    assert usage.image_tokens == 30
    assert usage.video_tokens == 0
    assert usage.prompt_tokens > usage.image_tokens
    plain = session._model.builder.tokenizer
    assert usage.thinking_tokens == len(plain(finished.thinking)["input_ids"]) + 2  # and both marks
    assert usage.answer_tokens == len(plain(finished.answer)["input_ids"]) + 2  # and a newline after either part


def test_a_film_is_described(session: Session) -> None:
    _, finished = ask(session, ChatRequest((user("Describe this video.", "film.mp4"),)))
    assert "moves from the" in finished.answer
    assert "appears at 3 seconds." in finished.answer
    assert finished.usage.video_tokens > 0
    assert finished.usage.image_tokens == 0


def test_a_budget_for_pictures_is_kept(session: Session) -> None:
    def tokens(seeing: SeeingOptions) -> int:
        message = user("Describe this image.", "shapes.png")
        request = ChatRequest((message,), think=False, sampling=SamplingOptions(1), seeing=seeing)
        return ask(session, request)[1].usage.image_tokens

    assert tokens(SeeingOptions(max_image_tokens=9)) <= 9 < tokens(SeeingOptions())
    with pytest.raises(UsageError, match="--min-image-tokens"):
        tokens(SeeingOptions(min_image_tokens=10_000))


def test_two_pictures_are_compared(session: Session) -> None:
    _, finished = ask(session, ChatRequest((user("Compare these images.", "before.png", "after.png"),)))
    assert finished.answer.startswith("Only image 1 has")
    assert "Only image 2 has" in finished.answer


def test_a_box_comes_back_in_pixels_of_the_picture(session: Session) -> None:
    _, finished = ask(session, ChatRequest((user("Give the bounding box of the red circle.", "shapes.png"),)))
    [box] = finished.boxes
    drawn = (256.0, 163.0, 410.0, 317.0)
    assert iou((box.x1, box.y1, box.x2, box.y2), drawn) > 0.5


def test_a_follow_up_question_is_about_the_same_picture(session: Session) -> None:
    history = (
        user("How many shapes are there?", "shapes.png"),
        Message("assistant", (TextPart("There are 3 shapes."),)),
        user("What color is the square?"),
    )
    _, finished = ask(session, ChatRequest(history))
    assert finished.answer == "The square is blue."


@pytest.mark.parametrize("question", ["Who are you?", "What can you do?"])
def test_it_says_what_it_is(session: Session, question: str) -> None:
    _, finished = ask(session, ChatRequest((user(question),)))
    assert "demo" in finished.answer


def test_max_tokens_cut_the_answer_short(session: Session) -> None:
    request = ChatRequest((user("Describe this image.", "shapes.png"),), think=False, sampling=SamplingOptions(4))
    _, finished = ask(session, request)
    assert finished.finish_reason == "length"
    assert finished.answer == "There are"  # the first token is a newline, the last one a space held back


def test_a_seed_repeats_a_sample_and_another_seed_does_not(session: Session) -> None:
    def sample(seed: int) -> str:
        options = SamplingOptions(max_tokens=40, temperature=3.0, seed=seed)
        _, finished = ask(session, ChatRequest((user("Describe this image.", "shapes.png"),), sampling=options))
        return finished.thinking + finished.answer

    assert sample(1) == sample(1)
    assert len({sample(seed) for seed in range(4)}) > 1


def test_an_answer_can_be_dropped_half_way_and_the_session_goes_on(session: Session) -> None:
    request = ChatRequest((user("Describe this image.", "shapes.png"),))
    whole = ask(session, request)[1].answer
    events = session.answer(request, max_pixels=DEFAULT_MAX_PIXELS)
    next(events)
    events.close()
    assert ask(session, request)[1].answer == whole


def test_media_that_cannot_be_used_are_refused_before_anything_is_computed(session: Session, tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture")
    message = Message("user", (MediaPart(MediaSource("text.png", text)), TextPart("?")))
    with pytest.raises(MediaError, match=r"text\.png"):
        next(session.answer(ChatRequest((message,)), max_pixels=DEFAULT_MAX_PIXELS))


def test_a_stop_text_ends_the_answer_and_is_not_shown(session: Session) -> None:
    request = ChatRequest((user("Describe this image.", "shapes.png"),), think=False)
    _, whole = ask(session, request)
    events, finished = ask(session, replace(request, sampling=SamplingOptions(stop=("bottom", "center"))))
    assert finished.answer == whole.answer.partition("center")[0]
    assert "".join(e.text for e in events if isinstance(e, AnswerDelta)) == finished.answer
    assert finished.finish_reason == "stop"
    assert finished.usage.answer_tokens < whole.usage.answer_tokens


def test_a_stop_text_in_the_thinking_does_not_count(session: Session) -> None:
    request = ChatRequest((user("Describe this image.", "shapes.png"),))
    _, whole = ask(session, request)
    word = whole.thinking.split()[0]
    assert word not in whole.answer
    _, finished = ask(session, replace(request, sampling=SamplingOptions(stop=(word,))))
    assert (finished.thinking, finished.answer) == (whole.thinking, whole.answer)


def test_a_stop_text_that_does_not_come_changes_nothing(session: Session) -> None:
    request = ChatRequest((user("Describe this image.", "shapes.png"),))
    _, whole = ask(session, request)
    _, finished = ask(session, replace(request, sampling=SamplingOptions(stop=("elephant", "right..", "\n\n"))))
    assert (finished.answer, finished.finish_reason) == (whole.answer, "stop")


@pytest.mark.parametrize("budget", [0, 1, 5])
def test_thinking_ends_when_its_budget_is_spent(session: Session, budget: int) -> None:
    request = ChatRequest((user("Describe this image.", "shapes.png"),))
    _, whole = ask(session, request)
    _, finished = ask(session, replace(request, sampling=SamplingOptions(think_budget=budget)))
    assert finished.usage.thinking_tokens == budget + 2  # and both marks
    assert whole.thinking.startswith(finished.thinking)
    assert finished.answer.startswith("There are")
    assert finished.finish_reason == "stop"


@pytest.mark.parametrize("think", [True, False])
def test_a_budget_that_is_not_spent_changes_nothing(session: Session, think: bool) -> None:
    request = ChatRequest((user("Describe this image.", "shapes.png"),), think=think)
    _, whole = ask(session, request)
    _, finished = ask(session, replace(request, sampling=SamplingOptions(think_budget=500 if think else 0)))
    assert (finished.thinking, finished.answer) == (whole.thinking, whole.answer)
