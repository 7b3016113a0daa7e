"""What comes back from a model while it answers: a stream of frozen events.

The order is ``Notice* PromptSize Progress* (ThinkingDelta* AnswerDelta* SoFar)* ThinkingDelta* AnswerDelta* Finished``.
The deltas, joined, are exactly ``Finished.thinking`` and ``Finished.answer``.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Literal

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for the user that is not part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class PromptPart:
    """What one source takes of a prompt: the text, a picture, a film, or some pages of a document."""

    name: str
    tokens: int
    pages: int = 0


@dataclass(frozen=True, slots=True)
class PromptSize:
    """Tokens of the prompt by source, told before they are computed; ``context`` is for them and the answer."""

    parts: tuple[PromptPart, ...]
    context: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(part.tokens for part in self.parts)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading of the prompt has come: media encoded, or tokens read, of those that there are."""

    stage: Literal["encode", "prefill"]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """More text of the model's thinking."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    """More text of the answer. ``boxed``: it stood between the model's box markers."""

    text: str
    boxed: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the source image: ``x1 <= x2``, ``y1 <= y2``, origin at the top left."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts. ``prompt_tokens`` includes ``image_tokens``, ``video_tokens`` and ``cached_tokens``: those that
    the model had read for an earlier question.
    """

    prompt_tokens: int
    image_tokens: int
    video_tokens: int
    thinking_tokens: int
    answer_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds by phase; ``decode_s`` is the computing of every token after the first, the end mark included."""

    load_s: float
    encode_s: float
    prefill_s: float
    first_token_s: float
    decode_s: float
    decode_tokens_per_s: float


@dataclass(frozen=True, slots=True)
class SoFar:
    """What an answer has cost up to here, told after each token: it may be interrupted before the next one."""

    usage: Usage
    timings: Timings


@dataclass(frozen=True, slots=True)
class Offloaded:
    """What was done about experts that do not all lie where they are computed. Hits and misses count experts, each
    once a layer and step.
    """

    disk_hits: int
    """Of the experts on disk, those that were in memory."""
    disk_misses: int
    bytes_read: int
    """From the files; the system may have had some of it in its cache."""
    gpu_hits: int
    """Of the experts of layers on a GPU, those that were there."""
    gpu_misses: int
    bytes_uploaded: int
    """To GPUs."""

    @property
    def disk_hit_ratio(self) -> float:
        """Hits among all that was wanted of the disk's experts; 1 if nothing was."""
        wanted = self.disk_hits + self.disk_misses
        return self.disk_hits / wanted if wanted else 1.0

    def since(self, earlier: Offloaded) -> Offloaded:
        """What came after ``earlier``."""
        pairs = zip(astuple(self), astuple(earlier), strict=True)
        return Offloaded(*(now - before for now, before in pairs))


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event: the whole answer once more, and what it cost."""

    thinking: str
    answer: str
    boxes: tuple[Box, ...]
    finish_reason: FinishReason
    usage: Usage
    timings: Timings
    offloaded: Offloaded | None = None
    """None: nothing had to be."""


Event = Notice | PromptSize | Progress | ThinkingDelta | AnswerDelta | SoFar | Finished
