"""Questions about the examples, put to a session."""

from __future__ import annotations

from pathlib import Path

from glmv_cli.events import Event, Finished
from glmv_cli.media.limits import DEFAULT_MAX_PIXELS
from glmv_cli.messages import ChatRequest, MediaPart, MediaSource, Message, TextPart
from glmv_cli.session import Session

EXAMPLES = Path(__file__).parent.parent / "examples"


def user(text: str, *files: str) -> Message:
    media = (MediaPart(MediaSource(name, EXAMPLES / name)) for name in files)
    return Message("user", (*media, TextPart(text)))


def ask(session: Session, request: ChatRequest) -> tuple[list[Event], Finished]:
    events = list(session.answer(request, max_pixels=DEFAULT_MAX_PIXELS))
    finished = events[-1]
    assert isinstance(finished, Finished)
    return events, finished
