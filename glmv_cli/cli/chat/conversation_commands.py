"""Commands about what was said."""

from __future__ import annotations

import json
import os
from pathlib import Path

from glmv_cli.cli.chat.attachments import digests_of, without_missing
from glmv_cli.cli.chat.editor import edit_text
from glmv_cli.cli.chat.resuming import extent
from glmv_cli.cli.chat.talk import Due, Talk
from glmv_cli.conversation import Conversation, Exchange, text_of
from glmv_cli.errors import GlmvError, InputNotFoundError, UsageError
from glmv_cli.store.models import check_sight
from glmv_cli.store.whole_file import replace_file
from glmv_cli.transcript import conversation_json, conversation_markdown, read_conversation

_SHOWN = 60


def undo(talk: Talk, argument: str) -> None:
    """``/undo``."""
    question = text_of(_last(talk).question)
    talk.conversation = talk.conversation.without_last()
    talk.recorder.stand(talk.conversation)
    talk.say(f"taken back: {question[:_SHOWN]}{'…' if len(question) > _SHOWN else ''}")


def retry(talk: Talk, argument: str) -> None:
    """``/retry``."""
    last = _last(talk)
    talk.conversation = talk.conversation.without_last()
    talk.due = Due(last.question, instead_of=last)


def clear(talk: Talk, argument: str) -> None:
    """``/clear``. What the model was told by ``/system`` stays."""
    talk.conversation = Conversation(talk.conversation.system)
    talk.recorder.part()
    talk.staged = []
    talk.say("a new conversation")


def system(talk: Talk, argument: str) -> None:
    """``/system [TEXT|-]``."""
    exchanges = talk.conversation.exchanges
    if argument:
        talk.conversation = Conversation(None if argument == "-" else argument, exchanges)
    talk.say(f"system: {talk.conversation.system or 'nothing'}")


def save(talk: Talk, argument: str) -> None:
    """``/save FILE``. Replaces a conversation that was saved, and nothing else."""
    path = _path(argument, "save")
    if path.exists() and not _is_conversation(path):
        raise UsageError(f"{path} exists and is not a conversation", "choose another name")
    _write(path, _json(talk))
    talk.say(f"saved as {path}")


def load(talk: Talk, argument: str) -> None:
    """``/load FILE``."""
    path = _path(argument, "load")
    transcript = read_conversation(_read(path), str(path))
    conversation, missing = without_missing(transcript)
    if conversation.has_media:
        check_sight(talk.resident.model)
    talk.conversation = conversation
    talk.recorder.part()
    for what in missing:
        talk.say(what)
    talk.say(f"loaded {extent(conversation)} from {path}")


def export(talk: Talk, argument: str) -> None:
    """``/export FILE``."""
    path = _path(argument, "export")
    if path.exists():
        raise UsageError(f"{path} exists", "choose another name")
    match path.suffix:
        case ".json":
            content = _json(talk)
        case ".md":
            content = conversation_markdown(talk.conversation, talk.resident.model.name)
        case _:
            raise UsageError(f"/export writes .md and .json files, not '{path.name}'", "choose such a name")
    _write(path, content)
    talk.say(f"written to {path}")


def edit(talk: Talk, argument: str) -> None:
    """``/edit [TEXT]``."""
    if not talk.environment.stdin.isatty():
        raise UsageError("/edit wants a terminal")
    talk.draft = edit_text(argument, talk.environment.environ)


def _last(talk: Talk) -> Exchange:
    if not talk.conversation.exchanges:
        raise UsageError("there is no question yet")
    return talk.conversation.exchanges[-1]


def _json(talk: Talk) -> str:
    value = conversation_json(talk.conversation, talk.resident.model.name, digests_of(talk.conversation))
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _path(argument: str, command: str) -> Path:
    if not argument:
        raise UsageError(f"/{command} wants the name of a file", f"say /{command} FILE")
    return Path(os.path.expanduser(argument.strip("\"'")))


def _is_conversation(path: Path) -> bool:
    try:
        read_conversation(_read(path), str(path))
    except GlmvError:
        return False
    return True


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not a conversation that glmv has saved", "save one with /save") from error
    except OSError as error:
        raise InputNotFoundError(f"cannot read {path}: {error.strerror or error}", "check the name") from error


def _write(path: Path, content: str) -> None:
    try:
        replace_file(path, content.encode("utf-8", "replace"))
    except OSError as error:
        raise GlmvError(f"cannot write {path}: {error.strerror or error}", "choose another place") from error
