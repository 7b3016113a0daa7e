"""A session keeps to its context and its memory: what does not fit is refused, what fits says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from av.video.frame import VideoFrame

from glmv_cli.errors import GlmvError, MemoryShortageError, UsageError
from glmv_cli.events import Notice
from glmv_cli.media import film
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


@pytest.fixture(scope="module")
def session(demo_directory: Path) -> Session:
    return Session.open(demo_directory, "demo")


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
