"""Conversations as JSON that can be read again, and as Markdown for people.

Media stand in JSON by name, path and digest, in Markdown by name; never by their bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glmv_cli.conversation import Conversation, Ending, Exchange, media_of, text_of, user_message
from glmv_cli.errors import UsageError
from glmv_cli.events import Box, Timings, Usage
from glmv_cli.messages import MediaSource, in_runs

_VERSION = 1
_ENDINGS: tuple[Ending, ...] = ("stop", "length", "interrupted")

Digests = Mapping[MediaSource, str]
"""SHA-256 of the media, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, film or page of a conversation that was read. ``path`` is ``None`` if it never was a file."""

    name: str
    path: Path | None
    sha256: str | None
    page: int | None = None

    @property
    def source(self) -> MediaSource:
        """The same as a source; without a file it has no bytes."""
        return MediaSource(self.name, self.path, None if self.path is not None else b"", self.page)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation that was read, with the model that answered. ``attachments`` are all of its media."""

    conversation: Conversation
    model: str | None
    attachments: tuple[Attachment, ...]


def conversation_json(conversation: Conversation, model: str, digests: Digests) -> dict[str, Any]:
    """A JSON object with everything that :func:`read_conversation` wants."""
    return {
        "glmv_conversation": _VERSION,
        "model": model,
        "system": conversation.system,
        "exchanges": [_exchange_json(exchange, digests) for exchange in conversation.exchanges],
    }


def read_conversation(value: object, name: str) -> Transcript:
    """What :func:`conversation_json` made; ``name`` is the file it is from.

    Raises :class:`UsageError` for anything else.
    """
    try:
        if not isinstance(value, dict) or value["glmv_conversation"] != _VERSION:
            raise UsageError(f"{name} is a conversation of another version of glmv", "use that version to read it")
        attachments: list[Attachment] = []
        exchanges = tuple(_read_exchange(exchange, attachments) for exchange in value["exchanges"])
        system, model = (_text_or_none(value.get(name)) for name in ("system", "model"))
        return Transcript(Conversation(system, exchanges), model, tuple(attachments))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{name} is not a conversation that glmv has saved", "save one with /save") from error


def conversation_markdown(conversation: Conversation, model: str) -> str:
    """The conversation to be read by people: a heading for each side. The model's text is Markdown already."""
    parts = [f"# Conversation with {model}"]
    if conversation.system is not None:
        parts += ["## System", conversation.system]
    for exchange in conversation.exchanges:
        parts.append("## User")
        parts += [f"- attached: `{name}`" for _, name in in_runs(media_of(exchange.question))]
        parts += [text_of(exchange.question), f"## {model}"]
        if exchange.thinking.strip():
            parts.append(f"<details><summary>Thinking</summary>\n\n{exchange.thinking.strip()}\n\n</details>")
        parts.append(exchange.answer.strip())
        if exchange.finish_reason != "stop":
            parts.append("*(interrupted)*" if exchange.finish_reason == "interrupted" else "*(cut off)*")
    return "\n\n".join(parts) + "\n"


def _exchange_json(exchange: Exchange, digests: Digests) -> dict[str, Any]:
    return {
        "question": text_of(exchange.question),
        "attachments": [
            {
                "name": source.name,
                "path": None if source.path is None else str(source.path.absolute()),
                "sha256": digests.get(source),
                **({} if source.page is None else {"page": source.page}),
            }
            for source in media_of(exchange.question)
        ],
        "thinking": exchange.thinking,
        "answer": exchange.answer,
        "finish_reason": exchange.finish_reason,
        "boxes": [asdict(box) for box in exchange.boxes],
        "usage": None if exchange.usage is None else asdict(exchange.usage),
        "timings": None if exchange.timings is None else asdict(exchange.timings),
    }


def _read_exchange(value: dict[str, Any], attachments: list[Attachment]) -> Exchange:
    own = [
        Attachment(
            _text(a["name"]),
            Path(a["path"]) if a["path"] else None,
            _text_or_none(a.get("sha256")),
            _page(a.get("page")),
        )
        for a in value["attachments"]
    ]
    attachments += own
    return Exchange(
        question=user_message(_text(value["question"]), tuple(a.source for a in own)),
        thinking=_text(value["thinking"]),
        answer=_text(value["answer"]),
        finish_reason=_ending(value["finish_reason"]),
        boxes=tuple(Box(**_numbers(box)) for box in value["boxes"]),
        usage=Usage(**_numbers(value["usage"])) if value["usage"] else None,
        timings=Timings(**_numbers(value["timings"])) if value["timings"] else None,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _page(value: object) -> int | None:
    if value is None or (isinstance(value, int) and value >= 1):
        return value
    raise ValueError(f"{value!r} is no page")


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _numbers(value: dict[str, Any]) -> dict[str, Any]:
    for number in value.values():
        if not isinstance(number, (int, float)):
            raise TypeError(f"{number!r} is no number")
    return value


def _ending(value: object) -> Ending:
    for ending in _ENDINGS:
        if value == ending:
            return ending
    raise ValueError(f"{value!r} is no way to end")
