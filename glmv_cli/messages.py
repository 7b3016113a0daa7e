"""What is said to a model: frozen values that every layer may hold.

Media stand here as *sources* (where the bytes are), never as pixels: decoding belongs to :mod:`glmv_cli.media`.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

Animated = Literal["film", "first"]
"""What is shown of an animated picture: all of it, as a film, or its first frame."""
Data = bytes | mmap.mmap
"""Bytes that are no file: in memory or, where there are many, mapped from one that has no name."""
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class MediaSource:
    """Where a picture or film comes from: a file, or bytes that were read already (standard input).

    Exactly one of ``path`` and ``data`` is set. ``name`` is what the user calls it. ``page`` says which page of a
    document it is, from 1; the name of a page ends with that.
    """

    name: str
    path: Path | None = None
    data: Data | None = field(default=None, repr=False)
    page: int | None = None

    def page_of(self, number: int) -> MediaSource:
        """One page of this document."""
        return replace(self, name=f"{self.name}, page {number}", page=number)

    @property
    def document(self) -> str:
        """What the whole is called of which this is a page; without pages, this."""
        return self.name if self.page is None else self.name.removesuffix(f", page {self.page}")

    @property
    def whole(self) -> MediaSource:
        """The document that this is a page of; without pages, this."""
        return self if self.page is None else replace(self, name=self.document, page=None)


def in_runs(sources: Iterable[MediaSource]) -> list[tuple[MediaSource, str]]:
    """What to call ``sources``, of which many may be pages: those that follow each other have one name, as
    ``report.pdf, pages 3 to 7``. The first of each run stands before its name.
    """
    runs: list[list[MediaSource]] = []
    for source in sources:
        last = runs[-1][-1] if runs else None
        if last is not None and last.page is not None and source == last.whole.page_of(last.page + 1):
            runs[-1].append(source)
        else:
            runs.append([source])
    return [(run[0], _name_of(run)) for run in runs]


def _name_of(run: Sequence[MediaSource]) -> str:
    if len(run) == 1:
        return run[0].name
    return f"{run[0].document}, pages {run[0].page} to {run[-1].page}"


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text inside a message."""

    text: str


@dataclass(frozen=True, slots=True)
class MediaPart:
    """A picture or film inside a message; which of the two is found from its content."""

    source: MediaSource


Part = TextPart | MediaPart


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """How the next token is chosen, and when the answer ends.

    ``temperature`` 0 is greedy. ``None`` means: what the checkpoint's ``generation_config.json`` says. If any of
    ``temperature``, ``top_k``, ``top_p`` and ``min_p`` is given, tokens are drawn, and the checkpoint's own choice of
    the last three does not hold: released checkpoints say ``top_k: 1``, which would make the others a dead letter.
    """

    max_tokens: int = 2048
    temperature: float | None = None
    seed: int | None = None
    top_k: int | None = None
    """Draw from the k likeliest tokens; 0: from all."""
    top_p: float | None = None
    """Draw from the likeliest tokens that together have this probability; 1: from all."""
    min_p: float | None = None
    """Draw from the tokens that have at least this part of the likeliest one's probability; 0: from all."""
    repetition_penalty: float | None = None
    """Above 1, tokens of prompt and answer so far become less likely; 1: as they are (arXiv:1909.05858)."""
    stop: tuple[str, ...] = ()
    """The answer ends before any of these texts. In the thinking they mean nothing."""
    think_budget: int | None = None
    """Tokens after which the thinking is closed; 0: at once; None: when the model closes it."""
    schema: str | None = None
    """A JSON schema, as a text, of which the answer is an instance, unless it is cut off; the thinking is free."""


@dataclass(frozen=True, slots=True)
class FilmOptions:
    """What of a film the model is shown. ``None``: as it was trained."""

    fps: float | None = None
    """Frames a second, until there are ``max_frames``; longer films are spread over these."""
    max_frames: int | None = None
    max_tokens: int | None = None
    """Of one film."""
    start: float | None = None
    """Seconds by the film's own clock; None: from its first frame."""
    end: float | None = None
    """Frames from here on are left out."""


@dataclass(frozen=True, slots=True)
class SeeingOptions:
    """What the model is shown. Budgets are tokens of one picture; ``None``: the checkpoint's limit."""

    min_image_tokens: int | None = None
    max_image_tokens: int | None = None
    animated: Animated = "film"
    film: FilmOptions = FilmOptions()
    page_seconds: float = 60.0
    """A page of a PDF is not shown that takes longer to draw."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything that decides an answer, apart from the model."""

    messages: tuple[Message, ...]
    think: bool = True
    sampling: SamplingOptions = SamplingOptions()
    seeing: SeeingOptions = SeeingOptions()
