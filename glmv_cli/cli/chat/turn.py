"""One question and its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from glmv_cli.cli.chat.keyboard import on_interrupt, on_suspend, unechoed
from glmv_cli.cli.chat.resident import Ended, Failed, Happening, Interrupted, Running, Suspended
from glmv_cli.cli.chat.talk import Talk
from glmv_cli.cli.failures import explain, write_traceback
from glmv_cli.conversation import Exchange
from glmv_cli.errors import GlmvError
from glmv_cli.events import AnswerDelta, Event, Finished, SoFar, ThinkingDelta
from glmv_cli.messages import Message
from glmv_cli.render.progress import waiting
from glmv_cli.render.sanitize import visible_line


@dataclass(slots=True)
class _Progress:
    """What has come so far."""

    thinking: str = ""
    answer: str = ""
    cost: SoFar | None = None
    finished: Finished | None = None

    def take(self, event: Event) -> None:
        match event:
            case ThinkingDelta():
                self.thinking += event.text
            case AnswerDelta():
                self.answer += event.text
            case SoFar():
                self.cost = event
            case Finished():
                self.cost = SoFar(event.usage, event.timings)
                self.finished = event

    def exchange(self, question: Message) -> Exchange:
        if self.finished is not None:
            return Exchange.of(question, self.finished)
        usage, timings = (self.cost.usage, self.cost.timings) if self.cost is not None else (None, None)
        return Exchange(question, self.thinking, self.answer, "interrupted", (), usage, timings)


def take_turn(talk: Talk, question: Message) -> GlmvError | None:
    """Ask, and show the answer while it comes. If it fails, why; that has been shown.

    The exchange becomes part of the conversation unless it fails, or is interrupted before there is any answer.
    Whether it did, one sees by the conversation. Raises ``OSError`` if nothing can be written.
    """
    settings = talk.settings
    came = _Progress()
    request = talk.conversation.request(question, settings.think, talk.sampling, talk.seeing)
    talk.recorder.begin(talk.resident.model.name, talk.conversation, question, settings.think)
    talk.renderer.begin(None)
    running = talk.resident.ask(request, settings.max_pixels)
    failure: GlmvError | None = None
    try:
        with unechoed(talk.environment.stdin) as stop, on_interrupt(running.interrupt), on_suspend(running.suspend):
            failure = _follow(talk, running, came, stop)
    finally:
        running.unwanted = True
        talk.renderer.close()
        talk.thinking = came.thinking
        exchange = came.exchange(question)
        talk.recorder.finish(exchange, failure)
    if came.cost is not None:
        talk.statistics.add(came.cost)
    if came.finished is not None or (failure is None and came.answer.strip()):
        talk.conversation = talk.conversation.with_exchange(exchange)
    return failure


def _follow(talk: Talk, running: Running, came: _Progress, stop: Callable[[], None]) -> GlmvError | None:
    """Show events until there are no more. ``stop`` stops the process."""
    for event in _events(talk, running):
        # Those that came before the interrupt are still to be had: the user has seen enough.
        match Interrupted() if running.unwanted else event:
            case Ended():
                return None
            case Interrupted():
                talk.renderer.interrupt()
                return None
            case Suspended():
                talk.renderer.pause()
                stop()
            case Failed(error) if error is talk.resident.failure:
                raise error  # without a model there is nothing to talk to
            case Failed(error):
                failure = explain(error)
                write_traceback(talk.environment, error)
                talk.renderer.fail(failure)
                return failure
            case shown:
                came.take(shown)
                talk.renderer.handle(shown)
                talk.recorder.update(came.thinking, came.answer)
    return None


def _events(talk: Talk, running: Running) -> Iterator[Happening]:
    """All of ``running``; while the model is loading, a line says so."""
    while True:
        with _loading(talk):
            event = running.events.get()
        yield event


@contextmanager
def _loading(talk: Talk) -> Iterator[None]:
    if not talk.resident.is_loading:
        yield
        return
    with waiting(talk.environment.output, f"loading {visible_line(talk.resident.model.name)}"):
        yield
