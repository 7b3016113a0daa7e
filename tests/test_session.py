"""A request becomes events: through the shipped model, with real weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from av.video.frame import VideoFrame

from glmv_cli.errors import GlmvError, MediaError, MemoryShortageError, UsageError
from glmv_cli.events import AnswerDelta, Notice, SoFar, ThinkingDelta
from glmv_cli.media import film
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import (
    ChatRequest,
    FilmOptions,
    MediaPart,
    MediaSource,
    Message,
    SamplingOptions,
    SeeingOptions,
    TextPart,
)
from glmv_cli.model.offload import devices
from glmv_cli.placement.budget import Wishes
from glmv_cli.placement.hardware import Gpu, Machine
from glmv_cli.placement.model import read_model
from glmv_cli.placement.plan import CPU
from glmv_cli.placement.planner import make_plan
from glmv_cli.session import Session
from glmv_cli.units import GIB
from tests.asking import ask, user
from tests.media.films import noise, write_film
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


def test_a_prompt_longer_than_the_context_is_refused(session: Session) -> None:
    with pytest.raises(GlmvError, match=r"takes 4,096 with its answer: text [\d,]+$") as caught:
        ask(session, ChatRequest((user("many words " * 3000),)))
    assert str(caught.value.hint).endswith("tokens must go: use less text")


def test_a_film_that_does_not_fit_is_refused_before_its_frames_are_decoded(
    demo_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the first, which tells its size."""
    small = Session.open(demo_directory, "demo", Wishes(context=1024))
    decoded = 0
    decode = film._decoded

    def counting(*arguments: Any) -> Iterator[VideoFrame]:
        nonlocal decoded
        for frame in decode(*arguments):
            decoded += 1
            yield frame

    monkeypatch.setattr(film, "_decoded", counting)
    source = MediaSource("long.mp4", write_film(tmp_path / "long.mp4", count=600, rate=1, draw=noise))
    message = Message("user", (MediaPart(source), TextPart("What happens?")))
    with pytest.raises(GlmvError, match=r"takes 1,024 with its answer: text [\d,]+, long.mp4 [\d,]+$") as caught:
        ask(small, ChatRequest((message,)))
    assert decoded == 1
    advised = re.findall(r"--max-(video-tokens|frames) (\d+)", str(caught.value.hint))
    assert len(advised) == 2
    sampling = SamplingOptions(max_tokens=1)
    for option, value in advised:
        wished = FilmOptions(max_frames=int(value)) if option == "frames" else FilmOptions(max_tokens=int(value))
        seeing = SeeingOptions(film=wished)
        _, finished = ask(small, ChatRequest((message,), sampling=sampling, seeing=seeing))
        assert 700 < finished.usage.prompt_tokens <= 1024 - 1024 // 4


# -------------------------------------------------------------------------------- where an answer ends


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


# ------------------------------------------------------------------------------------------- the context


def test_a_smaller_context_is_kept(demo_directory: Path) -> None:
    small = Session.open(demo_directory, "demo", Wishes(context=64))
    with pytest.raises(GlmvError, match=r"takes 64 with its answer: text \d+, shapes.png 30, one.jpg 30") as caught:
        ask(small, ChatRequest((user("Compare these images.", "shapes.png", "one.jpg"),)))
    assert "--max-image-tokens 21 makes it fit" in str(caught.value.hint)
    assert str(caught.value.hint).endswith("or raise --context, up to 4096")
    _, finished = ask(small, ChatRequest((user("Describe this image.", "shapes.png"),)))
    assert finished.finish_reason == "length"
    usage = finished.usage
    assert usage.prompt_tokens + usage.thinking_tokens + usage.answer_tokens == 64


def test_a_context_that_the_model_does_not_have_is_refused(demo_directory: Path) -> None:
    with pytest.raises(UsageError, match="at most 4,096"):
        Session.open(demo_directory, "demo", Wishes(context=5000))


# -------------------------------------------------------------------------------------------- the memory


@pytest.fixture(scope="module")
def tight(demo_directory: Path) -> Wishes:
    """Main memory for all of the model but for 8 of its 24 experts."""
    sizes = read_model(demo_directory, "demo").sizes
    machine = Machine((), 64 * GIB, 64 * GIB, 2)
    everything = make_plan(sizes, machine, Wishes()).tiers[-1]
    assert everything.place == CPU
    return Wishes(gpu_memory=0, cpu_memory=everything.used - 8 * sizes.layers[1].expert)


def test_a_model_larger_than_the_memory_says_the_same_and_how_much_it_read(session: Session, tight: Wishes,
                                                                           demo_directory: Path) -> None:  # fmt: skip
    request = ChatRequest((user("Describe this image.", "shapes.png"),), think=False)
    small = Session.open(demo_directory, "demo", tight)
    for _ in range(2):
        _, finished = ask(small, request)
        assert finished.answer == ask(session, request)[1].answer
        assert finished.offloaded is not None
        assert finished.offloaded.bytes_read > 0
        assert 0 < finished.offloaded.disk_hit_ratio < 1


def test_a_model_that_fits_has_nothing_to_say_about_memory(session: Session) -> None:
    _, finished = ask(session, ChatRequest((user("Who are you?"),)))
    assert finished.offloaded is None


def test_too_little_memory_is_told_before_loading(demo_directory: Path) -> None:
    with pytest.raises(MemoryShortageError, match="are needed"):
        Session.open(demo_directory, "demo", Wishes(cpu_memory=10**6))


def test_a_gpu_that_torch_cannot_use_is_left_out_and_told_once(demo_directory: Path,
                                                               monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    if torch.cuda.is_available():
        pytest.skip("there is one")
    gpu = Gpu(0, "stand-in", 24 * GIB, 24 * GIB, 10**12)
    monkeypatch.setattr(devices, "probe", lambda: Machine((gpu,), 64 * GIB, 64 * GIB, 2))
    opened = Session.open(demo_directory, "demo")
    for told in (1, 0):
        events, _ = ask(opened, ChatRequest((user("Who are you?"),)))
        assert sum(isinstance(event, Notice) and "cannot use the GPU" in event.text for event in events) == told
