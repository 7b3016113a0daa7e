"""A conversation: what was said so far, and the request for what comes next.

Frozen values, and nothing about where they are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from glmv_cli.events import Box, Finished, FinishReason, Timings, Usage
from glmv_cli.messages import ChatRequest, MediaPart, MediaSource, Message, SamplingOptions, SeeingOptions, TextPart

_AS_TRAINED = SeeingOptions()
Ending = FinishReason | Literal["interrupted"]
"""How an answer came to its end; ``interrupted`` by the user, so that it is not whole."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, and what came of it. What it cost is known if anything came."""

    question: Message
    thinking: str
    answer: str
    finish_reason: Ending
    boxes: tuple[Box, ...] = ()
    usage: Usage | None = None
    timings: Timings | None = None

    @classmethod
    def of(cls, question: Message, finished: Finished) -> Exchange:
        """The exchange that ends with ``finished``."""
        return cls(
            question, finished.thinking, finished.answer, finished.finish_reason,
            finished.boxes, finished.usage, finished.timings,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conversation:
    """The exchanges so far, the oldest first, and what the model was told before them."""

    system: str | None = None
    exchanges: tuple[Exchange, ...] = ()

    def request(
        self, question: Message, think: bool, sampling: SamplingOptions, seeing: SeeingOptions = _AS_TRAINED
    ) -> ChatRequest:
        """What asks the model for the next answer. Of earlier ones it is told without the thinking, as templates do."""
        messages: list[Message] = []
        if self.system is not None:
            messages.append(Message("system", (TextPart(self.system),)))
        for exchange in self.exchanges:
            messages += [exchange.question, Message("assistant", (TextPart(exchange.answer),))]
        return ChatRequest((*messages, question), think, sampling, seeing)

    def with_exchange(self, exchange: Exchange) -> Conversation:
        """One more exchange."""
        return replace(self, exchanges=(*self.exchanges, exchange))

    def without_last(self) -> Conversation:
        """One exchange less, if there is any."""
        return replace(self, exchanges=self.exchanges[:-1])

    @property
    def has_media(self) -> bool:
        """A picture or film was shown."""
        return any(media_of(exchange.question) for exchange in self.exchanges)


def text_of(message: Message) -> str:
    """The text of a message, without its media."""
    return "".join(part.text for part in message.parts if isinstance(part, TextPart))


def media_of(message: Message) -> tuple[MediaSource, ...]:
    """The media of a message, in order."""
    return tuple(part.source for part in message.parts if isinstance(part, MediaPart))


def user_message(text: str, media: tuple[MediaSource, ...] = ()) -> Message:
    """A question: media first, as GLM-V was trained."""
    return Message("user", (*map(MediaPart, media), TextPart(text)))
