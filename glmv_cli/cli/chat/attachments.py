"""The media of a conversation that is kept or was kept: whether they are still what they were."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from glmv_cli.conversation import Conversation, media_of, text_of, user_message
from glmv_cli.errors import GlmvError
from glmv_cli.media.digest import digest_of
from glmv_cli.messages import MediaSource
from glmv_cli.transcript import Transcript


def digests_of(conversation: Conversation) -> dict[MediaSource, str]:
    """Of all media of a conversation that can be read."""
    shown = {source for exchange in conversation.exchanges for source in media_of(exchange.question)}
    files: dict[MediaSource, str] = {}  # of a document, which may have many pages, one
    for file in {source.whole for source in shown}:
        with suppress(GlmvError, OSError):
            files[file] = digest_of(file)
    return {source: files[source.whole] for source in shown if source.whole in files}


def without_missing(transcript: Transcript) -> tuple[Conversation, list[str]]:
    """The conversation without media that are gone or have changed, and a line about each."""
    known = {(a.source.whole, a.sha256) for a in transcript.attachments}
    faults = {one: _fault(*one) for one in known}
    wrong = {a.source: what for a in transcript.attachments if (what := faults[a.source.whole, a.sha256]) is not None}
    conversation = Conversation(transcript.conversation.system)
    for exchange in transcript.conversation.exchanges:
        media = tuple(source for source in media_of(exchange.question) if source not in wrong)
        question = user_message(text_of(exchange.question), media)
        conversation = conversation.with_exchange(replace(exchange, question=question))
    return conversation, list(dict.fromkeys(wrong.values()))


def _fault(source: MediaSource, sha256: str | None) -> str | None:
    if source.path is None:
        return f"{source.name} was never a file, so it is not shown again"
    try:
        # A long film may have no digest yet, if it was shown shortly before the end of a process.
        changed = digest_of(source) != sha256 if sha256 is not None else not source.path.is_file()
    except (GlmvError, OSError):
        return f"{source.path} cannot be read any more, so it is not shown again"
    return f"{source.path} has changed since, so it is not shown again" if changed else None
