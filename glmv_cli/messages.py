"""What is said to a model: frozen values that every layer may hold.

Media stand here as *sources* (where the bytes are), never as pixels: decoding belongs to :mod:`glmv_cli.media`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class MediaSource:
    """Where a picture or film comes from: a file, or bytes that were read already (standard input).

    Exactly one of ``path`` and ``data`` is set. ``name`` is what the user calls it.
    """

    name: str
    path: Path | None = None
    data: bytes | None = field(default=None, repr=False)


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
    """How the next token is chosen.

    ``temperature`` 0 is greedy. ``None`` means: what the checkpoint's ``generation_config.json`` says.
    """

    max_tokens: int = 2048
    temperature: float | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything that decides an answer, apart from the model."""

    messages: tuple[Message, ...]
    think: bool = True
    sampling: SamplingOptions = SamplingOptions()
