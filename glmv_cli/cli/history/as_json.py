"""What the history holds, as JSON has it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from glmv_cli.store.history.records import StoredConversation, StoredExchange


def conversation_json(stored: StoredConversation) -> dict[str, Any]:
    """Everything that is known of a conversation."""
    return {
        "id": stored.id,
        "command": stored.command,
        "system": stored.system,
        "exchanges": [exchange_json(exchange) for exchange in stored.exchanges],
    }


def exchange_json(exchange: StoredExchange) -> dict[str, Any]:
    """Everything that is known of an exchange; ``finish_reason`` ``unfinished``: it goes on, or was killed."""
    asked, outcome = exchange.asked, exchange.outcome
    return {
        "conversation": exchange.conversation_id,
        "time": iso_time(exchange.began),
        "model": asked.model,
        "think": asked.think,
        "question": asked.question,
        "media": [
            asdict(medium) | {"path": None if medium.path is None else str(medium.path)} for medium in asked.media
        ],
        "thinking": exchange.thinking,
        "answer": exchange.answer,
        "finish_reason": exchange.ending,
        "error": None if outcome is None else outcome.error,
        "boxes": [asdict(box) for box in outcome.boxes] if outcome is not None else [],
        "usage": asdict(outcome.usage) if outcome is not None and outcome.usage is not None else None,
        "timings": asdict(outcome.timings) if outcome is not None and outcome.timings is not None else None,
        "taken_back": exchange.taken_back,
    }


def iso_time(seconds: float) -> str:
    """``2026-11-21T12:44:28+01:00``."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")
