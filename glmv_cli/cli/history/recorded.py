"""A stream of events, kept in the history while it goes by."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Literal

from glmv_cli.cli.history.keeper import Keeper
from glmv_cli.errors import GlmvError
from glmv_cli.events import AnswerDelta, Event, Finished, Notice, SoFar, ThinkingDelta
from glmv_cli.messages import ChatRequest
from glmv_cli.store.history.records import Outcome


def recorded(
    events: Generator[Event, None, None], keeper: Keeper, model: str, request: ChatRequest
) -> Generator[Event, None, None]:
    """``events``, which answer the one question of ``request``; what goes wrong with keeping them becomes a notice.

    Closing it closes ``events``. What has come is kept then, as interrupted, and likewise if an event raises.
    """
    thinking: list[str] = []
    answer: list[str] = []
    ending: Literal["interrupted", "failed"] = "interrupted"
    error: str | None = None
    cost: SoFar | None = None
    keeper.begin(model, request.messages[-1], request.think)
    try:
        with closing(events):
            yield from _complaint(keeper)
            for event in events:
                match event:
                    case ThinkingDelta():
                        thinking.append(event.text)
                    case AnswerDelta():
                        answer.append(event.text)
                    case SoFar():
                        cost = event
                    case Finished():
                        keeper.finish(_whole(event))
                keeper.update(lambda: "".join(thinking), lambda: "".join(answer))
                yield from _complaint(keeper)
                yield event
    except Exception as failure:
        ending = "failed"
        error = failure.message if isinstance(failure, GlmvError) else f"{type(failure).__name__}: {failure}"
        raise
    finally:
        usage, timings = (cost.usage, cost.timings) if cost is not None else (None, None)
        outcome = Outcome("".join(thinking), "".join(answer), ending, error, (), usage, timings)
        keeper.finish(outcome)  # nothing if it is finished already


def _whole(event: Finished) -> Outcome:
    return Outcome(
        event.thinking, event.answer, event.finish_reason, None, event.boxes, event.usage, event.timings
    )  # fmt: skip


def _complaint(keeper: Keeper) -> Iterator[Notice]:
    complaint = keeper.complaint()
    if complaint is not None:
        yield Notice(complaint)
