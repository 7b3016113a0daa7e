"""What ``glmv history show`` prints, and what ``glmv history export`` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from glmv_cli.cli.environment import Environment
from glmv_cli.cli.history.as_json import conversation_json
from glmv_cli.cli.history.listing import local_time
from glmv_cli.config import Render
from glmv_cli.errors import GlmvError, UsageError
from glmv_cli.events import AnswerDelta
from glmv_cli.messages import in_runs
from glmv_cli.render.errors import write_note
from glmv_cli.render.json_text import json_text
from glmv_cli.render.sanitize import visible, visible_line, without_surrogates
from glmv_cli.render.text import Display, TextRenderer
from glmv_cli.store.history.reading import History
from glmv_cli.store.history.records import StoredConversation, StoredExchange
from glmv_cli.store.paths import history_path
from glmv_cli.transcript import conversation_json as transcript_json
from glmv_cli.transcript import conversation_markdown

Format = Literal["md", "json"]


def show(
    environment: Environment, conversation: int | None, render: Render | None, thinking: bool, as_json: bool
) -> int:
    """Print a conversation, the latest if none is named."""
    stored = _load(environment, conversation)
    output = environment.output
    if as_json:
        pretty = output.stdout_is_tty
        output.to_stdout(json_text(conversation_json(stored), output.stdout.encoding, pretty=pretty))
        return 0
    renderer = TextRenderer(output, Display(render, "none"))
    if stored.system is not None:
        output.to_stdout(_quoted("system", stored.system) + "\n")
    for index, exchange in enumerate(stored.exchanges):
        output.to_stdout(("\n" if index else "") + _head(stored, exchange, thinking) + "\n")
        if exchange.answer:
            renderer.begin(None)
            renderer.handle(AnswerDelta(exchange.answer.rstrip("\n")))
            renderer.close()
        for mark in _marks(exchange):
            output.to_stdout(f"({mark})\n")
    return 0


def export(environment: Environment, conversation: int, form: Format | None, path: str | None) -> int:
    """Write what stands of a conversation to a file that does not exist yet, or to standard output."""
    stored = _load(environment, conversation)
    if form is None:
        form = "json" if path is not None and path.endswith(".json") else "md"
    transcript = stored.transcript
    if form == "json":
        value = transcript_json(transcript.conversation, stored.model, stored.digests)
        text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    else:
        text = conversation_markdown(transcript.conversation, stored.model)
    if path is None:
        environment.output.to_stdout(text if form == "json" else visible(text))
        return 0
    _write_new(Path(path), without_surrogates(text))
    write_note(environment.output, f"conversation {stored.id} is written to {path}")
    return 0


def _load(environment: Environment, conversation: int | None) -> StoredConversation:
    history = History(history_path(environment.environ))
    if conversation is not None:
        return history.load(conversation)
    stored = history.latest()
    if stored is None:
        raise UsageError("there is nothing in the history")
    return stored


def _head(stored: StoredConversation, exchange: StoredExchange, thinking: bool) -> str:
    asked = exchange.asked
    words = (f"#{stored.id}", local_time(exchange.began), asked.model, stored.command)
    kinds = {medium.attachment.source: medium.kind for medium in asked.media}
    media = [
        f"[{kinds[source]}: {visible_line(name)}]"
        for source, name in in_runs(medium.attachment.source for medium in asked.media)
    ]
    lines = ["  ".join(map(visible_line, words)), "", _prefixed("> ", "\n".join([asked.question, *media]))]
    if thinking and exchange.thinking.strip():
        lines.append(_quoted("thinking", exchange.thinking))
    return "\n".join(lines)


def _quoted(title: str, text: str) -> str:
    return f"{title}:\n{_prefixed('| ', text)}"


def _prefixed(prefix: str, text: str) -> str:
    return "".join(f"{prefix}{line}".rstrip() + "\n" for line in visible(without_surrogates(text.strip())).split("\n"))


def _marks(exchange: StoredExchange) -> list[str]:
    """What is to be said of it that one does not see by its text."""
    marks = {
        "length": "cut off: the answer reached its limit of tokens",
        "interrupted": "interrupted",
        "unfinished": "not finished",
        "failed": f"failed: {exchange.outcome.error if exchange.outcome is not None else None}",
    }
    mark = marks.get(exchange.ending)
    return [visible_line(text) for text in (mark, "taken back" if exchange.taken_back else None) if text is not None]


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists", "choose another name, or remove it first") from None
    except OSError as error:
        raise GlmvError(f"cannot write {path}: {error.strerror or error}", "choose another place") from error
